"""Aliases: ids of users in other systems. Such an id finds a user only through an alias."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.errors import Conflict, NotFound
from dragoman.domain.people import Alias, User
from dragoman.usecases.uow import UnitOfWork


class AddAlias(msgspec.Struct, frozen=True):
    """Add an alias to a user."""

    login: str
    dialect: str
    alias: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # a login is found by a condition


def add_alias(uow: UnitOfWork, command: AddAlias) -> Alias:
    """NotFound for an unknown user; Conflict for another user's alias. Adding it again changes nothing."""
    user = _user(uow, command.login)
    known = uow.aliases.find((command.dialect, command.alias), Lock.CHANGE)
    if known is None:
        return uow.aliases.add(Alias(uow.tenant, command.dialect, command.alias, user.uid, uow.now))
    if known.user != user.uid:
        raise Conflict("alias_taken", f"{command.alias} is an alias of another user in {command.dialect}.")
    return known


class RemoveAlias(msgspec.Struct, frozen=True):
    """Remove an alias from a user."""

    login: str
    dialect: str
    alias: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def remove_alias(uow: UnitOfWork, command: RemoveAlias) -> Alias:
    """NotFound when the user has no such alias."""
    user = _user(uow, command.login)
    known = uow.aliases.find((command.dialect, command.alias), Lock.CHANGE)
    if known is None or known.user != user.uid:
        raise NotFound("alias_not_found", f"{command.login} has no alias {command.alias} in {command.dialect}.")
    uow.aliases.remove(known)
    return known


class ListAliases(msgspec.Struct, frozen=True):
    """The aliases of one user, or of all."""

    login: str | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def list_aliases(uow: UnitOfWork, command: ListAliases) -> list[tuple[str, Alias]]:
    """Pairs of login and alias, sorted by login, dialect and alias. NotFound for an unknown login."""
    if command.login is not None:
        _user(uow, command.login)
    logins = {user.uid: user.login for user in uow.users.all()}
    found = [(logins.get(alias.user, alias.user), alias) for alias in uow.aliases.all()]
    mine = (each for each in found if command.login in (None, each[0]))
    return sorted(mine, key=lambda each: (each[0], each[1].dialect, each[1].alias))


def _user(uow: UnitOfWork, login: str) -> User:
    user = uow.users.by_login(login)
    if user is None:
        raise NotFound("user_not_found", f"There is no user {login}.")
    return user
