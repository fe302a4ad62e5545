"""Users as the API shows them: the use cases that change one, with the document of the result; tokens and history."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.access import sees_all
from dragoman.domain.errors import Forbidden
from dragoman.domain.limits import uuid_of
from dragoman.domain.people import TokenKind, User
from dragoman.usecases.events.history import HistoryPage, page_of
from dragoman.usecases.identity import ending, groups, lookup, references
from dragoman.usecases.identity.profiles import Profile, profile
from dragoman.usecases.uow import UnitOfWork

C = TypeVar("C")


def documented(run: Callable[[UnitOfWork, C], User]) -> Callable[[UnitOfWork, C], Profile]:
    """The use case, with the whole document of the user as its result."""

    def run_and_show(uow: UnitOfWork, command: C) -> Profile:
        return profile(uow, run(uow, command))

    return run_and_show


class RevokeTokens(msgspec.Struct, frozen=True):
    """Revoke the tokens of a user: those of one kind, or all."""

    person: str
    kind: TokenKind | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def revoke_tokens(uow: UnitOfWork, command: RevokeTokens) -> int:
    """How many were revoked now. One's own; an administrator's everybody's."""
    user = references.held(uow, command.person)
    _must_be_own(uow, user, "revoke tokens of others")
    return len(ending.revoke_tokens(uow, user.uid, command.kind))


class UserHistory(msgspec.Struct, frozen=True):
    """One page of the changes of a user, after a revision."""

    person: str
    limit: int
    after: int = 0

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def user_history(uow: UnitOfWork, command: UserHistory) -> HistoryPage:
    """The changes, also of a deleted user by id. One's own; administrators see all, and supervisors who may audit."""
    user = references.person(uow, command.person)
    principal = uow.principal
    if not (principal.is_supervisor and principal.has_scope(AUDITING)):
        _must_be_own(uow, user, "see the history of others")
    return page_of(uow, "user", user.number, command.limit, command.after)


class GroupHistory(msgspec.Struct, frozen=True):
    """One page of the changes of a group, after a revision."""

    group: str
    limit: int
    after: int = 0

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def group_history(uow: UnitOfWork, command: GroupHistory) -> HistoryPage:
    """The changes, also of a deleted group by id. For administrators and supervisors."""
    if not sees_all(uow.principal):
        raise Forbidden("forbidden", f"{uow.principal.login} may not see the history of groups.")
    group = lookup.group_by_id_or_name(uow, command.group)
    group = group or uow.history.deleted("group", uuid_of(command.group) or command.group)
    if group is None:
        raise groups.unknown(command.group)
    return page_of(uow, "group", group.number, command.limit, command.after)


AUDITING = frozenset({"audit.read"})


def _must_be_own(uow: UnitOfWork, user: User, what: str) -> None:
    principal = uow.principal
    if not principal.is_admin and principal.user != user.uid:
        raise Forbidden("forbidden", f"{principal.login} may not {what}.")
