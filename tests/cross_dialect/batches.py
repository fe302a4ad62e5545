"""Batches of every status, made through the core as the dialect of batches does it."""

from typing import Any

from msgspec.structs import replace

from dragoman.domain.access import Principal
from dragoman.domain.bulk import Batch, Decision, Method, Status
from dragoman.usecases.batches import control
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

ORDER = batches.NewBatch(
    method=Method.PATCH,
    type="task",
    field="id",
    entries='["1", "2"]',
    data='{"priority": 5}',
    review=True,
    size=2,
)


def batch_in(world: World, status: Status, *, who: Principal | None = None, **fields: Any) -> Batch:
    """A batch of two entries in this status, made by a user or the system; `fields` are given to the task that stands
    for it."""

    def run(uow: UnitOfWork) -> Batch:
        made = uow.batches.save(replace(batches.create(uow, ORDER).batch, creator=None if who is None else who.user))
        if who is not None:
            fields.setdefault("creator", who.user)
        if fields:
            task = uow.tasks.get(made.number)
            tasks.save(uow, task, replace(task, **fields))
        return led_to(uow, made, status)

    world.announces_batches = False  # it is led to its status past the use cases
    made: Batch = world.core(run)
    return made


def led_to(uow: UnitOfWork, batch: Batch, status: Status) -> Batch:
    """A new batch, led to this status."""
    if status is Status.CREATED:
        return batch
    batch = _kept(uow, batch.prepare(at=uow.now))
    if status is Status.IN_REVIEW:
        return batch
    if status is Status.EXPIRED:
        return _kept(uow, replace(batch, review_expires_at=uow.now).as_of(uow.now))
    if status is Status.CANCELLED:
        return control.decide(uow, batch, Decision.REFUSE)
    batch = control.decide(uow, batch, Decision.APPROVE)
    if status is Status.APPROVED:
        return batch
    if status is Status.STOPPED:
        return _kept(uow, batch.stop(at=uow.now))
    if status in (Status.QUEUED, Status.PAUSED):
        batch = _kept(uow, batch.pause(at=uow.now))
        return batch if status is Status.PAUSED else _kept(uow, batch.resume(at=uow.now))
    batch = _kept(uow, batch.begin(at=uow.now))
    if status is Status.CANARY_REVIEW:
        return _kept(uow, replace(batch, canary=1).advance(1, 0, at=uow.now))
    return batch if status is Status.RUNNING else _kept(uow, batch.advance(1, 1, at=uow.now))


def _kept(uow: UnitOfWork, batch: Batch) -> Batch:
    kept = uow.batches.save(batch)
    batches.update_task(uow, kept)
    return kept
