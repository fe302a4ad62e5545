"""The counts beside the lists of the inbox, each counted up to a bound."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.usecases.batches import rows as batches
from dragoman.usecases.inbox import lists, search
from dragoman.usecases.uow import UnitOfWork

REVIEW = "review"


class Count(msgspec.Struct, frozen=True):
    """Count again. `known` are counts of lists that are new."""

    known: dict[str, int] = {}

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def count(uow: UnitOfWork, command: Count) -> dict[str, int]:
    """List -> how many of its tasks the principal may see, up to `search.COUNTED`. For readers."""
    found = dict(command.known)
    missing = [name for name in lists.COUNTED_LISTS if name not in found]
    counted = search.counts(uow, [(lists.conditions(name, uow.principal), ()) for name in missing])
    return (
        found
        | dict(zip(missing, counted, strict=True))
        | {REVIEW: batches.count_to_review(uow, batches.CountToReview())}
    )
