"""Results: what became of each entry, in the order of the entries, with its entry and data; and failures in groups.

Rows never change. While a batch runs there are those ahead of the first entry without an outcome; once it is stopped
the entries without an outcome have rows as well, `skipped`.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Ref
from dragoman.domain import bulk_failures, failure_groups
from dragoman.domain.bulk import CHUNK, Batch, BatchDetail, FailureGroup, Method, Status
from dragoman.domain.bulk_failures import FailureCode
from dragoman.domain.clock import Moment
from dragoman.domain.limits import PAGE_BYTES
from dragoman.store.repositories.batches import Recorded
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.content import payloads
from dragoman.usecases.uow import UnitOfWork

MOST_CHUNKS = 1_000
"""Chunks that are read for one page at most: failures may be far from each other."""


class Became(StrEnum):
    """What became of an entry."""

    SUCCESS = "success"
    FAILURE = "failure"
    SKIPPED = "skipped"


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row, its members in the order in which they are shown. `at` is a moment, or its text (`Read.moment`)."""

    index: int
    entry: msgspec.Raw | None
    data: msgspec.Raw | None
    outcome: Became
    unchanged: bool
    object: str | None
    error: msgspec.Raw | None
    at: str


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """Read rows behind the index `after`. No outcomes, or no codes: all of them. `moment` makes the text of moments."""

    batch: Ref
    moment: Callable[[Moment], str]
    outcomes: frozenset[Became] = frozenset()
    codes: tuple[str, ...] = ()
    limit: int
    after: int = -1
    max_bytes: int = PAGE_BYTES

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Page(msgspec.Struct, frozen=True):
    """Rows; `after` is the last one's index where more may follow."""

    batch: Batch
    rows: list[Row]
    after: int | None


def read(uow: UnitOfWork, command: Read) -> Page:
    """A page. It ends early before its entries and data exceed `max_bytes`. NotFound `batch_not_found`."""
    batch = batches.get(uow, command.batch)
    rows, more = rows_of(uow, batch, command, payloads.shared_of(uow, batch))
    return Page(batch, rows, rows[-1].index if more and rows else None)


def rows_of(uow: UnitOfWork, batch: Batch, command: Read, shared: msgspec.Raw | None) -> tuple[list["Row"], bool]:
    """The rows of a page of this batch, and whether there are more. `shared` is the data that all entries share."""
    found = outcomes(uow, batch, command)
    rows, is_cut = _rows(uow, batch, found[: command.limit], command, shared)
    return rows, is_cut or len(found) > len(rows)


Outcome_ = tuple[int, str | None, bool, str | None, Moment]
"""Index, error, unchanged, object and moment of an outcome."""


def outcomes(uow: UnitOfWork, batch: Batch, command: Read) -> list[Outcome_]:
    """The outcomes of a page, and one more if there is one."""
    limit, first = command.limit + 1, command.after + 1
    wanted = command.outcomes or frozenset(Became)
    has_skipped = batch.status is Status.STOPPED and Became.SKIPPED in wanted
    has_skipped = has_skipped and (not command.codes or FailureCode.STOPPED in command.codes)
    below = batch.cursor if has_skipped or not batch.has_ended else batch.size
    found = list(_recorded(uow, batch, command, wanted, first, below, limit))
    if has_skipped and len(found) < limit:
        known = _recorded(uow, batch, command, wanted, max(first, below), batch.size, limit - len(found))
        found += _with_skipped(uow, batch, list(known), max(first, below), limit - len(found))
    return found


def _recorded(
    uow: UnitOfWork, batch: Batch, command: Read, wanted: frozenset[Became], first: int, below: int, limit: int
) -> Iterable[Outcome_]:
    kinds = {Became.SUCCESS, Became.FAILURE} & wanted
    if command.codes:
        kinds.discard(Became.SUCCESS)
    if not kinds or first >= below:
        return ()
    is_failed = None if len(kinds) == 2 else Became.FAILURE in kinds
    rows: Iterable[Outcome_] = uow.batches.recorded(
        batch.number, Recorded(first, below, is_failed, command.codes), limit=limit
    )
    return rows


def _with_skipped(uow: UnitOfWork, batch: Batch, known: list[Outcome_], first: int, limit: int) -> list[Outcome_]:
    """Entries from an index on: those with an outcome that is wanted, and those without any."""
    error, at = bulk_failures.stopped(), batch.ended_at or batch.modified_at
    wanted = {row[0]: row for row in known}
    found: list[Outcome_] = []
    while first < batch.size and len(found) < limit:
        window = range(first, min(first + CHUNK, batch.size))
        others = {row[0] for row in uow.batches.recorded(batch.number, Recorded(first, window.stop), limit=CHUNK)}
        for index in window:
            if index in wanted:
                found.append(wanted[index])
            elif index not in others:
                found.append((index, error, False, None, at))
        first = window.stop
    return found[:limit]


