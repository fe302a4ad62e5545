"""Retries: the entries that failed or were skipped, with their data, as a new batch (REVIEWED-BULK 7)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.bulk import Batch, Decision, Method, OnChange, Origin, Status
from dragoman.domain.errors import Expected
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.outcomes import retries
from dragoman.usecases.batches.outcomes.results import Became
from dragoman.usecases.batches.outcomes.retries import Retry
from tests.support.batches import BatchWorld
from tests.support.databases import BACKENDS, Databases
from tests.support.world import World

POST, PATCH, DELETE = Method.POST, Method.PATCH, Method.DELETE
FAILURE, SKIPPED = frozenset({Became.FAILURE}), frozenset({Became.SKIPPED})
MANY = 2_500


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


def retried(world: BatchWorld, batch: Batch, **named: Any) -> Batch:
    """A new retry of a batch."""
    command = Retry(batch=batch.uid, **named)
    found: Batch = world.core(lambda uow: retries.retry(uow, command).batch, world.anna)
    return found


def content(world: BatchWorld, batch: Batch) -> tuple[list[Any], list[Any] | None, Any]:
    """Entries, own data and shared data of a batch, when its first job is done."""
    world.run_jobs()
    chunks = world.core(lambda uow: list(uow.chunks.of(batch.uid)))
    shared = world.core(lambda uow: uow.payloads.find(batch.uid).data)
    entries = [entry for chunk in chunks for entry in json.loads(chunk.entries or "[]")]
    own = [data for chunk in chunks if chunk.data is not None for data in json.loads(chunk.data)]
    return entries, own or None, None if shared is None else json.loads(shared)


def mixed(world: BatchWorld) -> Batch:
    """A batch of four entries: two fail, each for another reason."""
    one, two = (world.native("anna", "POST", "/v1/tasks", {"title": "a"})[1]["id"] for _ in range(2))
    data: list[Any] = [{"priority": 1}, {"priority": 2}, {"priority": "x"}, {"priority": 4}]
    return world.done(PATCH, "task", field="id", entries=["x", one, two, one], data=data)


def test_a_retry_has_the_entries_that_failed_with_their_data(world: BatchWorld) -> None:
    batch = mixed(world)
    retry = retried(world, batch)
    assert (retry.status, retry.origin, retry.origin_batch) == (Status.CREATED, Origin.RETRY, batch.uid)
    assert (retry.title, retry.field, retry.review) == ("PATCH 2 × task by id", "id", False)
    entries, own, shared = content(world, retry)
    assert (entries[0], own, shared) == ("x", [{"priority": 1}, {"priority": "x"}], None)
    assert world.batch(retry.number).failure == 2


def test_a_retry_may_be_of_certain_failures(world: BatchWorld) -> None:
    batch = mixed(world)
    retry = retried(world, batch, codes=("invalid",))
    assert retry.title == "PATCH 1 × task by id"
    assert content(world, retry)[1] == [{"priority": "x"}]


def test_data_that_all_shared_stays_one(world: BatchWorld) -> None:
    batch = world.done(PATCH, "task", field="id", entries=["x", "y"], data={"priority": 1})
    assert content(world, retried(world, batch)) == (["x", "y"], None, {"priority": 1})


def test_new_objects_are_tried_again(world: BatchWorld) -> None:
    batch = world.done(POST, "task", data=[{"title": "a"}, {"title": 7}])
    assert content(world, retried(world, batch)) == ([], [{"title": 7}], None)


def test_deletions_are_tried_again(world: BatchWorld) -> None:
    batch = world.done(DELETE, "task", field="id", entries=["x"])
    assert content(world, retried(world, batch)) == (["x"], None, None)


def test_a_long_retry_is_filled_slice_by_slice(world: BatchWorld) -> None:
    entries = [f"x{index}" for index in range(MANY)]
    batch = world.done(PATCH, "task", field="id", entries=entries, data={"priority": 1})
    assert batch.failure == MANY
    retry = retried(world, batch)
    assert content(world, retry)[0] == entries
    assert (retry.size, world.batch(retry.number).failure) == (MANY, MANY)


def test_options_are_as_in_the_batch_unless_others_are_given(world: BatchWorld) -> None:
    options = batches.Options(
        title="mine", purpose="why", on_change=OnChange.MERGE, max_failures="50%", canary=3, rate="1e3", priority=7
    )
    number = world.order(PATCH, "task", field="id", entries=["x"], data={"priority": 1}, options=options)
    world.run_jobs()
    retry = retried(world, world.batch(number), review=True, given={"priority": 2, "canary": None})
    assert (retry.title, retry.purpose, retry.on_change, retry.max_failures) == ("mine", "why", "merge", "50%")
    assert (retry.rate, retry.priority, retry.canary, retry.review, retry.not_before) == ("1e3", 2, None, True, None)
    assert retry.creator == world.anna.user


def skipped(world: BatchWorld) -> Batch:
    """A batch that was stopped ahead of all its entries."""
    number = world.order(PATCH, "task", field="id", entries=["x", "y"], data={"priority": 1}, review=True)
    world.run_jobs()
    world.decide(number, Decision.APPROVE)
    stopped = world.control(number, lambda uow, batch: batches.keep(uow, batch.stop(at=uow.now)))
    assert (stopped.status, stopped.skipped) == (Status.STOPPED, 2)
    return stopped


def test_skipped_entries_can_be_retried(world: BatchWorld) -> None:
    batch = skipped(world)
    assert content(world, retried(world, batch, outcomes=SKIPPED))[0] == ["x", "y"]
    assert content(world, retried(world, batch, outcomes=SKIPPED | FAILURE))[0] == ["x", "y"]
    assert content(world, retried(world, batch, outcomes=SKIPPED, codes=("stopped",)))[0] == ["x", "y"]


def refused(world: BatchWorld, batch: Batch, **named: Any) -> str:
    with pytest.raises(Expected) as error:
        retried(world, batch, **named)
    return error.value.code


def test_what_cannot_be_retried_is_refused(world: BatchWorld) -> None:
    assert refused(world, skipped(world)) == "nothing_to_retry"
    batch = mixed(world)
    assert refused(world, batch, outcomes=SKIPPED) == "nothing_to_retry"
    assert refused(world, batch, codes=("conflict",)) == "nothing_to_retry"
    waiting = world.order(PATCH, "task", field="id", entries=["x"], data={"priority": 1}, review=True)
    assert refused(world, world.batch(waiting)) == "batch_not_ended"


def test_a_retry_is_filled_though_its_batch_is_deleted(world: BatchWorld) -> None:
    batch = mixed(world)
    retry = retried(world, batch)
    world.core(lambda uow: batches.remove(uow, batch.uid), world.anna)
    entries, own, _ = content(world, retry)
    assert (len(entries), own) == (2, [{"priority": 1}, {"priority": "x"}])
    world.clock.advance(60)
    world.run_jobs()
    assert world.core(lambda uow: uow.chunks.last(batch.uid)) is None
    assert world.batch(retry.number).origin_batch == batch.uid


def test_a_retry_that_the_server_cannot_fill_is_cancelled(world: BatchWorld) -> None:
    batch = mixed(world)
    retry = retried(world, batch)

    def discard(uow: Any) -> None:
        [job] = uow.jobs.about("batch.fill", retry.number)
        uow.jobs.save(replace(job, args={"number": batch.number}))

    world.core(discard)
    for _ in range(25):
        world.run_jobs()
        world.clock.advance(700)
    ended = world.batch(retry.number)
    assert (ended.status, ended.ended_because and ended.ended_because.code) == (Status.CANCELLED, "server_failed")
