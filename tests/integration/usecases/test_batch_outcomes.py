"""What is recorded with the outcome of an entry: its object, the revision it left, and whether anything changed."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace as replaced

from dragoman.domain.bulk import Method, Outcome
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


def made(world: BatchWorld, **fields: object) -> int:
    def run(uow: UnitOfWork) -> int:
        return tasks.add(uow, title="Task", **fields).number

    number: int = world.core(run, world.anna)
    return number


def recorded(world: BatchWorld, number: int) -> list[tuple[object, ...]]:
    found: list[Outcome] = world.core(lambda uow: uow.batches.outcomes(number, limit=100))
    return [(each.code, each.unchanged, each.number, each.revision) for each in found]


def test_an_outcome_has_the_object_its_revision_and_whether_it_changed(world: BatchWorld) -> None:
    one, other = made(world, priority=7), made(world)
    batch = world.done(PATCH, "task", field="id", entries=[one, other, 99], data={"priority": 7})
    assert recorded(world, batch.number) == [
        (None, True, one, 1),
        (None, False, other, 2),
        ("not_found", False, None, None),
    ]
    assert (batch.success, batch.unchanged, batch.failure) == (2, 1, 1)


def test_a_refused_entry_names_the_object_that_it_found(world: BatchWorld) -> None:
    one = made(world)
    batch = world.done(PATCH, "task", field="id", entries=[one], data={"contact": 999})
    assert recorded(world, batch.number) == [("invalid", False, one, None)]


def test_what_was_made_or_deleted_has_its_number_and_last_revision(world: BatchWorld) -> None:
    batch = world.done(POST, "task", data=[{"title": "One"}])
    number = batch.number + 1
    assert recorded(world, batch.number) == [(None, False, number, 1)]
    batch = world.done(DELETE, "task", field="id", entries=[number, number])
    assert recorded(world, batch.number) == [(None, False, number, 2), ("not_found", False, None, None)]


def test_a_renamed_object_that_runs_alone_has_its_outcome_too(world: BatchWorld) -> None:
    world.done(POST, "phonenumber", data=[{"phonenumber": f"1202555010{last}"} for last in (1, 2)])
    entries = ["12025550101", "12025550102"]
    data = [{"phonenumber": "12025550103"}, {"phonenumber": "12025550103"}]
    batch = world.done(PATCH, "phonenumber", field="phonenumber", entries=entries, data=data)
    numbers = [each[2] for each in recorded(world, batch.number)]
    assert recorded(world, batch.number) == [(None, False, numbers[0], 2), ("conflict", False, numbers[1], None)]
    assert None not in numbers


def test_a_run_stops_with_the_failure_that_is_one_too_many(world: BatchWorld) -> None:
    one = made(world)
    number = world.order(PATCH, "task", field="id", entries=[98, one, 99, one], data={"priority": 7})
    world.core(lambda uow: uow.batches.save(replaced(uow.batches.get(number), max_failures="1")))
    world.run_jobs()
    batch = world.batch(number)
    assert (str(batch.status), batch.processed, batch.failure, batch.skipped) == ("stopped", 3, 2, 1)
