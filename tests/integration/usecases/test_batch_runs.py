"""What a batch does to its objects, entry by entry, and what it says of those that failed (carrierx-batch.md 4, 9)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from dragoman.domain.access import Principal
from dragoman.domain.bulk import Batch, Decision, EndCode, Method, Status
from dragoman.domain.job import ATTEMPTS, JobKind, JobState
from dragoman.domain.resource import Resource
from dragoman.domain.task import State, Task, Verb
from dragoman.domain.work_item import Role, WorkItem
from dragoman.store.unit.overlay import HistoryRow
from dragoman.usecases.admin import leaving
from dragoman.usecases.batches.execution import runs as batch_runs
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.batches import DIALECT, BatchWorld
from tests.support.databases import BACKENDS, Databases
from tests.support.world import World

POST, PATCH, DELETE = Method.POST, Method.PATCH, Method.DELETE
NOT_VALID = "object validation error"
ENDED_SO = "The task is terminated; an ended task can't be ended."


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


def made(world: BatchWorld, count: int = 1, **fields: Any) -> list[int]:
    """Tasks of anna's."""

    def run(uow: UnitOfWork) -> list[int]:
        return [tasks.add(uow, title=f"Task {index}", **fields).number for index in range(count)]

    numbers: list[int] = world.core(run, world.anna)
    return numbers


def task(world: BatchWorld, number: int) -> Task:
    found: Task = world.core(lambda uow: uow.tasks.get(number))
    return found


def history(world: BatchWorld, number: int, entity: str = "task") -> list[HistoryRow]:
    rows: list[HistoryRow] = world.core(lambda uow: uow.history.page(entity, number))
    return rows


def numbers_made(world: BatchWorld, *numbers: str) -> Batch:
    return world.done(POST, "phonenumber", data=[{"phonenumber": number} for number in numbers])


def did(world: BatchWorld, number: str) -> Resource | None:
    found: dict[str, list[Resource]] = world.core(lambda uow: uow.resources.by_natural("phonenumber", [number]))
    return found[number][0] if found else None


def counts(batch: Batch) -> tuple[Any, ...]:
    return batch.status, batch.total, batch.processed, batch.success, batch.failure


# Its life


def test_a_new_batch_waits_for_its_reviewers_with_counts_at_nought(world: BatchWorld) -> None:
    number = world.order(PATCH, "task", field="id", entries=[1], data={"priority": 1}, review=True)
    assert counts(world.batch(number)) == (Status.CREATED, None, None, None, None)
    world.run_jobs()
    assert counts(world.batch(number)) == (Status.IN_REVIEW, 1, 0, 0, 0)
    assert task(world, number).state is State.READY


def test_an_approved_batch_runs_and_its_task_ends_with_it(world: BatchWorld) -> None:
    [one] = made(world)
    number = world.order(PATCH, "task", field="id", entries=[one, 99], data={"priority": 7}, review=True)
    world.run_jobs()
    assert task(world, one).priority is None
    world.decide(number, Decision.APPROVE)
    world.run_jobs()
    assert counts(world.batch(number)) == (Status.COMPLETED, 2, 2, 1, 1)
    assert task(world, one).priority == 7
    ended = task(world, number)
    assert (ended.state, ended.outcome_code, ended.outcome_text) == (
        State.COMPLETED,
        "completed",
        "1 of 2 done, 1 failed",
    )


def test_a_cancelled_batch_touches_nothing(world: BatchWorld) -> None:
    [one] = made(world)
    number = world.order(PATCH, "task", field="id", entries=[one], data={"priority": 7}, review=True)
    world.run_jobs()
    world.decide(number, Decision.REFUSE)
    world.core(lambda uow: uow.enqueue(JobKind.BATCH_EXECUTE, number))  # even if somebody asked for it
    world.run_jobs()
    assert counts(world.batch(number)) == (Status.CANCELLED, 1, 0, 0, 0)
    assert task(world, one).revision == 1
    assert task(world, number).state is State.TERMINATED


# Tasks


def test_history_names_the_creator_and_what_he_began(world: BatchWorld) -> None:
    [one] = made(world)
    world.done(PATCH, "task", field="id", entries=[one], data={"priority": 7})
    [_, change] = history(world, one)
    assert (change.principal, change.dialect, change.operation) == ("anna", DIALECT, "batch.run")
    assert (change.revision, change.changes) == (2, '{"priority":[null,7]}')


