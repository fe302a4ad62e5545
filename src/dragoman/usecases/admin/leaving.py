"""Users who leave: disabled, enabled again, deleted. Their work stays, or is handed over."""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.access import require_admin
from dragoman.domain.errors import Conflict, Invalid, Problem
from dragoman.domain.job import Job
from dragoman.domain.people import User
from dragoman.usecases.background import handing_over
from dragoman.usecases.identity import aliases, ending, lookup, memberships, references
from dragoman.usecases.identity.changing import check_revision
from dragoman.usecases.identity.last_administrator import kept
from dragoman.usecases.preconditions import Revisions
from dragoman.usecases.uow import UnitOfWork

NOBODY = "nobody"
"""In place of a person: the work is handed over to nobody."""


class DisableUser(msgspec.Struct, frozen=True):
    """Disable a user; `hand_over_to` is the id or login of the one who gets his work."""

    person: str
    hand_over_to: str | None = None
    revisions: Revisions | None = None
    releases: bool = False  # his work goes to nobody

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def disable_user(uow: UnitOfWork, command: DisableUser) -> User:
    """The disabled user; again: unchanged, but for work that is handed over. For administrators.

    Password, sessions and tokens don't count any more; sessions and login tokens have ended for good. Conflict
    `last_administrator`. Invalid where the work can't go to `hand_over_to`.
    """
    require_admin(uow.principal)
    user = references.held(uow, command.person)
    check_revision(uow, user, command.revisions)
    if command.releases:
        handing_over.hand_over(uow, user.uid, None)
    elif command.hand_over_to is not None:
        handing_over.hand_over(uow, user.uid, _heir(uow, user, command.hand_over_to, "/hand_over_to"))
    if user.disabled_at is not None:
        return user
    with kept(uow):
        ending.end_logins(uow, user.uid)
        return uow.users.save(replace(user, disabled_at=uow.now, modified_at=uow.now))


class EnableUser(msgspec.Struct, frozen=True):
    """Enable a user again."""

    person: str
    revisions: Revisions | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def enable_user(uow: UnitOfWork, command: EnableUser) -> User:
    """The enabled user, whose password and API tokens count again; again: unchanged. For administrators."""
    require_admin(uow.principal)
    user = references.held(uow, command.person)
    check_revision(uow, user, command.revisions)
    return user if user.disabled_at is None else uow.users.save(replace(user, disabled_at=None, modified_at=uow.now))


class DeleteUser(msgspec.Struct, frozen=True):
    """Delete a user. `hand_over_to` is an id or login, or `nobody`."""

    person: str
    hand_over_to: str | None = None
    revisions: Revisions | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def delete_user(uow: UnitOfWork, command: DeleteUser) -> Job | None:
    """What is left is a stub with the user's name; his login is free. Gives the job of a long hand-over.

    For administrators. Conflict `has_open_work` where he has some and it goes to nobody and to no user, and
    `last_administrator`. Invalid where the work can't go to `hand_over_to`.
    """
    require_admin(uow.principal)
    user = references.held(uow, command.person)
    check_revision(uow, user, command.revisions)
    job = _leave_work(uow, user, command.hand_over_to)
    with kept(uow):
        _end(uow, user)
    return job


def _leave_work(uow: UnitOfWork, user: User, name: str | None) -> Job | None:
    if name is not None:
        heir = None if name == NOBODY else _heir(uow, user, name, "?hand_over_to")
        return handing_over.hand_over(uow, user.uid, heir)
    held = handing_over.held_by(uow, user.uid)
    if held.is_any:
        message = f"{user.login} has open work: name a user who gets it, or nobody, in hand_over_to."
        raise Conflict("has_open_work", message, counts=msgspec.structs.asdict(held))
    return None


def _end(uow: UnitOfWork, user: User) -> None:
    """All that lets him in, gives him rights or keeps a name from others."""
    ending.end_sessions(uow, user.uid)
    ending.revoke_tokens(uow, user.uid)
    ending.void_links(uow, user.uid)
    user = aliases.remove_all(uow, user)
    for identity in uow.identities.of_user(user.uid):
        uow.identities.remove(identity)
    uow.login_names.release(user.uid)
    user = memberships.set_groups(uow, user, ())
    uow.users.save(
        replace(
            user,
            **dict.fromkeys(("email", "password_hash", "owner", "scopes", "dialects")),
            is_admin=False,
            roles=(),
            disabled_at=user.disabled_at or uow.now,
            deleted_at=uow.now,
            modified_at=uow.now,
        )
    )


def _heir(uow: UnitOfWork, user: User, name: str, place: str) -> User:
    """The enabled user who gets the work. Invalid for another name, and for the user himself."""
    heir = lookup.by_id_or_login(uow, name)
    why = None
    if heir is None or heir.deleted_at is not None:
        why = lookup.UNKNOWN
    elif heir.disabled_at is not None:
        why = lookup.DISABLED
    elif heir.uid == user.uid:
        why = "is the user who leaves"
    if heir is None or why is not None:
        problem = Problem(place, "not_assignable", why or lookup.UNKNOWN)
        raise Invalid("bad_reference", f"hand_over_to {problem.message}.", (problem,), status=409)
    return heir
