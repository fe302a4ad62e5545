"""When and by which dialect tokens were used last, stored behind the requests: no version and no history of it."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.clock import later
from dragoman.usecases.uow import UnitOfWork


class MarkUsed(msgspec.Struct, frozen=True):
    """The hashes of tokens that were just used, by dialect."""

    uses: dict[str, list[str]]
    seen_seconds: float

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def mark_used(uow: UnitOfWork, command: MarkUsed) -> None:
    """Nothing for tokens whose use another node has stored within `seen_seconds`."""
    before = later(uow.now, seconds=-command.seen_seconds)
    for dialect, hashes in command.uses.items():
        uow.tokens.mark_used(hashes, dialect, uow.now, before)
