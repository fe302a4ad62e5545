"""People to choose from, by name: for fields of forms that take a person."""

from typing import NamedTuple

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.usecases.uow import UnitOfWork

MOST = 500


class Choice(NamedTuple):
    """A person by login, and by name."""

    login: str
    name: str


class People(msgspec.Struct, frozen=True):
    """Those whom work can be given to, by name; the first ones of very many."""

    limit: int = MOST

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def people(uow: UnitOfWork, command: People) -> list[Choice]:
    """For readers; one statement."""
    return [Choice(login, name) for login, name in uow.names.people(command.limit)]
