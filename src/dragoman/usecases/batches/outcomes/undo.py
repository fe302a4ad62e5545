"""Undoing a batch: a new batch that takes back, in reverse order, what the entries of an ended one changed."""

from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Ref
from dragoman.domain.bulk import Batch, Method, OnConflict, Origin
from dragoman.domain.errors import Conflict, Invalid
from dragoman.usecases.batches import documents
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.batches.lifecycle import Made, NewBatch
from dragoman.usecases.batches.outcomes import repeats
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.batches.types.resource_types import ResourceType
from dragoman.usecases.uow import UnitOfWork

OPPOSITE = {Method.PATCH: Method.PATCH, Method.POST: Method.DELETE, Method.DELETE: Method.POST}
"""The method that takes back what another did."""


class Undo(msgspec.Struct, frozen=True, kw_only=True):
    """Undo a batch. `given` are options by the names of `Options`; all else is as in the
    batch. Of a trial, which its caller drops, the number of entries is shown."""

    batch: Ref
    on_conflict: OnConflict = OnConflict.FAIL
    review: bool = True
    given: dict[str, Any] = {}
    is_trial: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def undo(uow: UnitOfWork, command: Undo) -> Shown:
    """The new batch. NotFound `batch_not_found`; Conflict `batch_not_ended`, `nothing_to_undo`, `already_undone`,
    `not_undoable`; Invalid `images_gone`, answered 410."""
    original = repeats.ended(uow, command.batch)
    _check(uow, original)
    method = OPPOSITE[original.method]
    made_from = Made(
        Origin.UNDO, original.uid, original.number, {"size": original.size}, on_conflict=command.on_conflict
    )
    order = NewBatch(
        method,
        original.type,
        None if method is Method.POST else _id_key(original),
        None,
        None,
        command.review,
        _changed(original),
        repeats.options(original, command.given),
        made_from=made_from,
    )
    made = batches.create(uow, order).batch
    uow.batches.save(replace(original, undone_by=made.uid, activity=original.activity + 1))
    return repeats.shown(uow, made, is_trial=command.is_trial)


def _check(uow: UnitOfWork, batch: Batch) -> None:
    if not _changed(batch):
        raise Conflict("nothing_to_undo", "The batch changed nothing.")
    until = documents.images_until(uow, batch)
    if until is not None and until <= uow.now:
        raise Invalid("images_gone", "It is too late: what the batch changed is no longer kept.", status=410)
    if batch.undone_by is not None:
        raise Conflict("already_undone", f"The batch {batch.undone_by} undoes this one.", id=batch.undone_by)
    type_ = resource_types.find(batch.type)
    if type_ is None or not _is_undoable(uow, batch, type_):
        raise Conflict("not_undoable", f"Batches of the type {batch.type} can't be undone.")


def _is_undoable(uow: UnitOfWork, batch: Batch, type_: ResourceType) -> bool:
    """Of an outside type: where it is configured, where the type has the opposite method and ids as a key, and where
    the batch stored what it changed."""
    if type_.outside is None:
        return type_.undoing is not None
    table = type_.outside.table
    if not table.undo or OPPOSITE[batch.method] not in table.methods or table.id_key is None:
        return False
    last = [index for index, *_ in uow.batches.sources(batch.number, below=batch.size, limit=1)]
    return bool(last and uow.batches.images(batch.number, last))


def _changed(batch: Batch) -> int:
    """How many entries changed something."""
    return (batch.success or 0) - (batch.unchanged or 0)


def _id_key(batch: Batch) -> str:
    type_ = resource_types.find(batch.type)
    return "id" if type_ is None else type_.id_key
