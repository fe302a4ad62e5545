"""Retrying a batch: a new batch with the entries of an ended one that failed, or were skipped."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from dragoman.command import EXCLUSIVE, Exclusive, Ref
from dragoman.domain.bulk import Batch, Origin
from dragoman.domain.bulk_failures import FailureCode
from dragoman.domain.errors import Conflict
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.content import payloads
from dragoman.usecases.batches.content.filling import Retried
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.batches.lifecycle import Made, NewBatch
from dragoman.usecases.batches.outcomes import repeats
from dragoman.usecases.batches.outcomes.results import Became
from dragoman.usecases.uow import UnitOfWork


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """Retry entries with these outcomes and codes (none: all). `given` are options by the names of `Options`; all else
    is as in the batch. Of a trial, which its caller drops, the number of entries is shown."""

    batch: Ref
    outcomes: frozenset[Became] = frozenset({Became.FAILURE})
    codes: tuple[str, ...] = ()
    review: bool | UnsetType = UNSET
    given: dict[str, Any] = {}
    is_trial: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def retry(uow: UnitOfWork, command: Retry) -> Shown:
    """The new batch. NotFound `batch_not_found`; Conflict `batch_not_ended`, `nothing_to_retry`."""
    original = repeats.ended(uow, command.batch)
    count = _count(uow, original, command)
    if not count:
        raise Conflict("nothing_to_retry", "No entry of the batch has such an outcome.")
    wanted = Retried(
        original.number,
        original.uid,
        original.size,
        original.cursor,
        original.status,
        command.outcomes,
        command.codes,
    )
    shared = payloads.shared_of(uow, original)
    order = NewBatch(
        original.method,
        original.type,
        original.field,
        None,
        None if shared is None else bytes(shared).decode(),
        original.review if command.review is UNSET else command.review,
        count,
        repeats.options(original, command.given),
        made_from=Made(Origin.RETRY, original.uid, original.number, wanted.as_args()),
    )
    return repeats.shown(uow, batches.create(uow, order).batch, is_trial=command.is_trial)


def _count(uow: UnitOfWork, batch: Batch, command: Retry) -> int:
    """How many entries fit. Only those with certain codes are counted from rows."""
    failed = skipped = 0
    if Became.FAILURE in command.outcomes:
        failed = uow.batches.count_failed(batch.number, command.codes) if command.codes else batch.failure or 0
    if Became.SKIPPED in command.outcomes and (not command.codes or FailureCode.STOPPED in command.codes):
        skipped = batch.skipped or 0
    return failed + skipped
