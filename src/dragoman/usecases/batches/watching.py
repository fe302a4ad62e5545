"""Looking at a batch again and again: cheaply for a change, then as one that its principal may see."""

import msgspec

from dragoman.command import Keys, Lock
from dragoman.domain.bulk import Batch
from dragoman.usecases.batches import documents
from dragoman.usecases.batches.documents import Get, Shown
from dragoman.usecases.uow import UnitOfWork

Mark = tuple[int, int]
"""Revision and activity: both only rise."""

GONE: Mark = (-1, -1)
"""The mark of a batch that is deleted."""


class Peek(msgspec.Struct, frozen=True):
    """Look whether a batch has changed; for anybody who waits for that."""

    uid: str

    def keys(self) -> Keys:
        return Keys().also("batch", [self.uid], Lock.NONE)


def look(uow: UnitOfWork, command: Get | Peek) -> Shown | Mark:
    """The batch; or its mark."""
    if isinstance(command, Get):
        return documents.get(uow, command)
    batch = uow.batches.find(command.uid)
    return GONE if batch is None else mark_of(documents.shown(uow, batch).batch)


def mark_of(batch: Batch) -> Mark:
    """What changes with every change of a batch."""
    return batch.revision, batch.activity


def is_news(mark: Mark, known: Batch) -> bool:
    """Whether a mark is that of a later state, or of a batch that is gone."""
    return mark == GONE or mark[0] > known.revision or mark[1] > known.activity
