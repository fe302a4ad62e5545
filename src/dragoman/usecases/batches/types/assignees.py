"""Assignees that batches name: a login is found by a condition, so it is looked up once, before the entries run."""

from msgspec import UnsetType

from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.uow import UnitOfWork


def known(uow: UnitOfWork, assignee: str | UnsetType | None) -> str | UnsetType | None:
    """The id of the user of a change; UNSET and None stay. Invalid for an unknown login or id."""
    return persons.require(uow, assignee).uid if isinstance(assignee, str) else assignee


def assignable(uow: UnitOfWork, assignee: str | None) -> str | None:
    """The same for an object that is made: Invalid for a disabled user, too. An id is checked when the entry runs."""
    return assignee if assignee is None or persons.is_uid(assignee) else persons.assignable(uow, assignee)
