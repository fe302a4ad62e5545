"""Where a page of rows begins that is named by its offset, and how many rows there are: of previews and of results."""

import msgspec

from dragoman.domain.bulk import Batch, Effect, Status
from dragoman.domain.bulk_failures import FailureCode
from dragoman.store.repositories.batches import Recorded
from dragoman.usecases.batches.outcomes.results import Became
from dragoman.usecases.uow import UnitOfWork


class Place(msgspec.Struct, frozen=True):
    """The index from which a page is read, and the number of rows of all pages."""

    index: int
    total: int


def previewed(batch: Batch, effects: tuple[Effect, ...]) -> int:
    """How many rows of a preview have one of these effects; none: all of them."""
    if batch.summary is None:
        return 0
    return sum(getattr(batch.summary, effect) for effect in effects) if effects else batch.summary.total


def in_preview(uow: UnitOfWork, batch: Batch, effects: tuple[Effect, ...], offset: int) -> int:
    """The index of the row at this offset; behind the last one where there is none."""
    if not effects or offset == 0:
        return offset
    index = uow.previews.nth(batch.number, effects, offset)
    return batch.size if index is None else index


def in_results(
    uow: UnitOfWork, batch: Batch, outcomes: frozenset[Became], codes: tuple[str, ...], offset: int
) -> Place:
    """The place of the result at this offset, behind the last one where there is none. For readers."""
    if not outcomes and not codes:
        return Place(offset, (batch.settled or 0) if batch.has_ended else batch.cursor)
    wanted = outcomes or frozenset(Became)
    recorded = _recorded(batch, wanted, codes)
    count = 0 if recorded is None else uow.batches.count_recorded(batch.number, recorded)
    skipped = _skipped(batch, wanted, codes)
    if offset == 0 or not skipped:
        index = None if recorded is None else uow.batches.nth_recorded(batch.number, recorded, offset)
        return Place(0 if offset == 0 else batch.size if index is None else index, count + skipped)
    return Place(_among_skipped(uow, batch, recorded, offset), count + skipped)


def _recorded(batch: Batch, wanted: frozenset[Became], codes: tuple[str, ...]) -> Recorded | None:
    """The outcomes that are shown; None for none."""
    kinds = {Became.SUCCESS, Became.FAILURE} & wanted
    if codes:
        kinds.discard(Became.SUCCESS)
    if not kinds:
        return None
    is_failed = None if len(kinds) == 2 else Became.FAILURE in kinds
    return Recorded(0, batch.size if batch.has_ended else batch.cursor, is_failed, codes)


def _skipped(batch: Batch, wanted: frozenset[Became], codes: tuple[str, ...]) -> int:
    is_wanted = Became.SKIPPED in wanted and (not codes or FailureCode.STOPPED in codes)
    return (batch.skipped or 0) if batch.status is Status.STOPPED and is_wanted else 0


def _among_skipped(uow: UnitOfWork, batch: Batch, recorded: Recorded | None, offset: int) -> int:
    """The index at an offset where skipped entries are shown: all behind the first one without an outcome, but for few
    that have an outcome which isn't wanted."""
    ahead = None if recorded is None else msgspec.structs.replace(recorded, below=batch.cursor)
    count = 0 if ahead is None else uow.batches.count_recorded(batch.number, ahead)
    if ahead is not None and offset < count:
        return uow.batches.nth_recorded(batch.number, ahead, offset) or 0
    behind = Recorded(batch.cursor, batch.size)
    every = {row[0] for row in uow.batches.recorded(batch.number, behind, limit=batch.size)}
    shown = set()
    if recorded is not None:
        mine = msgspec.structs.replace(recorded, first=batch.cursor)
        shown = {row[0] for row in uow.batches.recorded(batch.number, mine, limit=batch.size)}
    index = batch.cursor + offset - count
    for each in sorted(every - shown):
        index += each <= index
    return index
