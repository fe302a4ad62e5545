"""A task and its parts: what ends, suspends or resumes the whole reaches down, and its deletion may take them."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Keys
from dragoman.domain.errors import Conflict, Unavailable
from dragoman.domain.message import Message, head
from dragoman.domain.task import Kind, State, Task, Verb
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.integration.store.conftest import Bench

WHOLE, PART, PART_OF_PART, OTHER_PART = 1, 2, 3, 4


def patiently(bench: Bench, run: Callable[[UnitOfWork], Any]) -> Any:
    """Do it alone, and again as often as a client would that is told that the database was busy."""
    for _ in range(200):
        try:
            return bench.write(run, EXCLUSIVE)
        except Unavailable:
            continue
    raise AssertionError("the database stayed busy")


def furnish(bench: Bench, **fields: Any) -> None:
    """A whole with two parts, one of which has a part itself; `fields` are those of the innermost."""

    def run(uow: UnitOfWork) -> None:
        whole = tasks.add(uow, title="whole")
        part = tasks.add(uow, title="part", parent=whole.number)
        tasks.add(uow, title="part of a part", parent=part.number, **fields)
        tasks.add(uow, title="other part", parent=whole.number)

    patiently(bench, run)


def do(bench: Bench, verb: Verb, number: int = WHOLE) -> None:
    """Perform a verb, announced by key: a task with subtasks becomes exclusive by itself."""

    def run(uow: UnitOfWork) -> Task:
        return tasks.perform(uow, uow.tasks.get(number), verb)

    for _ in range(200):
        try:
            bench.write(run, Keys(tasks={number}))
        except Unavailable:
            continue
        return


def look(bench: Bench) -> dict[int, Task]:
    """Those that are there."""

    def run(uow: UnitOfWork) -> list[Task | None]:
        return [uow.tasks.find(number) for number in range(1, 5)]

    for _ in range(200):
        try:
            return {task.number: task for task in bench.read(run) if task is not None}
        except Unavailable:
            continue
    raise AssertionError("the database stayed busy")


def states(bench: Bench) -> list[State]:
    return [task.state for task in look(bench).values()]


@pytest.mark.parametrize(
    ("verb", "whole", "parts"),
    [
        (Verb.FINISH, State.COMPLETED, State.TERMINATED),
        (Verb.FAIL, State.FAILED, State.TERMINATED),
        (Verb.TERMINATE, State.TERMINATED, State.TERMINATED),
        (Verb.EXPIRE, State.EXPIRED, State.EXPIRED),
    ],
)
def test_what_ends_a_task_ends_its_parts(bench: Bench, verb: Verb, whole: State, parts: State) -> None:
    furnish(bench)
    do(bench, verb)
    assert states(bench) == [whole, parts, parts, parts]
    assert [task.open_children for task in look(bench).values()] == [0, 0, 0, 0]


def test_parts_that_have_ended_stay_as_they_are(bench: Bench) -> None:
    furnish(bench)
    do(bench, Verb.FINISH, OTHER_PART)
    assert look(bench)[WHOLE].open_children == 1
    do(bench, Verb.EXPIRE)
    assert states(bench) == [State.EXPIRED, State.EXPIRED, State.EXPIRED, State.COMPLETED]


def test_parts_are_suspended_and_resumed_with_the_whole(bench: Bench) -> None:
    furnish(bench, state=State.INACTIVE)
    do(bench, Verb.SUSPEND)
    # One that nobody started yet has nothing to be suspended.
    assert [task.suspended for task in look(bench).values()] == [True, True, False, True]
    do(bench, Verb.RESUME)
    assert [task.suspended for task in look(bench).values()] == [False] * 4


def test_a_verb_on_a_part_leaves_the_whole_alone(bench: Bench) -> None:
    furnish(bench)
    do(bench, Verb.TERMINATE, PART)
    assert states(bench) == [State.READY, State.TERMINATED, State.TERMINATED, State.READY]
    assert look(bench)[WHOLE].open_children == 1


def test_a_batch_that_is_a_part_is_decided_by_its_reviewers_alone(bench: Bench) -> None:
    # DESIGN 3 rule 5: that the whole ends is no decision about it.
    furnish(bench, kind=Kind.BATCH)
    for verb in (Verb.SUSPEND, Verb.RESUME, Verb.FINISH):
        do(bench, verb)
        batch = look(bench)[PART_OF_PART]
        assert (batch.state, batch.suspended) == (State.READY, False)
    with pytest.raises(Conflict) as refused:
        patiently(bench, lambda uow: tasks.remove_tree(uow, uow.tasks.get(WHOLE)))
    assert refused.value.code == "task_is_batch"
    assert len(look(bench)) == 4


def test_a_deleted_task_ends_its_parts_or_takes_them_with_it(bench: Bench) -> None:
    furnish(bench)
    patiently(bench, lambda uow: tasks.remove(uow, uow.tasks.get(PART)))
    assert {number: task.state for number, task in look(bench).items()} == {
        WHOLE: State.READY,
        PART_OF_PART: State.TERMINATED,
        OTHER_PART: State.READY,
    }
    assert look(bench)[WHOLE].open_children == 1
    patiently(bench, lambda uow: tasks.remove_tree(uow, uow.tasks.get(WHOLE)))
    assert set(look(bench)) == {PART_OF_PART}


def test_a_tree_goes_with_its_ended_parts_and_its_messages(bench: Bench) -> None:
    furnish(bench)

    def give(uow: UnitOfWork) -> None:
        task = uow.tasks.get(PART_OF_PART)
        uow.messages.put(Message(uow.tenant, task.uid, "input", "application/xml", "<a/>"))
        tasks.save(uow, task, replace(task, messages={"input": head("application/xml", "<a/>")}))

    patiently(bench, give)
    do(bench, Verb.FINISH, PART_OF_PART)
    patiently(bench, lambda uow: tasks.remove_tree(uow, uow.tasks.get(WHOLE)))
    assert look(bench) == {}
    assert _count(bench, "message") == 0
    assert _count(bench, "tombstone") == 4


def _count(bench: Bench, table: str) -> int:
    for _ in range(50):
        try:
            return int(bench.sql(f"SELECT count(*) FROM {table}")[0][0])
        except sa.exc.OperationalError:
            continue
    raise AssertionError("the database stayed busy")
