"""A task and its parts: what ends, suspends or resumes the whole reaches down, and its deletion may take them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Keys
from dragoman.domain.errors import Conflict, Unavailable
from dragoman.domain.message import Message, head
from dragoman.domain.task import Kind, State, Task, Verb
from dragoman.store.engine import driver
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

WHOLE, PART, PART_OF_PART, OTHER_PART = 1, 2, 3, 4


def patiently(world: World, run: Callable[[UnitOfWork], Any]) -> Any:
    """Do it alone, and again as often as a client would that is told that the database was busy."""
    for _ in range(200):
        try:
            return world.write(run, EXCLUSIVE)
        except Unavailable:
            continue
    raise AssertionError("the database stayed busy")


def furnish(world: World, **fields: Any) -> None:
    """A whole with two parts, one of which has a part itself; `fields` are those of the innermost."""

    def run(uow: UnitOfWork) -> None:
        whole = tasks.add(uow, title="whole")
        part = tasks.add(uow, title="part", parent=whole.number)
        tasks.add(uow, title="part of a part", parent=part.number, **fields)
        tasks.add(uow, title="other part", parent=whole.number)

    patiently(world, run)


def do(world: World, verb: Verb, number: int = WHOLE) -> None:
    """Perform a verb, announced by key: a task with subtasks becomes exclusive by itself."""

    def run(uow: UnitOfWork) -> Task:
        return tasks.perform(uow, uow.tasks.get(number), verb)

    for _ in range(200):
        try:
            world.write(run, Keys(tasks={number}))
        except Unavailable:
            continue
        return


def look(world: World) -> dict[int, Task]:
    """Those that are there."""

    def run(uow: UnitOfWork) -> list[Task | None]:
        return [uow.tasks.find(number) for number in range(1, 5)]

    for _ in range(200):
        try:
            return {task.number: task for task in world.read(run) if task is not None}
        except Unavailable:
            continue
    raise AssertionError("the database stayed busy")


def states(world: World) -> list[State]:
    return [task.state for task in look(world).values()]


@pytest.mark.parametrize(
    ("verb", "whole", "parts"),
    [
        (Verb.FINISH, State.COMPLETED, State.TERMINATED),
        (Verb.FAIL, State.FAILED, State.TERMINATED),
        (Verb.TERMINATE, State.TERMINATED, State.TERMINATED),
        (Verb.EXPIRE, State.EXPIRED, State.EXPIRED),
    ],
)
def test_what_ends_a_task_ends_its_parts(world: World, verb: Verb, whole: State, parts: State) -> None:
    furnish(world)
    do(world, verb)
    assert states(world) == [whole, parts, parts, parts]
    assert [task.open_children for task in look(world).values()] == [0, 0, 0, 0]


def test_parts_that_have_ended_stay_as_they_are(world: World) -> None:
    furnish(world)
    do(world, Verb.FINISH, OTHER_PART)
    assert look(world)[WHOLE].open_children == 1
    do(world, Verb.EXPIRE)
    assert states(world) == [State.EXPIRED, State.EXPIRED, State.EXPIRED, State.COMPLETED]


def test_parts_are_suspended_and_resumed_with_the_whole(world: World) -> None:
    furnish(world, state=State.INACTIVE)
    do(world, Verb.SUSPEND)
    # One that nobody started yet has nothing to be suspended.
    assert [task.suspended for task in look(world).values()] == [True, True, False, True]
    do(world, Verb.RESUME)
    assert [task.suspended for task in look(world).values()] == [False] * 4


def test_a_verb_on_a_part_leaves_the_whole_alone(world: World) -> None:
    furnish(world)
    do(world, Verb.TERMINATE, PART)
    assert states(world) == [State.READY, State.TERMINATED, State.TERMINATED, State.READY]
    assert look(world)[WHOLE].open_children == 1


def test_a_batch_that_is_a_part_is_decided_by_its_reviewers_alone(world: World) -> None:
    # DESIGN 3 rule 5: that the whole ends is no decision about it.
    furnish(world, kind=Kind.BATCH)
    for verb in (Verb.SUSPEND, Verb.RESUME, Verb.FINISH):
        do(world, verb)
        batch = look(world)[PART_OF_PART]
        assert (batch.state, batch.suspended) == (State.READY, False)
    with pytest.raises(Conflict) as refused:
        patiently(world, lambda uow: tasks.remove_with_parts(uow, uow.tasks.get(WHOLE)))
    assert refused.value.code == "task_is_batch"
    assert len(look(world)) == 4


def test_a_deleted_task_takes_its_parts_with_it(world: World) -> None:
    furnish(world)
    patiently(world, lambda uow: tasks.remove(uow, uow.tasks.get(PART)))
    assert {number: task.state for number, task in look(world).items()} == {
        WHOLE: State.READY,
        OTHER_PART: State.READY,
    }
    assert look(world)[WHOLE].open_children == 1
    patiently(world, lambda uow: tasks.remove_with_parts(uow, uow.tasks.get(WHOLE)))
    assert look(world) == {}


def test_a_tree_goes_with_its_ended_parts_and_its_messages_wait_to_be_brought_back(world: World) -> None:
    furnish(world)

    def give(uow: UnitOfWork) -> None:
        task = uow.tasks.get(PART_OF_PART)
        uow.messages.put(Message(uow.tenant, task.uid, "input", "application/xml", "<a/>"))
        tasks.save(uow, task, replace(task, messages={"input": head("application/xml", "<a/>")}))

    patiently(world, give)
    do(world, Verb.FINISH, PART_OF_PART)
    patiently(world, lambda uow: tasks.remove_with_parts(uow, uow.tasks.get(WHOLE)))
    assert look(world) == {}
    assert _count(world, "message") == 1
    assert _count(world, "tombstone") == 4


@pytest.mark.parametrize("is_ring", [True, False])
def test_what_a_new_parent_is_a_part_of_is_loaded_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch, *, is_ring: bool
) -> None:
    # A statement a level held thousands of rows for half a minute.
    world.add("anna", admin=True)
    depth, counts = 40, []
    fetch, statements = driver.fetch, [0]

    def counting(*arguments: Any) -> Any:
        statements[0] += 1
        return fetch(*arguments)

    monkeypatch.setattr(driver, "fetch", counting)
    patiently(world, lambda uow: _chain(uow, depth))
    moved = 1 if is_ring else patiently(world, lambda uow: tasks.add(uow, title="other")).number
    for parent in (3, depth):
        statements[0] = 0
        status, answer = world.native("anna", "PATCH", f"/v1/tasks/{moved}", {"parent": parent})
        assert status == (409 if is_ring else 200), answer
        counts.append(statements[0])
    assert max(counts) < depth / 2


@pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
def test_a_list_of_a_deep_hierarchy_is_not_too_slow(world: World) -> None:
    # Each task sought its top along its own way up: millions of rows, for minutes.
    world.add("anna", admin=True)
    patiently(world, lambda uow: _chain(uow, 3_000))
    target = "/rest/bpm/htm/v1/tasks/query/TASK?admin=true&selectedAttributes=TKIID,TOP_TKIID"
    reply = world.ask("anna", "GET", target)
    assert reply.status == 200, reply.body
    items = json.loads(reply.body)["items"]
    assert {item["TOP_TKIID"] for item in items} == {items[0]["TKIID"]}


def _chain(uow: UnitOfWork, depth: int) -> None:
    above: int | None = None
    for _ in range(depth):
        above = tasks.add(uow, title="part", parent=above).number


def _count(world: World, table: str) -> int:
    for _ in range(50):
        try:
            return int(world.sql(f"SELECT count(*) FROM {table}")[0][0])
        except sa.exc.OperationalError:
            continue
    raise AssertionError("the database stayed busy")
