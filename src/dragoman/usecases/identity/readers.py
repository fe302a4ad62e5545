"""How a user reads pages: his own settings, and those of the tenant behind them."""

from typing import NamedTuple

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.people import User
from dragoman.usecases.uow import UnitOfWork


class Reader(NamedTuple):
    """The user, None for the system; the tenant's time zone and language."""

    user: User | None
    zone: str
    language: str | None


class Look(msgspec.Struct, frozen=True):
    def keys(self) -> Exclusive:
        return EXCLUSIVE


def look(uow: UnitOfWork, command: Look) -> Reader:
    """For readers."""
    uid = uow.principal.user
    return Reader(None if uid is None else uow.users.find(uid), uow.home.zone, uow.home.language)
