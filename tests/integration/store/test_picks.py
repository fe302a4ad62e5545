"""Commands that pick rows by one look share a transaction: claimNext of many callers who wait at one moment."""

from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys
from dragoman.dialects.ibm_htm.handlers import claim_next
from dragoman.dialects.ibm_htm.handlers.queries import Ask
from dragoman.dialects.ibm_htm.handlers.query_requests import Texts
from dragoman.domain.access import Principal
from dragoman.domain.contact import ContactKind
from dragoman.domain.errors import Conflict, NotFound
from dragoman.domain.work_item import Role, WorkItem
from dragoman.store.repositories import task_queries
from dragoman.store.unit.lane import Queue
from dragoman.store.unit.overlay import Stamp
from dragoman.store.unit.work import Work
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import NOON, World


def furnished(world: World, *priorities: int, holder: str = "bert") -> None:
    def furnish(uow: UnitOfWork) -> None:
        items = (WorkItem(Role.POTENTIAL_OWNER, holder), WorkItem(Role.ADMINISTRATOR, "cara"))
        for priority in priorities:
            tasks.add(uow, title=f"of {priority}", priority=priority, creator="cara", work_items=items)

    world.write(furnish, EXCLUSIVE)


def person(world: World, login: str) -> Principal:
    return Principal(tenant=world.tenant, user=login, login=login)


def next_of(world: World, login: str = "bert", **how: Any) -> Work:
    texts = {name: how.pop(name) for name in ("sorts", "filter") if name in how}
    command = claim_next.Next(Ask(Texts("TASK", **texts)), **how)
    return world.work(lambda uow: claim_next.run(uow, command).task.priority, command.keys(), person(world, login))


def test_callers_of_one_group_get_tasks_in_order_and_the_rest_none(world: World) -> None:
    furnished(world, 3, 1, 2)

    *claimed, none = world.group(*(next_of(world, sorts="PRIORITY") for _ in range(4)))

    assert claimed == [1, 2, 3]
    assert isinstance(none, NotFound)
    assert world.sql("SELECT count(*) FROM task WHERE state = 'claimed'") == [(3,)]


@pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
def test_callers_of_one_group_look_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    furnished(world, *range(30))
    looks: list[int] = []
    look = claim_next.Candidates._first

    def noted(candidates: claim_next.Candidates, uow: UnitOfWork, limit: int) -> list[int]:
        looks.append(limit)
        return look(candidates, uow, limit)

    monkeypatch.setattr(claim_next.Candidates, "_first", noted)
    found = world.group(*(next_of(world) for _ in range(20)))

    assert found == list(range(20))
    assert len(looks) == 1


def test_those_who_are_offered_few_of_many_ready_tasks_find_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    furnished(world, *range(3), holder="cara")
    furnished(world, 7, 8)
    monkeypatch.setattr(task_queries, "WALKED", 2)
    task_queries.ready_of.cache_clear()

    assert world.group(next_of(world), next_of(world)) == [7, 8]
    task_queries.ready_of.cache_clear()


def test_what_timers_did_is_seen_before_they_fire(world: World) -> None:
    def furnish(uow: UnitOfWork) -> None:
        items = (WorkItem(Role.POTENTIAL_OWNER, "bert"), WorkItem(Role.ADMINISTRATOR, "cara"))
        tasks.add(uow, title="over", priority=1, creator="cara", work_items=items, expires_at=NOON)
        tasks.add(uow, title="awake", priority=2, creator="cara", work_items=items, suspended=True, resume_at=NOON)
        tasks.add(uow, title="asleep", priority=3, creator="cara", work_items=items, suspended=True)

    world.write(furnish, EXCLUSIVE)
    claimed, none = world.group(next_of(world), next_of(world))

    assert claimed == 2
    assert isinstance(none, NotFound)


def test_callers_of_other_queries_in_one_group_see_what_was_claimed_before(world: World) -> None:
    furnished(world, 1, 2, 3, 4)
    found = world.group(
        next_of(world, sorts="PRIORITY DESC"),
        next_of(world, filter="PRIORITY>1"),
        next_of(world, sorts="PRIORITY DESC"),
    )

    assert found == [4, 2, 3]


def test_a_caller_who_has_claimed_already_gets_that_task_again(world: World) -> None:
    furnished(world, 1, 2)

    assert world.group(next_of(world, keeps=True), next_of(world, keeps=True), next_of(world)) == [1, 1, 2]


def test_a_command_that_fails_after_it_wrote_takes_nobody_with_it(world: World) -> None:
    furnished(world, 1, 2)

    def broken(uow: UnitOfWork) -> None:
        [task, *_] = uow.tasks.children(0) or [uow.tasks.get(1)]
        tasks.save(uow, task, replace(task, title="half done"))
        uow.tasks.children(0)  # which writes the change through
        raise Conflict("changed_my_mind", "No.")

    refused = world.work(broken, Exclusive(look="other"), person(world, "bert"))
    stands = next_of(world)
    world.group(refused, stands)

    assert isinstance(refused.error, Conflict)
    assert stands.unwrap() == 1
    assert world.task(1).title == "of 1"


def test_a_private_contact_hides_tasks_from_the_next_claim(world: World) -> None:
    furnished(world, 1, holder="*")
    furnished(world, 2)

    def hide(uow: UnitOfWork) -> None:
        contact = contacts.add(uow, ContactKind.PERSON, first_name="Anna", is_private=True)
        tasks.save(uow, uow.tasks.get(1), replace(uow.tasks.get(1), contact=contact.number))

    world.write(hide, EXCLUSIVE)
    found = world.group(next_of(world), next_of(world))

    assert found[0] == 2
    assert isinstance(found[1], NotFound)


def test_a_queue_gathers_equal_looks_of_one_user() -> None:
    def work(actor: str, keys: Keys | Exclusive) -> Work:
        return Work(1, keys, lambda overlay: None, Stamp(actor, "test", "test", actor=actor))

    queue = Queue()
    one, other, by_key, same, someones = (
        work("bert", Exclusive(look="a")),
        work("bert", Exclusive(look="b")),
        work("bert", Keys(tasks={1})),
        work("bert", Exclusive(look="a")),
        work("cara", Exclusive(look="a")),
    )
    for each in (one, other, by_key, same, someones):
        queue.put(each)

    assert [queue.take(0) for _ in range(4)] == [[one, same], [other], [by_key], [someones]]
