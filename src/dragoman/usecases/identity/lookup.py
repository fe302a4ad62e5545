"""Finding the user that a client names: by id, by login, or by an alias of its dialect."""

from collections.abc import Collection

from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.limits import uuid_of
from dragoman.domain.people import Group, User
from dragoman.usecases.uow import UnitOfWork

UNKNOWN = "does not match a user"
DISABLED = "is a disabled user"


def is_uid(name: str) -> bool:
    """Whether the name is an id, in letters of either case. A login is found by a condition, so a command that has
    one is exclusive."""
    return uuid_of(name) is not None


def named(uow: UnitOfWork, name: str) -> User | None:
    """The user of this id or login, or None."""
    uid = uuid_of(name)
    return uow.users.by_login(name) if uid is None else uow.users.find(uid)


def aliased(uow: UnitOfWork, dialect: str, name: str) -> User | None:
    """The user whom a dialect's clients call by this name, or None."""
    alias = uow.aliases.find((dialect, name))
    return None if alias is None else uow.users.find(alias.user)


def is_choice(user: User, present: str | None) -> bool:
    """Whether work may be given to the user: a disabled one only keeps what he has (`present` is who has it)."""
    return user.disabled_at is None or user.uid == present


def assignable(uow: UnitOfWork, name: str, present: str | None = None) -> str:
    """The id of the user of this id or login. Invalid for an unknown and for a disabled one.

    `present`, the present assignee, is always accepted: what is shown may be sent back.
    """
    if present is not None and uuid_of(name) == present:
        return present
    user = known(uow, name)
    if not is_choice(user, present):
        raise bad_assignee(DISABLED)
    return user.uid


def known(uow: UnitOfWork, name: str) -> User:
    """The user of this id or login. Invalid for an unknown one."""
    user = named(uow, name)
    if user is None:
        raise bad_assignee(UNKNOWN)
    return user


def bad_assignee(why: str) -> Invalid:
    """The refusal to assign a task."""
    return Invalid("bad_reference", f"assignee {why}.", (Problem("/assignee", "not_assignable", why),), status=409)


def find(uow: UnitOfWork, uid: str | None) -> User | None:
    """The user of this id, also a disabled one; None for no user."""
    return None if uid is None else uow.users.find(uid)


def by_login(uow: UnitOfWork, login: str) -> User | None:
    """The user of this login. The command is exclusive or reads."""
    return uow.users.by_login(login)


def by_name(uow: UnitOfWork, name: str) -> User | None:
    """The user of this id, login or e-mail address, in letters of either case. The command is exclusive or reads."""
    uid = uuid_of(name)
    return uow.users.by_name(name) if uid is None else uow.users.find(uid)


def enabled(uow: UnitOfWork) -> list[User]:
    """Every user who may log in."""
    return [user for user in uow.users.all() if user.disabled_at is None]


def find_group(uow: UnitOfWork, uid: str) -> Group | None:
    """The group of this id."""
    return uow.groups.find(uid)


def group_by_name(uow: UnitOfWork, name: str) -> Group | None:
    """The group of this name. The command is exclusive or reads."""
    return uow.groups.by_name(name)


def aliases_of(uow: UnitOfWork, dialect: str, users: Collection[str]) -> dict[str, str]:
    """What a dialect's clients call these users, by id."""
    return uow.aliases.of_users(dialect, users)