def test_a_number_its_text_and_the_id_pick_the_same_task(world: BatchWorld) -> None:
    one, two, three = made(world, 3)
    batch = world.done(PATCH, "task", field="id", entries=[one, str(two), task(world, three).uid], data={"read": True})
    assert batch.success == 3
    assert all(task(world, number).read for number in (one, two, three))


def test_what_is_so_already_counts_as_done_and_leaves_no_trace(world: BatchWorld) -> None:
    [one] = made(world, priority=7)
    batch = world.done(PATCH, "task", field="id", entries=[one], data={"priority": 7})
    assert (batch.success, batch.failure) == (1, 0)
    assert task(world, one).revision == 1


@pytest.mark.parametrize(
    ("state", "reached"),
    [("completed", State.COMPLETED), ("terminated", State.TERMINATED), ("ready", State.READY)],
)
def test_tasks_are_closed_and_taken_up_again_in_bulk(world: BatchWorld, state: str, reached: State) -> None:
    [one] = made(world)
    [ended] = made(world)
    world.core(lambda uow: tasks.perform(uow, uow.tasks.get(ended), Verb.FINISH))
    batch = world.done(PATCH, "task", field="id", entries=[one, ended], data={"state": state})
    assert task(world, one).state is reached
    assert batch.success == (1 if state == "terminated" else 2)


def test_an_entry_is_kept_whole_or_not_at_all(world: BatchWorld) -> None:
    ended, one = made(world, 2)
    world.core(lambda uow: tasks.perform(uow, uow.tasks.get(ended), Verb.FINISH))
    data = {"priority": 5, "state": "terminated"}
    batch = world.done(PATCH, "task", field="id", entries=[ended, one], data=data)
    assert world.failures(batch) == {
        0: (
            f'{{"id":{ended}}}',
            {
                "code": "conflict",
                "message": NOT_VALID,
                "errors": [{"message": "The task is completed; an ended task can't be ended."}],
            },
        )
    }
    assert task(world, ended).priority is None
    assert (task(world, one).priority, task(world, one).state) == (5, State.TERMINATED)


def test_a_parent_takes_its_open_parts_with_it(world: BatchWorld) -> None:
    [parent] = made(world)
    child, other = made(world, 2, parent=parent)
    last = made(world)[0]
    entries = [child, parent, other, last]
    batch = world.done(PATCH, "task", field="id", entries=entries, data={"state": "completed"})
    assert world.failures(batch) == {
        2: (f'{{"id":{other}}}', {"code": "conflict", "message": NOT_VALID, "errors": [{"message": ENDED_SO}]})
    }
    states = [task(world, number).state for number in entries]
    assert states == [State.COMPLETED, State.COMPLETED, State.TERMINATED, State.COMPLETED]
    assert task(world, parent).open_children == 0


def test_tasks_are_made_and_deleted_in_bulk(world: BatchWorld) -> None:
    data = [{"title": "Call", "assignee": "anna"}, {"title": 3}, {"title": "Write"}]
    batch = world.done(POST, "task", data=data)
    assert world.failures(batch) == {
        1: (
            '{"title":3}',
            {
                "code": "invalid",
                "message": NOT_VALID,
                "errors": [{"field": "title", "message": "must be text or null"}],
            },
        )
    }
    call, write = batch.number + 1, batch.number + 2
    assert (task(world, call).title, task(world, call).assignee) == ("Call", world.anna.user)
    batch = world.done(DELETE, "task", field="id", entries=[call, call, write])
    assert world.failures(batch) == {
        1: (
            f'{{"id":{call}}}',
            {"code": "not_found", "message": "Cannot find item by id", "errors": [not_found("id", "task")]},
        )
    }


def not_found(field: str, type_: str) -> dict[str, str]:
    return {"field": field, "message": f"no {type_} matches"}


def test_several_that_match_are_left_alone(world: BatchWorld) -> None:
    other = world.add("bert")
    one, _ = made(world, 2, assignee=other.user)
    batch = world.done(PATCH, "task", field="assignee", entries=[other.user, "nobody"], data={"priority": 1})
    errors = {index: error for index, (_, error) in world.failures(batch).items()}
    assert errors == {
        0: {
            "code": "ambiguous",
            "message": NOT_VALID,
            "errors": [{"field": "assignee", "message": "matches 2 objects"}],
        },
        1: {"code": "not_found", "message": "Cannot find item by assignee", "errors": [not_found("assignee", "task")]},
    }
    assert task(world, one).revision == 1


