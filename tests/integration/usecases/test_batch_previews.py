"""What the preview of a batch shows of each entry, and that the run does just that."""

from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.domain.bulk import Decision, Method, Status, Summary
from dragoman.domain.contact import ContactKind
from dragoman.domain.task import State, Task, Verb
from dragoman.store.repositories import batch_previews
from dragoman.usecases.batches import overview
from dragoman.usecases.batches.review import previews
from dragoman.usecases.batches.review.previews import Row
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.batches import BatchWorld
from tests.support.databases import BACKENDS, Databases
from tests.support.world import World

POST, PATCH, DELETE = Method.POST, Method.PATCH, Method.DELETE


@pytest.fixture(scope="module", params=BACKENDS)
def opened(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.lent(request.param) as url:
        opened = World(url)
        yield opened
        opened.close()


@pytest.fixture
def world(opened: World, request: pytest.FixtureRequest) -> BatchWorld:
    """A tenant of the test's own."""
    return BatchWorld.beside(opened, request.node.name)


def made(world: BatchWorld, **fields: Any) -> int:
    def run(uow: UnitOfWork) -> int:
        return tasks.add(uow, title="Task", **fields).number

    number: int = world.core(run, world.anna)
    return number


def contact(world: BatchWorld, first_name: str, *, is_private: bool = False) -> int:
    def run(uow: UnitOfWork) -> int:
        return contacts.add(uow, ContactKind.PERSON, first_name=first_name, is_private=is_private).number

    number: int = world.core(run, world.anna)
    return number


def befores(world: BatchWorld, number: int, who: str) -> dict[str, Any]:
    """The old value of each group of equal changes, by its new value, as a user is told it."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        batch = uow.batches.get(number)
        told = {str(group["after"]): group["before"] for group in previews.groups(uow, batch)}
        assert told == {str(group.after): group.before for group in overview.groups_of(uow, batch)}
        return told

    found: dict[str, Any] = world.core(run, world.people[who])
    return found


def test_an_old_value_is_told_to_those_who_see_an_object_that_has_it(world: BatchWorld) -> None:
    private, open_ = contact(world, "Pia", is_private=True), contact(world, "Ann")
    also_private, also_open = contact(world, "Eve", is_private=True), contact(world, "Eve")
    entries = [private, open_, also_private, also_open]
    data = [{"first_name": name} for name in ("Mia", "Bea", "Ida", "Ida")]
    number = previewed(world, PATCH, "contact", field="id", entries=entries, data=data)
    for login, admin in (("bert", False), ("root", True)):
        world.add(login, admin=admin)
    assert befores(world, number, "root") == {"Mia": "Pia", "Bea": "Ann", "Ida": "Eve"}
    assert befores(world, number, "anna") == {"Mia": "Pia", "Bea": "Ann", "Ida": "Eve"}
    assert befores(world, number, "bert") == {"Mia": None, "Bea": "Ann", "Ida": "Eve"}


def task(world: BatchWorld, number: int) -> Task:
    found: Task = world.core(lambda uow: uow.tasks.get(number))
    return found


def shown(world: BatchWorld, number: int, **wanted: Any) -> list[Row]:
    """All rows of a preview, as anna sees them."""

    def run(uow: UnitOfWork) -> list[Row]:
        return previews.page(uow, uow.batches.get(number), limit=1_000, **wanted).rows

    rows: list[Row] = world.core(run, world.anna)
    return rows


def previewed(world: BatchWorld, *arguments: Any, **named: Any) -> int:
    number = world.order(*arguments, review=True, **named)
    world.run_jobs()
    assert world.batch(number).status is Status.IN_REVIEW
    return number


def test_a_row_shows_the_object_before_and_after(world: BatchWorld) -> None:
    one = made(world)
    number = previewed(
        world, PATCH, "task", field="id", entries=[one, 99], data={"priority": 9, "properties": {"wave": "spring"}}
    )
    assert world.batch(number).summary == Summary(total=2, will_change=1, missing=1)
    first, second = shown(world, number)
    assert (str(first.effect), first.object, first.version) == ("will_change", task(world, one).uid, "1")
    assert first.before is not None
    assert first.after is not None
    assert (first.before["priority"], first.after["priority"]) == (None, 9)
    assert first.after["properties"] == {"wave": "spring"}
    assert first.after["revision"] == first.before["revision"] == 1
    assert first.changed == ["/priority", "/properties/wave"]
    assert (first.stale, first.hidden, first.error) == (False, False, None)
    assert (str(second.effect), second.object, second.version, second.before) == ("missing", None, None, None)
    assert second.error is not None
    assert second.error["code"] == "not_found"
    assert task(world, one).revision == 1


def test_an_entry_is_shown_from_the_result_of_the_one_before(world: BatchWorld) -> None:
    one = made(world)
    number = previewed(
        world,
        PATCH,
        "task",
        field="id",
        entries=[one, one, one],
        data=[{"priority": 1}, {"priority": 2}, {"title": "x"}],
    )
    rows = shown(world, number)
    assert [row.version for row in rows] == ["1", None, None]
    assert [(row.before or {})["priority"] for row in rows] == [None, 1, 2]
    assert [(row.after or {})["priority"] for row in rows] == [1, 2, 2]


def test_what_is_deleted_is_missing_for_the_next_entry(world: BatchWorld) -> None:
    one = made(world)
    number = previewed(world, DELETE, "task", field="id", entries=[one, one])
    first, second = shown(world, number)
    assert (str(first.effect), first.after, str(second.effect)) == ("will_change", None, "missing")
    assert task(world, one).revision == 1


def test_a_new_object_has_neither_id_nor_number(world: BatchWorld) -> None:
    number = previewed(world, POST, "task", data=[{"title": "One", "priority": 3}, {"title": 3}])
    first, second = shown(world, number)
    assert (first.object, first.before, str(first.effect)) == (None, None, "will_change")
    assert first.after is not None
    assert [first.after[name] for name in ("id", "number", "revision", "created_at", "title")] == [None] * 4 + ["One"]
    assert {"/title", "/priority"} <= set(first.changed)
    assert (str(second.effect), second.changed) == ("invalid", [])


def test_equal_changes_are_summed_up(world: BatchWorld) -> None:
    numbers = [made(world, priority=number) for number in (1, 1, 2)]
    number = previewed(world, PATCH, "task", field="id", entries=numbers, data={"priority": 9, "title": "Same"})
    groups = world.core(lambda uow: previews.groups(uow, uow.batches.get(number)))
    assert groups == [
        {"pointer": "/priority", "after": 9, "count": 3, "befores": 2, "before": None},
        {"pointer": "/title", "after": "Same", "count": 3, "befores": 1, "before": "Task"},
    ]
    assert len(shown(world, number, pointer="/title", after="Same")) == 3
    assert shown(world, number, pointer="/title", after="Other") == []


@pytest.mark.parametrize(("few", "hours"), [(5_000, 1), (5, 1), (5, 0)])
def test_what_moved_since_is_counted(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch, few: int, hours: float
) -> None:
    """Among all rows; among those of objects that have changed; and among all where too much has changed."""
    monkeypatch.setattr(batch_previews, "FEW", few)
    numbers = [made(world) for _ in range(6)]
    world.clock.advance(hours * 3_600)
    number = previewed(world, PATCH, "task", field="id", entries=numbers, data={"priority": 9})
    assert world.core(lambda uow: previews.moved(uow, uow.batches.get(number))) == (0, False)
    world.core(lambda uow: tasks.perform(uow, uow.tasks.get(numbers[1]), Verb.FINISH))
    world.core(lambda uow: tasks.remove(uow, uow.tasks.get(numbers[2])))
    assert world.core(lambda uow: previews.moved(uow, uow.batches.get(number))) == (2, False)
    assert [row.stale for row in shown(world, number)] == [False, True, True, False, False, False]


def test_parts_end_with_their_whole_in_the_preview_too(world: BatchWorld) -> None:
    whole = made(world)
    part = made(world, parent=whole)
    number = previewed(world, PATCH, "task", field="id", entries=[whole, part], data={"state": "completed"})
    first, second = shown(world, number)
    assert str(first.effect) == "will_change"
    assert (str(second.effect), second.version) == ("invalid", None)
    assert task(world, part).state is State.READY
    world.decide(number, Decision.APPROVE)
    world.run_jobs()
    assert list(world.failures(world.batch(number))) == [1]


def asked(world: BatchWorld, path: str) -> tuple[int, str]:
    """Status of a GET by anna, and the code of the error, on either wire."""
    status, body = world.native("anna", "GET", path)
    word = body.get("code") or (body["errors"][0]["type"] if body.get("errors") else "")
    return status, word


@pytest.mark.parametrize("wire", ["/v1/batches/{number}/preview", "/core/v2/batch/tasks/{uid}/preview"])
def test_a_preview_is_there_from_its_end_on_for_a_month(world: BatchWorld, wire: str) -> None:
    number = world.order(DELETE, "task", field="id", entries=[made(world)], review=True)
    path = wire.format(number=number, uid=world.batch(number).uid)
    assert asked(world, path) == (409, "batch_not_prepared")
    world.run_jobs()
    assert asked(world, path)[0] == 200
    world.decide(number, Decision.REFUSE)
    world.clock.advance(29 * 86_400)
    assert asked(world, path)[0] == 200
    world.clock.advance(2 * 86_400)
    assert asked(world, path) == (410, "preview_gone")
