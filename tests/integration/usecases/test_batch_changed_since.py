"""What was reviewed is what is done: the run compares each object with the one that the preview showed."""

import itertools
import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from dragoman.domain.bulk import Decision, Method, OnChange, Status
from dragoman.domain.task import Task, Verb
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.tasks import edits as task_edits
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.batches import BatchWorld
from tests.support.databases import BACKENDS, Databases
from tests.support.sizes import sized
from tests.support.world import World

POST, PATCH, DELETE = Method.POST, Method.PATCH, Method.DELETE
CHANGED = "was changed since the review"


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


def task(world: BatchWorld, number: int) -> Task:
    found: Task = world.core(lambda uow: uow.tasks.get(number))
    return found


def change(world: BatchWorld, number: int, **fields: Any) -> None:
    """Somebody else's change."""
    world.core(lambda uow: task_edits.change(uow, task_edits.Change(number, fields)))


def reviewed(world: BatchWorld, *arguments: Any, on_change: OnChange = OnChange.FAIL, **named: Any) -> int:
    number = world.order(*arguments, review=True, options=batches.Options(on_change=on_change), **named)
    world.run_jobs()
    assert world.batch(number).status is Status.IN_REVIEW
    return number


def run(world: BatchWorld, number: int) -> dict[int, tuple[str, list[dict[str, str]]]]:
    """The code and details of each entry that failed."""
    world.decide(number, Decision.APPROVE)
    world.run_jobs()
    batch = world.batch(number)
    assert batch.status is Status.COMPLETED
    return {index: (error["code"], error["errors"]) for index, (_, error) in world.failures(batch).items()}


def changed(*fields: str) -> tuple[str, list[dict[str, str]]]:
    return "changed_since_review", [{"message": CHANGED, "field": field} for field in fields]


def test_what_nobody_changed_is_done(world: BatchWorld) -> None:
    one = made(world)
    assert run(world, reviewed(world, PATCH, "task", field="id", entries=[one, one], data={"priority": 9})) == {}


def test_a_changed_object_is_left_alone_and_the_member_is_named(world: BatchWorld) -> None:
    one, other = made(world), made(world)
    number = reviewed(world, PATCH, "task", field="id", entries=[one, other], data={"priority": 9})
    change(world, other, title="Another")
    assert run(world, number) == {1: changed("title")}
    assert (task(world, one).priority, task(world, other).priority) == (9, None)
    failure = world.failures(world.batch(number))[1][1]
    assert failure["message"] == "changed since review"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"title": "Another"}, {}),
        ({"priority": 3}, {0: changed("priority")}),
        ({"priority": 3, "title": "x"}, {0: changed("priority")}),
    ],
)
def test_merge_minds_only_the_members_that_the_entry_writes(
    world: BatchWorld, fields: dict[str, Any], expected: Any
) -> None:
    one = made(world)
    data = {"priority": 9, "properties": {"wave": "spring"}}
    number = reviewed(world, PATCH, "task", field="id", entries=[one], data=data, on_change=OnChange.MERGE)
    change(world, one, **fields)
    assert run(world, number) == expected


def test_merge_minds_a_member_that_has_its_new_value_already(world: BatchWorld) -> None:
    """It was no change in the preview, and is overwritten by the run."""
    one = made(world, priority=9)
    number = reviewed(world, PATCH, "task", field="id", entries=[one], data={"priority": 9}, on_change=OnChange.MERGE)
    change(world, one, priority=4)
    assert run(world, number) == {0: changed("priority")}


def test_merge_of_a_deletion_is_as_fail(world: BatchWorld) -> None:
    one = made(world)
    number = reviewed(world, DELETE, "task", field="id", entries=[one], on_change=OnChange.MERGE)
    change(world, one, title="Another")
    assert run(world, number) == {0: changed("title")}


def test_proceed_compares_nothing(world: BatchWorld) -> None:
    one = made(world)
    number = reviewed(
        world, PATCH, "task", field="id", entries=[one, 99], data={"priority": 9}, on_change=OnChange.PROCEED
    )
    change(world, one, priority=3)
    assert list(run(world, number)) == [1]
    assert task(world, one).priority == 9


def test_an_object_that_is_gone_was_changed(world: BatchWorld) -> None:
    one = made(world)
    number = reviewed(world, PATCH, "task", field="id", entries=[one], data={"priority": 9})
    world.core(lambda uow: tasks.remove(uow, uow.tasks.get(one)))
    assert run(world, number) == {0: changed("id")}


