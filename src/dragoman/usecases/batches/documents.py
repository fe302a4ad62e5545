"""A batch with all that its document shows, at a moment."""

import msgspec

from dragoman.command import Keys, Ref
from dragoman.domain.bulk import Batch
from dragoman.domain.clock import Moment, later
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.uow import UnitOfWork

DAY_SECONDS = 86_400


class Shown(msgspec.Struct, frozen=True):
    """A batch at a moment, and until when its preview and before-images are kept."""

    batch: Batch
    at: Moment
    images_until: Moment | None = None


def shown(uow: UnitOfWork, batch: Batch) -> Shown:
    """The batch as it is now."""
    present = batch.shown_at(uow.now)
    return Shown(present, uow.now, images_until(uow, present))


def images_until(uow: UnitOfWork, batch: Batch) -> Moment | None:
    """None before the end."""
    if batch.ended_at is None:
        return None
    return later(batch.ended_at, seconds=uow.terms.images_days * DAY_SECONDS)


class Get(msgspec.Struct, frozen=True):
    """Read a batch."""

    batch: Ref

    def keys(self) -> Keys:
        return batches.keys_to_read(self.batch)


def get(uow: UnitOfWork, command: Get) -> Shown:
    """NotFound for one that the principal may not see."""
    return shown(uow, batches.get(uow, command.batch))
