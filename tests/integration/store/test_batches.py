"""Batches as commands meet them: one decision wins, nothing that executes is deleted, what is gone is forgotten."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Keys
from dragoman.domain.access import Principal
from dragoman.domain.bulk import DELETABLE, Batch, Decision, Method, Outcome, Status
from dragoman.domain.errors import Conflict, NotFound
from dragoman.domain.task import Kind, State
from dragoman.usecases.batches import control
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.uow import UnitOfWork
from tests.support.batches import BatchWorld
from tests.support.world import World

plain = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
"""Where so many transactions are needed that one of them would hardly get through every eighth statement failing."""

ORDER = batches.NewBatch(
    method=Method.PATCH, type="phonenumber", field="phonenumber", entries='["1","2"]', data="{}", review=True, size=2
)


def made(world: World, principal: Principal | None = None) -> Batch:
    """A new batch."""
    batch: Batch = world.write(lambda uow: batches.create(uow, ORDER).batch, Keys(numbers={"task"}), principal)
    return batch


def brought_to(world: World, status: Status) -> Batch:
    """A batch that stands there, whatever it took."""
    world.announces_batches = False
    batch = made(world)
    processed = {Status.CREATED: None, Status.COMPLETED: 2}.get(status, 0)
    total = None if processed is None else 2
    there = replace(batch, status=status, total=total, processed=processed, success=processed, failure=processed and 0)

    def run(uow: UnitOfWork) -> Batch:
        kept = uow.batches.save(there)
        batches.update_task(uow, kept)
        return kept

    kept: Batch = world.write(run, batches.keys_to_change(batch.uid))
    return kept


def deciding(batch: Batch, decision: Decision) -> Callable[[UnitOfWork], Batch]:
    return lambda uow: control.decide(uow, batches.get(uow, batch.uid), decision)


def test_a_batch_is_a_task_of_the_same_number_and_uid(world: World) -> None:
    batch = made(world)
    task = world.read(lambda uow: uow.tasks.get(batch.uid))
    assert (task.number, task.kind, task.state) == (batch.number, Kind.BATCH, State.INACTIVE)
    assert task.title == "PATCH 2 × phonenumber by phonenumber"


def test_a_batch_keeps_what_its_creators_token_allowed(world: World) -> None:
    bert = Principal(world.tenant, "u-bert", "bert", scopes=frozenset({"phonenumber.update", "batch.create"}))
    batch = made(world, bert)
    assert (batch.creator, batch.scopes) == ("u-bert", ("batch.create", "phonenumber.update"))
    assert made(world, Principal(world.tenant, "u-anna", "anna")).scopes is None


def test_of_two_decisions_at_once_the_first_wins(world: World) -> None:
    batch = brought_to(world, Status.IN_REVIEW)
    approve = world.work(deciding(batch, Decision.APPROVE), batches.keys_to_change(batch.uid))
    cancel = world.work(deciding(batch, Decision.REFUSE), batches.keys_to_change(batch.uid))
    world.group(approve, cancel)
    assert approve.unwrap().status is Status.APPROVED
    with pytest.raises(Conflict, match="not in review"):
        cancel.unwrap()
    assert world.read(lambda uow: uow.batches.get(batch.uid)).status is Status.APPROVED


@plain
def test_a_decision_that_comes_too_early_or_too_late_changes_nothing(world: World) -> None:
    for status in Status:
        if status not in (Status.IN_REVIEW, Status.CANARY_REVIEW):
            refused_either_way(world, brought_to(world, status))


def refused_either_way(world: World, batch: Batch) -> None:
    for decision in Decision:
        if batch.is_decided(decision):
            assert (
                world.write(deciding(batch, decision), batches.keys_to_change(batch.uid)).modified_at
                == batch.modified_at
            )
            continue
        with pytest.raises(Conflict, match="not in review"):
            world.write(deciding(batch, decision), batches.keys_to_change(batch.uid))
    now = world.read(lambda uow: uow.batches.get(batch.uid))
    assert (now.status, now.modified_at) == (batch.status, batch.modified_at)


@plain
def test_what_is_executed_is_not_deleted(world: World) -> None:
    for status in set(Status) - DELETABLE:
        batch = brought_to(world, status)
        with pytest.raises(Conflict, match="being executed"):
            world.write(removing(batch), batches.keys_to_change(batch.uid))
        assert world.read(seeing(batch)).status is status


@plain
def test_what_is_not_executed_is_deleted_with_its_task(world: World) -> None:
    for status in DELETABLE:
        batch = brought_to(world, status)
        world.write(removing(batch), batches.keys_to_change(batch.uid))
        assert not any(world.read(left(batch)))
        with pytest.raises(NotFound):
            world.read(seeing(batch))
        assert made(world).number == batch.number + 1


def removing(batch: Batch) -> Callable[[UnitOfWork], None]:
    return lambda uow: batches.remove(uow, batch.uid)


def seeing(batch: Batch) -> Callable[[UnitOfWork], Batch]:
    return lambda uow: batches.get(uow, batch.uid)


def left(batch: Batch) -> Callable[[UnitOfWork], list[Any]]:
    uid = batch.uid
    return lambda uow: [uow.batches.find(uid), uow.payloads.find(uid), uow.tasks.find(uid)]


@plain
def test_the_outcomes_of_a_batch_that_is_gone_are_forgotten(world: World) -> None:
    batch = brought_to(world, Status.COMPLETED)
    other = brought_to(world, Status.COMPLETED)
    for each in (batch, other):
        world.write(failing(each), EXCLUSIVE)
    world.write(removing(batch), batches.keys_to_change(batch.uid))
    BatchWorld.beside(world, "main").run_jobs()
    assert world.sql("SELECT batch, count(*) FROM batch_outcome GROUP BY batch") == [(other.number, 250)]


def failing(batch: Batch) -> Callable[[UnitOfWork], None]:
    outcomes = [Outcome(index, str(index), '{"message":"x"}') for index in range(250)]
    return lambda uow: uow.batches.record(batch.number, outcomes)