def test_what_was_missing_is_not_done(world: BatchWorld) -> None:
    bert = world.add("bert")
    one = made(world)
    number = reviewed(world, PATCH, "task", field="assignee", entries=[bert.user], data={"priority": 9})
    late = made(world, assignee=bert.user)
    assert run(world, number) == {0: changed("assignee")}
    assert (task(world, late).priority, task(world, one).priority) == (None, None)


def test_several_where_the_preview_had_one_are_left_alone(world: BatchWorld) -> None:
    bert = world.add("bert")
    made(world, assignee=bert.user)
    number = reviewed(world, PATCH, "task", field="assignee", entries=[bert.user], data={"priority": 9})
    made(world, assignee=bert.user)
    assert run(world, number) == {0: changed("assignee")}


def test_what_still_cannot_be_done_fails_with_its_own_code(world: BatchWorld) -> None:
    one = made(world)
    number = reviewed(world, PATCH, "task", field="id", entries=[one, 99], data={"contact": 77})
    change(world, one, title="Another")
    assert [code for code, _ in run(world, number).values()] == ["invalid", "not_found"]


def test_an_invalid_entry_that_could_be_done_now_is_not(world: BatchWorld) -> None:
    one = made(world)
    world.core(lambda uow: tasks.perform(uow, uow.tasks.get(one), Verb.FINISH))
    number = reviewed(world, PATCH, "task", field="id", entries=[one], data={"state": "terminated"})
    world.core(lambda uow: tasks.perform(uow, uow.tasks.get(one), Verb.REOPEN))
    assert run(world, number) == {0: changed("state")}
    assert task(world, one).is_open


def test_a_natural_key_that_is_taken_meanwhile_was_changed(world: BatchWorld) -> None:
    number = reviewed(world, POST, "phonenumber", data=[{"phonenumber": "12025550101"}, {"phonenumber": "12025550102"}])
    world.done(POST, "phonenumber", data=[{"phonenumber": "12025550101"}])
    assert run(world, number) == {0: changed("phonenumber")}


def test_a_natural_key_that_is_free_again_is_not_taken(world: BatchWorld) -> None:
    world.done(POST, "phonenumber", data=[{"phonenumber": "12025550101"}])
    number = reviewed(world, POST, "phonenumber", data=[{"phonenumber": "12025550101"}])
    world.done(DELETE, "phonenumber", field="phonenumber", entries=["12025550101"])
    assert run(world, number) == {0: changed("phonenumber")}


def test_the_second_entry_of_a_changed_object_is_refused_as_well(world: BatchWorld) -> None:
    """The first one fails, so that the object has the revision that the second one expects, by another's hand."""
    one = made(world)
    data = [{"priority": 1}, {"priority": 2}]
    number = reviewed(world, PATCH, "task", field="id", entries=[one, one], data=data)
    change(world, one, title="Another")
    assert list(run(world, number)) == [0, 1]
    assert task(world, one).priority is None


@pytest.mark.parametrize("start", range(sized(2, 20)))
def test_nothing_is_overwritten_unnoticed(opened: World, start: int) -> None:
    """A writer changes some of the objects between review and run, and while the run goes on: none of the batch's
    entries for them is done afterwards."""
    random = Random(start)
    for play in range(25):
        world = BatchWorld.beside(opened, f"writer {start} {play}")
        numbers = [made(world) for _ in range(4)]
        entries = [random.choice(numbers) for _ in range(random.randint(1, 8))]
        data = [{"priority": place} for place in range(len(entries))]
        number = reviewed(world, PATCH, "task", field="id", entries=entries, data=data)
        written = interleave(world, number, numbers, random)
        causes = {each: history(world, each) for each in numbers}
        for each, rows in causes.items():
            first = written.get(each)
            later = [row for row in rows if first is not None and row.revision > first and row.cause == number]
            assert not later, (start, play, each, rows)
        batch = world.batch(number)
        done = sum(row.cause == number for rows in causes.values() for row in rows)
        assert batch.success is not None
        assert done == batch.success - (batch.unchanged or 0)


def interleave(world: BatchWorld, number: int, numbers: list[int], random: Random) -> dict[int, int]:
    """Approve and run the batch, and let somebody else write at random moments; the revisions written first."""
    written: dict[int, int] = {}
    titles = itertools.count()

    def write(name: str) -> None:
        if random.random() < 0.5:
            each = random.choice(numbers)
            change(world, each, title=f"Title {next(titles)}")
            written.setdefault(each, task(world, each).revision)

    write("")
    world.decide(number, Decision.APPROVE)
    world.run_jobs(write)
    return written


def history(world: BatchWorld, number: int) -> list[Any]:
    rows: list[Any] = world.core(lambda uow: uow.history.page("task", number, limit=1_000))
    assert all(json.loads(row.changes) for row in rows)
    return rows
