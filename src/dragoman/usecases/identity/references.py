"""References to users and groups in bodies about users: by id or name; all faults are reported together."""

from collections.abc import Iterable

from dragoman.command import Lock
from dragoman.domain.errors import Invalid, NotFound, Problem
from dragoman.domain.limits import uuid_of
from dragoman.domain.people import Group, User, UserKind
from dragoman.usecases.identity import lookup
from dragoman.usecases.uow import UnitOfWork

ME = "me"


def person(uow: UnitOfWork, name: str, lock: Lock = Lock.NONE) -> User:
    """The user of a path: by id, login, or `me` for the caller; as it is stored now, also a deleted one by id.

    NotFound for no user. The command must be exclusive.
    """
    uid = uow.principal.user if name == ME else uuid_of(name)
    if uid is None:
        named = None if name == ME else uow.users.by_login(name)
        uid = None if named is None else named.uid
    if uid is not None:
        uow.users.load([uid], lock)
    user = None if uid is None else uow.users.find(uid, lock)
    if user is None:
        raise NotFound("user_not_found", f"There is no user {name}.")
    return user


def held(uow: UnitOfWork, name: str) -> User:
    """The user of a path, to be changed. NotFound for a deleted one, too."""
    user = person(uow, name, Lock.CHANGE)
    if user.deleted_at is not None:
        raise NotFound("user_not_found", f"The user {user.login} was deleted.")
    return user


def groups(uow: UnitOfWork, names: Iterable[str]) -> list[Group]:
    """The groups of these ids or names. Invalid with each that doesn't exist."""
    found, problems = [], []
    for place, name in enumerate(names):
        group = lookup.group_by_id_or_name(uow, name)
        if group is None:
            problems.append(Problem(f"/groups/{place}", "not_found", "does not match a group"))
        else:
            found.append(group)
    if problems:
        raise Invalid("bad_reference", "A group does not exist.", tuple(problems), status=409)
    return found


def owner(uow: UnitOfWork, kind: UserKind, name: str | None) -> str | None:
    """The id of the person whom to ask about a service account. Invalid for others, and where the user is none."""
    if name is None:
        return None
    if kind is not UserKind.SERVICE:
        raise _bad_owner("contradiction", "is for service accounts")
    found = lookup.by_id_or_login(uow, name)
    if found is None or found.deleted_at is not None:
        raise _bad_owner("not_found", "does not match a user")
    if found.kind is not UserKind.PERSON:
        raise _bad_owner("contradiction", "must be a person")
    return found.uid


def _bad_owner(code: str, why: str) -> Invalid:
    return Invalid("bad_reference", f"owner {why}.", (Problem("/owner", code, why),), status=409)
