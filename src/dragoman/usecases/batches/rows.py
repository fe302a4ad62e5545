"""Rows of lists of batches as people read them: a batch with the name of its creator; and the batches that wait for a
decision of the reader's, those whose time is over first."""

from collections.abc import Sequence

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.bulk import Batch
from dragoman.domain.clock import Moment
from dragoman.store.repositories.batch_filters import NEWEST_FIRST, BatchFilter
from dragoman.usecases.batches import pages
from dragoman.usecases.batches.review import reviews
from dragoman.usecases.uow import UnitOfWork

MOST_WAITING = 1_000
"""The most batches that are looked at for a decision."""
NEVER = Moment(2**63 - 1)


class Row(msgspec.Struct, frozen=True):
    """One batch as it is now. `creator` is None for one that the server made, or whose creator is gone."""

    batch: Batch
    creator: str | None


class RowPage(msgspec.Struct, frozen=True):
    """Rows in order. `after` is the position of the next page, None on the last."""

    rows: list[Row]
    after: tuple[int, int] | None


def row_page(uow: UnitOfWork, command: pages.List) -> RowPage:
    """The rows of a page of batches. For readers; the number of statements doesn't depend on that of the rows."""
    page = pages.list_page(uow, command)
    return RowPage(rows(uow, [shown.batch for shown in page.items]), page.after)


def rows(uow: UnitOfWork, found: Sequence[Batch]) -> list[Row]:
    """The rows of these batches, which the reader may see."""
    uow.users.remember(batch.creator for batch in found)
    return [Row(batch, name_of(uow, batch.creator)) for batch in found]


def name_of(uow: UnitOfWork, uid: str | None) -> str | None:
    """The name of a user for people; None where there is no such user."""
    user = None if uid is None else uow.users.find(uid)
    return None if user is None else user.display_name or user.login


class ToReview(msgspec.Struct, frozen=True):
    """The batches that wait for a decision that the principal may take, and hasn't taken. `after` is that of the page
    before."""

    limit: int
    after: tuple[int, int] | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def to_review(uow: UnitOfWork, command: ToReview) -> RowPage:
    """The page, those first whose review is over first. For readers."""
    waiting = _waiting(uow)
    places = [_place(batch) for batch in waiting]
    first = 0 if command.after is None else sum(place <= command.after for place in places)
    page = waiting[first : first + command.limit]
    more = len(waiting) > first + command.limit
    return RowPage(rows(uow, page), _place(page[-1]) if more else None)


class CountToReview(msgspec.Struct, frozen=True):
    """How many batches wait for a decision that the principal may take."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def count_to_review(uow: UnitOfWork, command: CountToReview) -> int:
    """Counted up to MOST_WAITING. For readers."""
    return len(_waiting(uow))


def _waiting(uow: UnitOfWork) -> list[Batch]:
    wanted = BatchFilter((pages.WAITING,), uow.principal)
    found = uow.batches.behind(wanted, NEWEST_FIRST, None, limit=MOST_WAITING)
    present = [batch.as_of(uow.now) for batch in found]
    reviews.load(uow, present)
    return sorted((batch for batch in present if reviews.waits_for(uow, batch)), key=_place)


def _place(batch: Batch) -> tuple[int, int]:
    return batch.decision_due_at() or NEVER, batch.number
