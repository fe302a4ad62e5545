"""Lists of batches: filtered by columns and by the data of each batch, sorted, paged."""

import secrets
from collections.abc import Callable

import msgspec

from dragoman.domain.bulk import Batch
from dragoman.domain.errors import Invalid
from dragoman.domain.limits import PAGE_BYTES
from dragoman.store.repositories.batch_filters import (
    NEWEST_FIRST,
    BatchFilter,
    BatchSort,
    Column,
    Condition,
    Operator,
    Value,
)
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.content import payloads
from dragoman.usecases.uow import UnitOfWork

__all__ = [
    "NEWEST_FIRST",
    "BatchSort",
    "Column",
    "Condition",
    "DataOf",
    "Found",
    "Matches",
    "Operator",
    "Value",
    "Wanted",
    "find",
]

MOST_LOOKED_AT = 10_000
MOST_CHARACTERS = 256 * 2**20

DataOf = Callable[[Batch], str | None]
"""Returns the data of a batch as JSON text, or None."""

Matches = Callable[[Batch, DataOf], bool]
"""A condition that needs the data of a batch."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A request for one page. `sort` None is random order. `after` and `before` are uids; at most one is set, and
    neither with an offset. `with_…` select parts of the views."""

    conditions: tuple[Condition, ...] = ()
    matches: Matches | None = None
    sort: BatchSort | None = NEWEST_FIRST
    limit: int
    offset: int = 0
    after: str | None = None
    before: str | None = None
    with_payload: bool = True
    with_failures: bool = True


class Found(msgspec.Struct, frozen=True):
    """One page. `first` is the index of its first item in the list, `total` the length of the list."""

    items: list[batches.BatchView]
    first: int
    total: int


def find(uow: UnitOfWork, wanted: Wanted) -> Found:
    """The page. With payloads it ends early where it would hold more than PAGE_BYTES.

    Invalid `edge_not_found` when `after` or `before` name no batch, and `filter_too_wide` when the reply would take too
    long.
    """
    ready = BatchFilter(wanted.conditions, uow.principal)
    page, first, total = _looked_at(uow, wanted, ready) if wanted.matches else _selected(uow, wanted, ready)
    if wanted.with_payload:
        whole = page
        page = _bounded(uow, whole) if wanted.before is None else _bounded(uow, whole[::-1])[::-1]
        first += len(whole) - len(page) if wanted.before is not None else 0
        uow.payloads.load([batch.uid for batch in page])
    seen = [
        batches.view(uow, batch, with_payload=wanted.with_payload, with_failures=wanted.with_failures) for batch in page
    ]
    return Found(seen, first, total)


def _bounded(uow: UnitOfWork, page: list[Batch]) -> list[Batch]:
    """The first of these batches whose payloads fit in a page; always one, so that the list goes on."""
    sizes, used = payloads.sizes(uow, [batch.uid for batch in page]), 0
    for place, batch in enumerate(page):
        used += sizes.get(batch.uid, 0)
        if used > PAGE_BYTES and place > 0:
            return page[:place]
    return page


def _selected(uow: UnitOfWork, wanted: Wanted, ready: BatchFilter) -> tuple[list[Batch], int, int]:
    """A page found by columns alone."""
    if wanted.sort is None:
        return _shuffled(uow, wanted, uow.batches.numbers(ready))
    total = uow.batches.count(ready)
    edge = _edge(uow, wanted)
    after = edge if wanted.after is not None else None
    before = edge if wanted.before is not None else None
    page = uow.batches.page(ready, wanted.sort, limit=wanted.limit, offset=wanted.offset, after=after, before=before)
    if edge is None:
        return page, wanted.offset, total
    if before is None:
        return page, total - uow.batches.count(ready, wanted.sort, after=edge), total
    behind = uow.batches.count(ready, wanted.sort, after=page[-1]) if page else total
    return page, total - behind - len(page), total


def _looked_at(uow: UnitOfWork, wanted: Wanted, ready: BatchFilter) -> tuple[list[Batch], int, int]:
    """A page with a condition on data. Reads the list to its end to count the total."""
    sort = wanted.sort or NEWEST_FIRST
    candidates = uow.batches.count(ready)
    if candidates > MOST_LOOKED_AT:
        raise Invalid("filter_too_wide", f"{candidates} tasks would have to be read: add a condition")
    data_of = _Reader(uow)
    assert wanted.matches is not None  # noqa: S101 - checked by the caller
    matching = [each for each in uow.batches.all(ready, sort, most=MOST_LOOKED_AT) if wanted.matches(each, data_of)]
    if wanted.sort is None:
        return _shuffled(uow, wanted, [each.number for each in matching])
    edge = _edge(uow, wanted)
    first = wanted.offset
    if edge is not None:
        place = next((place for place, each in enumerate(matching) if each.number == edge.number), None)
        if place is None:
            place = sum(1 for each in matching if _precedes(sort, each, edge))
        else:
            place += wanted.after is not None
        first = place if wanted.after is not None else max(0, place - wanted.limit)
        until = first + wanted.limit if wanted.after is not None else place
        return matching[first:until], first, len(matching)
    return matching[first : first + wanted.limit], first, len(matching)


def _precedes(sort: BatchSort, one: Batch, other: Batch) -> bool:
    mine, its = sort.value(one), sort.value(other)
    if mine == its:
        return one.number > other.number
    return bool(mine > its) if sort.descending else bool(mine < its)


def _shuffled(uow: UnitOfWork, wanted: Wanted, numbers: list[int]) -> tuple[list[Batch], int, int]:
    left = max(0, len(numbers) - wanted.offset)
    drawn = secrets.SystemRandom().sample(numbers, min(wanted.limit, left))
    uow.batches.load(drawn)
    page = [batch for number in drawn if (batch := uow.batches.find(number)) is not None]
    return page, wanted.offset, len(numbers)


def _edge(uow: UnitOfWork, wanted: Wanted) -> Batch | None:
    """The batch that `after` or `before` names."""
    uid = wanted.after if wanted.after is not None else wanted.before
    if uid is None:
        return None
    edge = batches.find(uow, uid)
    if edge is None:
        name = "after" if wanted.after is not None else "before"
        raise Invalid("edge_not_found", f"{name} names no task", parameter=name)
    return edge


class _Reader:
    """Reads the data of batches, up to a limit of bytes."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._left = MOST_CHARACTERS

    def __call__(self, batch: Batch) -> str | None:
        text = payloads.data_of(self._uow, batch.uid)
        self._left -= len(text or "")
        if self._left < 0:
            raise Invalid("filter_too_wide", "the data of too many tasks would have to be read: add a condition")
        return text
