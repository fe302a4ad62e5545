"""Passwords: chosen by their user, set or removed by an administrator.

A change ends what the old password made: other sessions, login tokens, links. API tokens stay unless they are to be
revoked, too. Passwords are hashed within the command, after all checks: it takes 20 ms, and happens rarely.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain import password_rules
from dragoman.domain.access import require_admin
from dragoman.domain.clock import later
from dragoman.domain.errors import Conflict
from dragoman.domain.passwords import hash_password
from dragoman.domain.people import User, UserKind
from dragoman.usecases.identity import adding, ending, references
from dragoman.usecases.uow import UnitOfWork

LONGEST_WINDOW_SECONDS = 3_600.0
"""Failed logins of before count no more in any case."""


class ChangeOwn(msgspec.Struct, frozen=True):
    """Choose another password, after the present one was confirmed. `keep_session`: the hash of the caller's own."""

    new: str
    revoke_tokens: bool = False
    keep_session: str | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def change_own(uow: UnitOfWork, command: ChangeOwn) -> User:
    """Conflict (`no_password`) for a user without one, Invalid with every fault of the new one."""
    user = references.held(uow, references.ME)
    if user.password_hash is None:
        raise Conflict("no_password", f"{user.login} has no password.")
    return choose(uow, user, command.new, revoke_tokens=command.revoke_tokens, keep_session=command.keep_session)


class SetPassword(msgspec.Struct, frozen=True):
    """Give a user a password, in place of the present one if there is one."""

    person: str
    new: str
    revoke_tokens: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def set_password(uow: UnitOfWork, command: SetPassword) -> User:
    """For administrators. Conflict (`service_account`) for a service account, Invalid with every fault of it."""
    require_admin(uow.principal)
    return choose(
        uow, with_password(references.held(uow, command.person)), command.new, revoke_tokens=command.revoke_tokens
    )


class RemovePassword(msgspec.Struct, frozen=True):
    """Take a user's password away."""

    person: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def remove_password(uow: UnitOfWork, command: RemovePassword) -> User:
    """For administrators. Nothing changes where there is none. Conflict (`service_account`) for a service account."""
    require_admin(uow.principal)
    user = with_password(references.held(uow, command.person))
    ending.end_logins(uow, user.uid)
    if user.password_hash is None:
        return user
    return uow.users.save(replace(user, password_hash=None, modified_at=uow.now))


class Unlock(msgspec.Struct, frozen=True):
    """Let a user's failed logins of before count no more."""

    person: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def unlock(uow: UnitOfWork, command: Unlock) -> User:
    """For administrators. On every node within a second. It is noted in the user's history; again soon after it isn't,
    and changes nothing that is shown."""
    require_admin(uow.principal)
    user = references.held(uow, command.person)
    before = user.unlocked_at
    if before is None or before < later(uow.now, seconds=-LONGEST_WINDOW_SECONDS):
        uow.record("user", user.uid, "user.unlocked", {"unlocked_at": [before, uow.now]})
    uow.users.save(replace(user, unlocked_at=uow.now))
    uow.close()  # so that the revision of the noted fact is shown
    return uow.users.get(user.uid)


def choose(
    uow: UnitOfWork,
    user: User,
    password: str,
    *,
    place: str = "/new",
    revoke_tokens: bool = False,
    keep_session: str | None = None,
) -> User:
    """Store a new password. The user must be held for a change. Invalid with every fault of it, at this pointer."""
    password_rules.check(password, user, uow.terms.passwords, place)
    saved = uow.users.save(replace(user, password_hash=hash_password(password), modified_at=uow.now))
    ending.end_logins(uow, user.uid, keep_session=keep_session)
    if revoke_tokens:
        ending.revoke_tokens(uow, user.uid)
    return saved


def with_password(user: User) -> User:
    """The user. Conflict for one who can't have a password."""
    if user.kind is not UserKind.PERSON:
        raise adding.service_account(user.login)
    return user
