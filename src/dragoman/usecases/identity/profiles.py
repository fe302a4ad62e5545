"""Profiles: users see their own and each other's, and change their own."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys
from dragoman.domain.errors import Conflict, Forbidden
from dragoman.domain.people import User
from dragoman.usecases.uow import UnitOfWork


class Own(msgspec.Struct, frozen=True):
    def keys(self) -> Keys:
        return Keys()


def own(uow: UnitOfWork, command: Own) -> User:
    """Forbidden for the system principal, which has no profile."""
    user = None if uow.principal.user is None else uow.users.find(uow.principal.user)
    if user is None:
        raise Forbidden("no_profile", f"{uow.principal.login} is not a user.")
    return user


class ChangeOwn(msgspec.Struct, frozen=True):
    """Change the given fields of one's own profile."""

    fields: Mapping[str, Any] = {}

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # an e-mail address must be unique


def change_own(uow: UnitOfWork, command: ChangeOwn) -> User:
    """The changed profile. Conflict for another user's login or e-mail address: both are used to log in."""
    user = own(uow, Own())
    email = command.fields.get("email")
    other = None if email is None else uow.users.by_name(email)
    if other is not None and other.uid != user.uid:
        raise Conflict("email_taken", "Another user has this e-mail address or login.")
    after = replace(user, **command.fields)
    return user if after == user else uow.users.save(replace(after, modified_at=uow.now))


class List(msgspec.Struct, frozen=True):
    def keys(self) -> Exclusive:
        return EXCLUSIVE


def list_all(uow: UnitOfWork, command: List) -> list[User]:
    """The users by login; disabled users are shown to administrators only."""
    return [user for user in uow.users.all() if user.disabled_at is None or uow.principal.is_admin]