def _rows(
    uow: UnitOfWork, batch: Batch, found: Sequence[Outcome_], command: Read, shared: msgspec.Raw | None
) -> tuple[list[Row], bool]:
    """The rows of outcomes, and whether there are more than fit."""
    is_sparse = bool(command.outcomes or command.codes)
    skipped = bulk_failures.stopped()
    texts, chunks, used = payloads.NONE, 0, 0
    moments: dict[Moment, str] = {}
    rows: list[Row] = []
    for index, error, unchanged, object_, at in found:
        if index >= texts.stop:
            texts, chunks = payloads.texts_of(uow.chunks.holding(batch.uid, index), shared), chunks + 1
        entry, data = texts.entry(index), texts.data(index)
        if is_sparse:  # a few rows must not keep all their chunks in memory
            entry, data = _copy(entry), _copy(data)
            used += _size(entry) + _size(data)
        else:
            used += texts.average
        if (used > command.max_bytes or chunks > MOST_CHUNKS) and rows:
            return rows, True
        moment = moments.get(at)
        if moment is None:
            moment = moments[at] = command.moment(at)
        became = Became.SUCCESS if error is None else Became.SKIPPED if error == skipped else Became.FAILURE
        raw = None if error is None else msgspec.Raw(error.encode())
        rows.append(Row(index, entry, data, became, bool(unchanged), object_, raw, moment))
    return rows, False


def _copy(text: msgspec.Raw | None) -> msgspec.Raw | None:
    return None if text is None else text.copy()


def _size(text: msgspec.Raw | None) -> int:
    return 0 if text is None else len(memoryview(text))


class Columns(msgspec.Struct, frozen=True):
    """Find the members of the data of up to so many chunks, from the entry `first` on."""

    batch: Ref
    first: int
    chunks: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Members(msgspec.Struct, frozen=True):
    """The data of some entries as JSON texts, and the first entry of the next ones; None at the end."""

    batch: Batch
    data: list[msgspec.Raw]
    first: int | None


def members(uow: UnitOfWork, command: Columns) -> Members:
    """The data of the entries of some chunks, each different one once. NotFound `batch_not_found`."""
    batch = batches.get(uow, command.batch)
    shared = payloads.shared_of(uow, batch)
    if shared is not None or batch.method is Method.DELETE:
        return Members(batch, [] if shared is None else [shared], None)
    data: dict[bytes, msgspec.Raw] = {}
    for place, chunk in enumerate(uow.chunks.of(batch.uid, first=command.first)):
        if place == command.chunks:
            return Members(batch, list(data.values()), chunk.first)
        data.update((bytes(raw), raw) for raw in payloads.raws(chunk.data))
    return Members(batch, list(data.values()), None)


class Failures(msgspec.Struct, frozen=True):
    """Read the failures of a batch in groups."""

    batch: Ref

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Group(msgspec.Struct, frozen=True):
    """Equal failures, and the first of their entries with their indexes."""

    group: FailureGroup
    examples: tuple[tuple[int, msgspec.Raw | None], ...]


class Grouped(msgspec.Struct, frozen=True):
    """The largest groups of a batch, and how many failures are in none of them."""

    groups: tuple[Group, ...]
    other: int


def failures(uow: UnitOfWork, command: Failures) -> Grouped:
    """As they were counted during the run. NotFound `batch_not_found`."""
    batch = batches.get(uow, command.batch)
    detail = uow.batch_details.find(batch.uid) or BatchDetail(batch.tenant, batch.uid)
    groups, other = failure_groups.shown(detail)
    entries = _entries(uow, batch, sorted({index for group in groups for index in group.examples}))
    return Grouped(
        tuple(Group(group, tuple((index, entries[index]) for index in group.examples)) for group in groups),
        other,
    )


def _entries(uow: UnitOfWork, batch: Batch, indexes: Sequence[int]) -> dict[int, msgspec.Raw | None]:
    """The entries of these indexes, which are in order."""
    texts, found = payloads.NONE, {}
    for index in indexes:
        if index >= texts.stop:
            texts = payloads.texts_of(uow.chunks.holding(batch.uid, index), None)
        found[index] = _copy(texts.entry(index))
    return found
