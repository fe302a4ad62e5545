"""When and by which dialect tokens were used last, and on which day users were here, stored behind the requests: no
version and no history of it."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.clock import TICKS_PER_SECOND, Moment, later
from dragoman.usecases.uow import UnitOfWork

DAY_TICKS = 86_400 * TICKS_PER_SECOND


class MarkUsed(msgspec.Struct, frozen=True):
    """The hashes of tokens that were just used, by dialect, and the ids of users who made requests."""

    tokens: dict[str, list[str]]
    seen_seconds: float
    users: tuple[str, ...] = ()

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def mark_used(uow: UnitOfWork, command: MarkUsed) -> None:
    """Nothing for tokens whose use another node has stored within `seen_seconds`, and users who were here today."""
    before = later(uow.now, seconds=-command.seen_seconds)
    for dialect, hashes in command.tokens.items():
        uow.tokens.mark_used(sorted(hashes), dialect, uow.now, before)
    uow.users.mark_seen(sorted(command.users), Moment(uow.now - uow.now % DAY_TICKS))
