"""The counts beside the lists of the inbox, each counted up to a bound."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.view import View
from dragoman.usecases.batches import rows as batches
from dragoman.usecases.inbox import lists, search, views
from dragoman.usecases.uow import UnitOfWork

REVIEW = "review"


class Count(msgspec.Struct, frozen=True):
    """Count again. `known` are counts of lists that are new."""

    known: dict[str, int] = {}

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Counted(msgspec.Struct, frozen=True):
    """List -> how many of its tasks the principal may see, up to `search.COUNTED`; and his saved views."""

    counts: dict[str, int]
    views: list[View]


def count(uow: UnitOfWork, command: Count) -> Counted:
    """What the frame shows. For readers."""
    found = dict(command.known)
    missing = [name for name in lists.COUNTED_LISTS if name not in found]
    counted = search.counts(uow, [], [lists.conditions(name, uow.principal) for name in missing])
    found |= dict(zip(missing, counted, strict=True))
    found[REVIEW] = batches.count_to_review(uow, batches.CountToReview())
    return Counted(found, views.list_views(uow, views.ListViews()))
