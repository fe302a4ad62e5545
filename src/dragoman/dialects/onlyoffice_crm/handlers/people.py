"""Users: who am I, and who else is there (page, 13)."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.kit import Request
from dragoman.dialects.onlyoffice_crm.handlers.references import user_of
from dragoman.dialects.onlyoffice_crm.problems import not_found
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.identity import profiles, standing
from dragoman.usecases.identity.standing import Standing
from dragoman.usecases.uow import UnitOfWork


class Everybody(msgspec.Struct, frozen=True):
    """The users who may act."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class One(msgspec.Struct, frozen=True):
    """A user by id, alias or user name."""

    name: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Self(msgspec.Struct, frozen=True):
    """The caller."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # who the owner is shows only among all


def parse_self(request: Request) -> Self:
    """GET people/@self."""
    if request.body:
        gather(request)
    return Self()


def own(uow: UnitOfWork, command: Self) -> Standing:
    """The caller's own profile."""
    [found] = standing.of(uow, [profiles.own(uow, profiles.Own())])
    return found


def parse_list(request: Request) -> Everybody:
    """GET people."""
    return Everybody()


def everybody(uow: UnitOfWork, command: Everybody) -> list[Standing]:
    """By user name; without those who are shut out, and without service accounts."""
    return standing.of(uow, persons.enabled(uow))


def parse_one(request: Request) -> One:
    """GET people/{user}."""
    return One(gather(request).text("user") or "")


def one(uow: UnitOfWork, command: One) -> Standing:
    """The person, disabled or not, since tasks may still show the name. NotFound for all others."""
    user = persons.by_name(uow, command.name) or user_of(uow, command.name)
    if user is None or user.deleted_at is not None:
        raise not_found("User not found")
    [found] = standing.of(uow, [user])
    return found
