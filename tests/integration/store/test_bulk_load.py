"""Tasks that are stored by the million are like those that are made one by one."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE
from dragoman.domain.access import system
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Conflict
from dragoman.domain.task import Task
from dragoman.store.maintenance import bulk_load as filling
from dragoman.store.maintenance import verification
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.unit.overlay import HistoryRow, Stamp
from dragoman.usecases.admin import samples
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import NOON, World

pytestmark = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
LATER = Moment(NOON + 10)


def a_team(world: World) -> samples.Team:
    contacts = world.write(lambda uow: samples.make_contacts(uow, samples.MakeContacts(6)), EXCLUSIVE)
    people = ("00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002")
    team: samples.Team = world.read(lambda uow: samples.team(uow, samples.GatherTeam(people, tuple(contacts))))
    return team


def everything(world: World) -> list[Task]:
    return world.read(lambda uow: uow.tasks.page(TaskFilter(), (), limit=10_000))  # type: ignore[no-any-return]


def counts_of_contacts(uow: UnitOfWork) -> dict[int, int]:
    return {contact.number: contact.task_count for contact in uow.contacts.page(limit=100)}


def past(world: World, number: int) -> Sequence[HistoryRow]:
    return world.read(lambda uow: uow.history.page("task", number))  # type: ignore[no-any-return]


def test_a_task_of_a_filling_is_one_made_and_changed_by_requests(world: World) -> None:
    def make(uow: UnitOfWork) -> None:
        tasks.add(uow, title="Call Ada", category=3, assignee="anna", properties={"a": "b"}, due_at=LATER, priority=0)

    def finish(uow: UnitOfWork) -> None:
        task = uow.tasks.get(1)
        tasks.save(uow, task, task.finish(at=uow.now, code="done"))

    world.write(make, EXCLUSIVE)
    made = everything(world)[0]
    world.clock.at = LATER
    world.write(finish, EXCLUSIVE)
    finished = everything(world)[0]

    def live(number: int) -> list[Task]:
        blank = replace(made, number=number, uid=f"other-{number}", head_hash="")
        return [blank, replace(blank.finish(at=LATER, code="done"), modified_at=LATER)]

    who = Stamp(system(world.tenant).login, "test", "fill")
    assert filling.fill(world.app.store.engine, world.tenant, 2, live, who) == 2

    filled = everything(world)[1]
    own = {"number": finished.number, "uid": finished.uid, "head_hash": finished.head_hash}
    assert replace(filled, **own) == finished
    first, second = past(world, 1), past(world, 2)
    assert [(row.revision, row.at, row.changes) for row in second] == [
        (row.revision, row.at, row.changes) for row in first
    ]
    assert filled.head_hash == second[-1].hash


def test_what_counts_and_finds_tasks_knows_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "SLICE", 70)
    team = a_team(world)

    samples.make_tasks(world.app.store, team, system(world.tenant), 300, NOON)

    found = everything(world)
    assert [task.number for task in found] == list(range(1, 301))
    assert len({task.state for task in found}) >= 5
    for category in world.read(lambda uow: uow.categories.all()):
        assert category.task_count == sum(task.category == category.number for task in found) > 0
    counts = world.read(counts_of_contacts)
    for number in team.contacts:
        assert counts[number] == sum(task.contact == number for task in found) > 0
    words = tuple(found[76].title.casefold().split()) if found[76].title else ()
    by_words = world.read(lambda uow: uow.tasks.page(TaskFilter(words=words), (), limit=10))
    assert [task.number for task in by_words] == [77]
    assert world.write(lambda uow: tasks.add(uow, title="next"), EXCLUSIVE).number == 301
    assert verification.verify(world.app.store.engine).broken is None


def test_a_number_that_somebody_else_drew_is_not_given_out_again(world: World) -> None:
    def live(number: int) -> list[Task]:
        if number == 3:
            world.write(lambda uow: uow.numbers.draw("task"), EXCLUSIVE)
        return [Task(tenant=world.tenant, number=number, uid=f"uid-{number}")]

    with pytest.raises(Conflict):
        filling.fill(world.app.store.engine, world.tenant, 5, live, Stamp("anna", "test", "fill"))

    assert everything(world) == []
    assert world.read(lambda uow: uow.numbers.draw("task")) == 2
