"""Users: who am I, and who else is there (page, 13)."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.kit import Request
from dragoman.dialects.onlyoffice_crm.problems import not_found
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.domain.people import User
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.identity import profiles
from dragoman.usecases.uow import UnitOfWork


class Everybody(msgspec.Struct, frozen=True):
    """The users who may act."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class One(msgspec.Struct, frozen=True):
    """A user by id or user name."""

    name: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_self(request: Request) -> profiles.Own:
    """GET people/@self."""
    if request.body:
        gather(request)
    return profiles.Own()


def parse_list(request: Request) -> Everybody:
    """GET people."""
    return Everybody()


def everybody(uow: UnitOfWork, command: Everybody) -> list[User]:
    """By user name; without those who are shut out."""
    return persons.enabled(uow)


def parse_one(request: Request) -> One:
    """GET people/{user}."""
    return One(gather(request).text("user") or "")


def one(uow: UnitOfWork, command: One) -> User:
    """The person, disabled or not, since tasks may still show the name. NotFound for all others."""
    user = persons.by_name(uow, command.name)
    if user is None:
        raise not_found("User not found")
    return user
