"""Changes of a user by an administrator, and of one's own profile."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.access import require_admin
from dragoman.domain.errors import Forbidden, StaleVersion
from dragoman.domain.people import User, UserRole, with_roles
from dragoman.usecases import preconditions
from dragoman.usecases.identity import memberships, profiles, references
from dragoman.usecases.identity.adding import ceiling, readdressed, renamed
from dragoman.usecases.identity.last_administrator import kept
from dragoman.usecases.preconditions import Revisions
from dragoman.usecases.uow import UnitOfWork


class ChangeUser(msgspec.Struct, frozen=True):
    """Change the given fields. `groups` are ids or names, `owner` an id or login; with `is_admin` the role is added.

    `take_roles` are roles to take away, for commands that name only these.
    """

    person: str
    fields: Mapping[str, Any] = {}
    roles: tuple[str, ...] | UnsetType = UNSET
    groups: tuple[str, ...] | UnsetType = UNSET
    owner: str | UnsetType | None = UNSET
    is_admin: bool = False
    give_roles: tuple[str, ...] = ()
    take_roles: tuple[str, ...] = ()
    revisions: Revisions | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def change_user(uow: UnitOfWork, command: ChangeUser) -> User:
    """The changed user. For administrators.

    Conflict as for an addition, and `last_administrator`. StaleVersion, see `preconditions`.
    """
    require_admin(uow.principal)
    user = references.held(uow, command.person)
    check_revision(uow, user, command.revisions, _written(command))
    with kept(uow):
        after = _with_fields(uow, user, command.fields)
        after = with_roles(after, _roles(user, command))
        if command.owner is not UNSET:
            after = replace(after, owner=references.owner(uow, user.kind, command.owner))
        saved = saved_if_changed(uow, user, after)
        if command.groups is not UNSET:
            saved = memberships.set_groups(uow, saved, references.groups(uow, command.groups))
    return saved


class ChangeOwn(msgspec.Struct, frozen=True):
    """Change the given fields of one's own profile."""

    fields: Mapping[str, Any] = {}
    revisions: Revisions | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # an e-mail address must be unique


def change_own(uow: UnitOfWork, command: ChangeOwn) -> User:
    """The changed profile. Conflict for another user's login or e-mail address: both are used to log in."""
    uid = uow.principal.user
    user = None if uid is None else uow.users.find(uid, Lock.CHANGE)
    if user is None:
        raise Forbidden("no_profile", f"{uow.principal.login} is not a user.")
    check_revision(uow, user, command.revisions, frozenset(command.fields))
    return saved_if_changed(uow, user, _with_fields(uow, user, command.fields))


def check_revision(
    uow: UnitOfWork, user: User, revisions: Revisions | None, written: frozenset[str] | None = None
) -> None:
    """StaleVersion, with the present document, as `preconditions.check` raises it."""
    try:
        preconditions.check(uow, "user", user, revisions, written)
    except StaleVersion as stale:
        raise StaleVersion(stale.code, stale.message, profiles.profile(uow, user), **stale.parameters) from None


def saved_if_changed(uow: UnitOfWork, before: User, after: User) -> User:
    """The user as saved; the same as before where nothing differs."""
    return before if after == before else uow.users.save(replace(after, modified_at=uow.now))


def _with_fields(uow: UnitOfWork, user: User, fields: Mapping[str, Any]) -> User:
    plain = {name: value for name, value in fields.items() if name not in ("login", "email")}
    if "scopes" in plain and plain["scopes"] != user.scopes:  # words of before may stay
        plain["scopes"] = ceiling(plain["scopes"])
    after = replace(user, **plain)
    if "login" in fields:
        after = renamed(uow, after, fields["login"])
    if "email" in fields:
        after = readdressed(uow, after, fields["email"])
    return after


def _roles(user: User, command: ChangeUser) -> tuple[str, ...]:
    named = user.roles if command.roles is UNSET else command.roles
    added = (*command.give_roles, *([UserRole.ADMINISTRATOR] if command.is_admin else ()))
    return tuple(role for role in (*named, *added) if role not in command.take_roles)


def _written(command: ChangeUser) -> frozenset[str]:
    written = set(command.fields)
    if command.roles is not UNSET or command.is_admin or command.give_roles or command.take_roles:
        written |= {"roles", "is_admin"}
    written |= {name for name in ("groups", "owner") if getattr(command, name) is not UNSET}
    return frozenset(written)
