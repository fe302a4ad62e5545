"""Looking up users and groups: by id, login, or e-mail address. Names of a dialect: see `names`."""

from collections.abc import Iterable

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.limits import uuid_of
from dragoman.domain.people import Group, User, UserKind
from dragoman.usecases.uow import UnitOfWork

UNKNOWN = "does not match a user"
DISABLED = "is a disabled user"


def is_uid(name: str) -> bool:
    """Whether the name is a uid, in either case. A command with a login instead must be exclusive."""
    return uuid_of(name) is not None


def by_id_or_login(uow: UnitOfWork, name: str) -> User | None:
    """The user with this id or login, or None."""
    uid = uuid_of(name)
    return uow.users.by_login(name) if uid is None else uow.users.find(uid)


def is_assignable(user: User, present: str | None) -> bool:
    """Whether work may be assigned to the user: a disabled user only keeps it (`present` is the present assignee)."""
    return user.disabled_at is None or user.uid == present


def assignable(uow: UnitOfWork, name: str, present: str | None = None) -> str:
    """The id of the user of this id or login. Invalid for an unknown and for a disabled one.

    `present`, the present assignee, is always accepted: clients may send back what they read.
    """
    if present is not None and uuid_of(name) == present:
        return present
    user = require(uow, name)
    if not is_assignable(user, present):
        raise bad_assignee(DISABLED)
    return user.uid


def require(uow: UnitOfWork, name: str) -> User:
    """The user of this id or login. Invalid for an unknown one."""
    user = by_id_or_login(uow, name)
    if user is None:
        raise bad_assignee(UNKNOWN)
    return user


def bad_assignee(why: str) -> Invalid:
    """The error for an assignee who can't be assigned."""
    return Invalid("bad_reference", f"assignee {why}.", (Problem("/assignee", "not_assignable", why),), status=409)


def find(uow: UnitOfWork, uid: str | None) -> User | None:
    """The user of this id, disabled or not; None for no user."""
    return None if uid is None else uow.users.find(uid)


def by_login(uow: UnitOfWork, login: str) -> User | None:
    """The user of this login. For exclusive commands and readers."""
    return uow.users.by_login(login)


def by_name(uow: UnitOfWork, name: str) -> User | None:
    """The user of this id, login or e-mail address, in either case. For exclusive commands and readers."""
    uid = uuid_of(name)
    return uow.users.by_name(name) if uid is None else uow.users.find(uid)


def enabled(uow: UnitOfWork) -> list[User]:
    """The persons who may log in."""
    return [user for user in uow.users.all() if user.disabled_at is None and user.kind is UserKind.PERSON]


def persons(uow: UnitOfWork) -> list[User]:
    """The persons, disabled ones too, but no deleted ones."""
    return [user for user in uow.users.all() if user.deleted_at is None and user.kind is UserKind.PERSON]


def find_group(uow: UnitOfWork, uid: str) -> Group | None:
    """The group of this id."""
    return uow.groups.find(uid)


def all_holders(uow: UnitOfWork) -> tuple[list[str], list[str]]:
    """The ids of all users, deleted ones too, and of all groups. For exclusive commands and readers."""
    return [user.uid for user in uow.users.all()], sorted(uow.groups.names())


def group_by_id_or_name(uow: UnitOfWork, name: str) -> Group | None:
    """The group of this id or name, letters of either case. For exclusive commands and readers."""
    uid = uuid_of(name)
    return (None if uid is None else uow.groups.find(uid)) or uow.groups.by_name(name)


def group_by_name(uow: UnitOfWork, name: str) -> Group | None:
    """The group of this name. For exclusive commands and readers."""
    return uow.groups.by_name(name)


def load(uow: UnitOfWork, users: Iterable[str | None]) -> None:
    """Read several users with one statement at most, for later calls of `find`."""
    uow.users.remember(users)


class Offered(msgspec.Struct, frozen=True):
    """The users who are offered where one is chosen: at most `limit`, by login."""

    limit: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def offered(uow: UnitOfWork, command: Offered) -> list[tuple[str, str]]:
    """Login and name of persons who may sign in."""
    users = sorted(enabled(uow), key=lambda user: user.login)
    return [(user.login, user.display_name) for user in users[: command.limit]]


class Exists(msgspec.Struct, frozen=True):
    """Whether there is a user of this id or login."""

    name: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def exists(uow: UnitOfWork, command: Exists) -> bool:
    """A deleted user is none any more."""
    user = by_id_or_login(uow, command.name)
    return user is not None and user.deleted_at is None