def test_an_entry_finds_what_the_one_before_it_left(world: BatchWorld) -> None:
    """A property that picks the objects changes with them."""
    parents = made(world, 2)
    [child] = made(world, parent=parents[0])
    entries = [parents[0], parents[0], parents[1]]
    batch = world.done(PATCH, "task", field="parent", entries=entries, data={"parent": parents[1], "priority": 1})
    assert list(world.failures(batch)) == [1]
    assert [row.revision for row in history(world, child)] == [1, 2]


def test_data_is_one_for_all_or_one_for_each(world: BatchWorld) -> None:
    numbers = made(world, 3)
    world.done(PATCH, "task", field="id", entries=numbers, data=[{"priority": 4}])
    assert [task(world, number).priority for number in numbers] == [4, 4, 4]
    paired = [{"priority": 1}, {"priority": "high"}, {"priority": 3}]
    batch = world.done(PATCH, "task", field="id", entries=numbers, data=paired)
    assert [task(world, number).priority for number in numbers] == [1, 4, 3]
    assert list(world.failures(batch)) == [1]


def test_an_entry_that_is_there_twice_is_done_twice(world: BatchWorld) -> None:
    [one] = made(world)
    batch = world.done(PATCH, "task", field="id", entries=[one, one], data=[{"priority": 1}, {"priority": 2}])
    assert batch.success == 2
    assert [row.changes for row in history(world, one)[1:]] == ['{"priority":[null,1]}', '{"priority":[1,2]}']


def test_a_batch_does_not_decide_batches(world: BatchWorld) -> None:
    waiting = world.order(PATCH, "task", field="id", entries=[1], data={"priority": 1}, review=True)
    world.run_jobs()
    changed = world.done(PATCH, "task", field="id", entries=[waiting], data={"state": "completed"})
    deleted = world.done(DELETE, "task", field="id", entries=[waiting])
    assert (changed.failure, deleted.failure) == (1, 1)
    assert world.batch(waiting).status is Status.IN_REVIEW


# Rights


def test_the_creators_token_must_allow_it(world: BatchWorld) -> None:
    [one] = made(world)
    reader = with_scopes(world, "batch.manage", "task.read")
    batch = world.done(PATCH, "task", field="id", entries=[one], data={"priority": 1}, who=reader)
    assert world.failures(batch)[0][1] == {
        "code": "forbidden",
        "message": "Forbidden",
        "errors": [{"message": "scope task.update is missing"}],
    }
    writer = with_scopes(world, "batch.manage", "task.write")
    assert world.done(PATCH, "task", field="id", entries=[one], data={"priority": 1}, who=writer).success == 1


def test_the_creators_ceiling_bounds_it_as_it_is_at_each_entry(world: BatchWorld) -> None:
    [one] = made(world)

    def bound(*scopes: str) -> None:
        ceiling = scopes or None
        world.core(lambda uow: uow.users.save(structs.replace(uow.users.get(world.anna.user), scopes=ceiling)))

    number = world.order(PATCH, "task", field="id", entries=[one], data={"priority": 1}, review=True)
    world.run_jobs()
    bound("batch.*", "task.read")
    world.decide(number, Decision.APPROVE)
    world.run_jobs()
    [(_, error)] = world.failures(world.batch(number)).values()
    assert error["errors"] == [{"message": "scope task.update is missing"}]
    bound("batch.*", "task.*")
    assert world.done(PATCH, "task", field="id", entries=[one], data={"priority": 1}).success == 1
    bound()


def with_scopes(world: BatchWorld, *scopes: str) -> Principal:
    """Anna, by a token with these."""
    return structs.replace(world.anna, scopes=frozenset(scopes))


def test_an_approver_lends_no_rights(world: BatchWorld) -> None:
    bert = world.add("bert")
    items = (WorkItem(Role.POTENTIAL_OWNER, str(bert.user)),)
    [one] = made(world, work_items=items)
    number = world.order(PATCH, "task", field="id", entries=[one], data={"priority": 1}, review=True, who=bert)
    world.run_jobs()
    world.decide(number, Decision.APPROVE)
    world.run_jobs()
    [(_, error)] = world.failures(world.batch(number)).values()
    assert error == {
        "code": "forbidden",
        "message": "Forbidden",
        "errors": [{"message": "bert may not edit this task."}],
    }


