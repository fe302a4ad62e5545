"""Failures of a batch as a list: entries that failed and, once it is stopped, those that were skipped, in their order.

Few entries behind the first one without an outcome can have one: types on other servers do several at once.
"""

from collections.abc import Iterator

from dragoman.domain import bulk_failures
from dragoman.domain.bulk import Batch, Outcome, Status
from dragoman.domain.bulk_failures import FailureCode
from dragoman.usecases.batches.content import payloads
from dragoman.usecases.batches.content.payloads import Content
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.uow import UnitOfWork


def page(uow: UnitOfWork, batch: Batch, *, limit: int, offset: int = 0) -> list[Outcome]:
    """A part of the list, whose length is `batch.unsuccessful`. For readers and exclusive commands."""
    if batch.status is not Status.STOPPED:
        return uow.batches.failures(batch.number, limit=limit, offset=offset)
    behind = {each.index: each for each in uow.batches.outcomes(batch.number, first=batch.cursor, limit=batch.size)}
    ahead = (batch.failure or 0) - sum(each.error is not None for each in behind.values())
    found: list[Outcome] = []
    if offset < ahead:
        found += uow.batches.failures(batch.number, limit=min(limit, ahead - offset), offset=offset)
    done = sorted(index for index, each in behind.items() if each.error is None)
    first = _without(done, batch.cursor + max(0, offset - ahead))
    contents = payloads.Contents(uow, batch)
    for index in _rest(batch, first, set(done), limit - len(found)):
        found.append(behind.get(index) or _skipped(batch, contents.holding(index), index))
    return found


def _without(left_out: list[int], index: int) -> int:
    """The index that stands where `index` would stand if those in order were left out."""
    for each in left_out:
        index += each <= index
    return index


def _rest(batch: Batch, first: int, left_out: set[int], limit: int) -> Iterator[int]:
    for index in range(first, batch.size):
        if limit <= 0:
            return
        if index not in left_out:
            limit -= 1
            yield index


def _skipped(batch: Batch, content: Content | None, index: int) -> Outcome:
    type_ = resource_types.find(batch.type)
    natural = "" if type_ is None else type_.natural_key
    key = None if content is None else content.key(index, batch.field, natural)
    return Outcome(index, key, bulk_failures.stopped(), FailureCode.STOPPED, at=batch.ended_at or batch.modified_at)
