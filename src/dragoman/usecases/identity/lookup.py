"""Finding the user whom a client means: by id, or by login."""

import re

from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.people import User
from dragoman.usecases.uow import UnitOfWork

UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_uid(name: str) -> bool:
    """Whether the name is an id. A login is found by a condition, so a command that has one is exclusive."""
    return UID.fullmatch(name) is not None


def named(uow: UnitOfWork, name: str) -> User | None:
    """The user of this id or login, or None."""
    return uow.users.find(name) if is_uid(name) else uow.users.by_login(name)


def assignable(uow: UnitOfWork, name: str) -> str:
    """The id of the user of this id or login. Invalid when there is none, or none who could work."""
    user = named(uow, name)
    if user is None:
        raise bad_assignee("names nobody that there is")
    if user.disabled_at is not None:
        raise bad_assignee("names a user who is shut out")
    return user.uid


def bad_assignee(why: str) -> Invalid:
    """What to raise when a task can't be given to somebody."""
    return Invalid("bad_reference", f"assignee {why}.", (Problem("/assignee", "not_assignable", why),), status=409)