def test_a_creator_who_is_shut_out_meanwhile_changes_nothing(world: BatchWorld) -> None:
    [one] = made(world)
    number = world.order(PATCH, "task", field="id", entries=[one], data={"priority": 1}, review=True)
    world.run_jobs()
    world.app.executor.call(leaving.disable_user, leaving.DisableUser("anna"), world.tenant)
    world.decide(number, Decision.APPROVE)
    world.run_jobs()
    assert counts(world.batch(number)) == (Status.COMPLETED, 1, 1, 0, 1)
    assert world.failures(world.batch(number))[0][1]["message"] == "Forbidden"
    assert task(world, one).revision == 1


# Plain objects


def test_a_number_that_exists_is_named_with_the_one_in_its_way(world: BatchWorld) -> None:
    numbers_made(world, "12025550101")
    batch = world.done(POST, "phonenumber", data=[{"phonenumber": 12025550101}, {"phonenumber": "12025550103"}])
    there = did(world, "12025550101")
    assert there is not None
    assert world.failures(batch) == {
        0: (
            '{"phonenumber":12025550101}',
            {
                "code": "conflict",
                "message": NOT_VALID,
                "errors": [
                    {
                        "field": "phonenumber",
                        "message": "this phonenumber already exists",
                        "reference": there.uid,
                    }
                ],
            },
        )
    }


def test_of_two_equal_numbers_in_one_batch_the_first_is_made(world: BatchWorld) -> None:
    batch = numbers_made(world, "12025550101", "12025550101", "1202")
    failures = world.failures(batch)
    assert [error["message"] for _, error in failures.values()] == [NOT_VALID, NOT_VALID]
    assert failures[1][1]["errors"][0]["message"] == "this phonenumber already exists"
    assert failures[2][1]["errors"] == [{"field": "phonenumber", "message": "must be 11 to 15 digits"}]


def test_what_lacks_its_natural_key_is_named_whole(world: BatchWorld) -> None:
    batch = world.done(POST, "phonenumber", data=[{"name": "lobby", "price": 1.5}])
    [(key, _)] = world.failures(batch).values()
    assert key == '{"name":"lobby","price":1.5}'


def test_a_patch_is_merged_into_each_number(world: BatchWorld) -> None:
    numbers_made(world, "12025550101", "12025550102")
    data = {"name": "world", "attributes": {"floor": {"level": 2}}}
    world.done(PATCH, "phonenumber", field="phonenumber", entries=["12025550101"], data=data)
    change = {"name": None, "attributes": {"floor": {"wing": "east"}}}
    entries = [12025550101, "12025550102", "12025550199"]
    batch = world.done(PATCH, "phonenumber", field="phonenumber", entries=entries, data=change)
    first, second = did(world, "12025550101"), did(world, "12025550102")
    assert first is not None
    assert second is not None
    assert "name" not in first.body
    assert first.body["attributes"] == {"floor": {"level": 2, "wing": "east"}}
    assert second.body["attributes"] == {"floor": {"wing": "east"}}
    assert world.failures(batch) == {
        2: (
            '{"phonenumber":"12025550199"}',
            {
                "code": "not_found",
                "message": "Cannot find item by phonenumber",
                "errors": [not_found("phonenumber", "phonenumber")],
            },
        )
    }
    assert [row.principal for row in history(world, first.number, "resource")] == ["anna"] * 3


def test_numbers_are_renamed_one_after_the_other(world: BatchWorld) -> None:
    """Each is told of what has the new number at that moment, and nothing of a refused one is kept."""
    numbers_made(world, "12025550101", "12025550102")
    entries = ["12025550102", "12025550101", "12025550103", "12025550102"]
    data = [{"phonenumber": number} for number in ("12025550103", "12025550102", "12025550102", "12025550104")]
    batch = world.done(PATCH, "phonenumber", field="phonenumber", entries=entries, data=data)
    assert list(world.failures(batch)) == [2]
    assert world.failures(batch)[2][1]["errors"][0]["message"] == "this phonenumber already exists"
    assert [did(world, f"1202555010{last}") is not None for last in range(1, 5)] == [False, False, True, True]


