"""Assignees that batches name: a login or alias is found by a condition, so it is looked up once, before the entries
run."""

from msgspec import UnsetType

from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.identity import names
from dragoman.usecases.uow import UnitOfWork


def known(uow: UnitOfWork, assignee: str | UnsetType | None) -> str | UnsetType | None:
    """The id of the user of a change; UNSET and None stay. Invalid for a name that matches no user."""
    return persons.require(uow, _id_of(uow, assignee)).uid if isinstance(assignee, str) else assignee


def assignable(uow: UnitOfWork, assignee: str | None) -> str | None:
    """The same for an object that is made: Invalid for a disabled user, too. An id is checked when the entry runs."""
    if assignee is None or persons.is_uid(assignee):
        return assignee
    return persons.assignable(uow, _id_of(uow, assignee))


def _id_of(uow: UnitOfWork, name: str) -> str:
    """The id of the user who answers to a name in the dialect of the batch; the name itself if nobody does."""
    user = None if persons.is_uid(name) else names.answering(uow, uow.dialect, name)
    return name if user is None else user.uid
