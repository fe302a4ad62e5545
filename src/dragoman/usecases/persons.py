"""Finding the user whom a client means: by id, or by login."""

import re

from dragoman.domain.people import User
from dragoman.usecases.uow import UnitOfWork

UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_uid(name: str) -> bool:
    """Whether the name is an id. A login is found by a condition, so a command that has one goes alone."""
    return UID.fullmatch(name) is not None


def named(uow: UnitOfWork, name: str) -> User | None:
    """The user of this id or login, or None."""
    return uow.users.find(name) if is_uid(name) else uow.users.by_login(name)