def test_numbers_are_deleted_and_free_again(world: BatchWorld) -> None:
    numbers_made(world, "12025550101", "12025550102")
    there = did(world, "12025550102")
    assert there is not None
    world.done(DELETE, "phonenumber", field="did_sid", entries=[there.uid])
    batch = world.done(DELETE, "phonenumber", field="phonenumber", entries=["12025550101", "12025550101"])
    assert list(world.failures(batch)) == [1]
    assert numbers_made(world, "12025550101", "12025550102").success == 2


def test_files_may_share_a_name(world: BatchWorld) -> None:
    world.done(POST, "file", data=[{"name": "a.wav"}, {"name": "a.wav"}, {"name": "b.wav"}])
    batch = world.done(PATCH, "file", field="name", entries=["a.wav", "b.wav"], data={"string_key_1": "x"})
    assert world.failures(batch) == {
        0: (
            '{"name":"a.wav"}',
            {"code": "ambiguous", "message": NOT_VALID, "errors": [{"field": "name", "message": "matches 2 objects"}]},
        )
    }


# When it goes wrong


def test_a_fault_of_ours_fails_one_entry_alone(world: BatchWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = made(world, 30)
    known = resource_types.find("task")
    assert known is not None

    def faulty(uow: UnitOfWork, content: bytes) -> resource_types.Patch:
        apply = known.patch(uow, content)

        def patch(part: UnitOfWork, number: int) -> None:
            apply(part, number)
            if number == numbers[10]:
                raise ZeroDivisionError

        return patch

    monkeypatch.setitem(resource_types._known, "task", replace(known, patch=faulty))
    batch = world.done(PATCH, "task", field="id", entries=numbers, data={"priority": 1})
    assert counts(batch) == (Status.COMPLETED, 30, 30, 29, 1)
    assert world.failures(batch)[10][1] == {
        "code": "server_failed",
        "message": "Internal Server Error",
        "errors": [{"message": "Internal Server Error"}],
    }
    assert task(world, numbers[10]).revision == 1
    assert world.outcomes(batch) == list(range(30))


def test_a_batch_whose_job_is_given_up_is_completed_with_what_is_left_failing(world: BatchWorld) -> None:
    numbers = made(world, 50)
    number = world.order(PATCH, "task", field="id", entries=numbers, data={"priority": 1})
    slices = 0

    def watch(name: str) -> None:
        nonlocal slices
        slices += name == "run_slice"
        if name == "run_slice" and slices > 1:
            raise MemoryError

    for _ in range(ATTEMPTS):
        world.run_jobs(watch)
        world.clock.advance(3_600)
    world.run_jobs()
    batch = world.batch(number)
    assert counts(batch) == (Status.COMPLETED, 50, 50, 20, 30)
    assert world.failures(batch)[20][1]["message"] == batch_runs.GIVEN_UP
    assert world.outcomes(batch) == list(range(50))
    assert [task(world, each).priority for each in numbers] == [1] * 20 + [None] * 30
    jobs = world.core(lambda uow: uow.jobs.about(JobKind.BATCH_EXECUTE, number))
    assert [job.state for job in jobs] == [JobState.DISCARDED]
    assert batch.ended_because is not None
    assert batch.ended_because.code is EndCode.SERVER_FAILED


def test_a_batch_that_gets_on_is_not_given_up(world: BatchWorld) -> None:
    numbers = made(world, 20 * (ATTEMPTS + 3))
    number = world.order(PATCH, "task", field="id", entries=numbers, data={"priority": 1})
    while world.batch(number).status is not Status.COMPLETED:
        slices = iter(range(1))

        def watch(name: str, slices: Iterator[int] = slices) -> None:
            if name == "run_slice" and next(slices, None) is None:
                raise MemoryError

        world.run_jobs(watch)
        world.clock.advance(3_600)
    assert world.batch(number).failure == 0


def test_a_batch_that_could_not_be_prepared_is_completed_too(world: BatchWorld) -> None:
    number = world.order(PATCH, "task", field="id", entries=[1, 2], data={"priority": 1}, review=True)

    def watch(name: str) -> None:
        if name == "prepare":
            raise MemoryError

    for _ in range(ATTEMPTS):
        world.run_jobs(watch)
        world.clock.advance(3_600)
    world.run_jobs()
    assert counts(world.batch(number)) == (Status.COMPLETED, 2, 2, 0, 2)
    assert task(world, number).state is State.COMPLETED
