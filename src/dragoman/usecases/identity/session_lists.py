"""Sessions as users see their own, and administrators all; and how both end them."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Forbidden, NotFound
from dragoman.domain.limits import uuid_of
from dragoman.domain.people import Session, User
from dragoman.usecases.identity import ending, lookup, references
from dragoman.usecases.uow import UnitOfWork

Position = tuple[Moment, str]
"""Where a session stands in lists: when it began, and its id."""


class Listed(msgspec.Struct, frozen=True):
    """A session, the login of its user, and whether the request came by it."""

    session: Session
    login: str
    is_current: bool


class Page(msgspec.Struct, frozen=True):
    """Sessions, oldest first; `after` is the position of the next page, None on the last."""

    items: list[Listed]
    after: Position | None


class ListSessions(msgspec.Struct, frozen=True):
    """The sessions of a user (id, login or `me`), or of all whose sessions the caller may see. `limit` None: all."""

    person: str | None = None
    limit: int | None = 50
    after: Position | None = None

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def list_sessions(uow: UnitOfWork, command: ListSessions) -> Page:
    """Those that count. NotFound for an unknown user, Forbidden for another's if the caller is no administrator."""
    principal = uow.principal
    user = None if principal.is_admin else principal.user
    if command.person is not None:
        user = _whose(uow, command.person).uid
    limit = command.limit
    found = uow.sessions.page(user, after=command.after, limit=None if limit is None else limit + 1)
    items = [_listed(uow, session) for session in found[:limit]]
    last = items[-1].session if len(found) > len(items) else None
    return Page(items, None if last is None else (last.created_at, last.uid))


class EndSession(msgspec.Struct, frozen=True):
    """End a session by its id."""

    uid: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def end_session(uow: UnitOfWork, command: EndSession) -> Session:
    """The session that has ended. NotFound for one that the caller may not see."""
    session = uow.sessions.by_uid(uuid_of(command.uid) or "")
    principal = uow.principal
    if session is None or not (principal.is_admin or session.user == principal.user):
        raise NotFound("session_not_found", f"There is no session {command.uid}.", id=command.uid)
    uow.sessions.remove(session)
    return session


class EndSessions(msgspec.Struct, frozen=True):
    """End all sessions of a user (id, login or `me`)."""

    person: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def end_sessions(uow: UnitOfWork, command: EndSessions) -> int:
    """The number of those that counted. NotFound for an unknown user, Forbidden for another's as in lists."""
    user = _whose(uow, command.person)
    live = len(uow.sessions.page(user.uid, after=None, limit=None))
    ending.end_sessions(uow, user.uid)
    return live


def _whose(uow: UnitOfWork, name: str) -> User:
    user = references.person(uow, name)
    if user.uid != uow.principal.user and not uow.principal.is_admin:
        raise Forbidden("forbidden", "Only administrators may see and end the sessions of other users.")
    return user


def _listed(uow: UnitOfWork, session: Session) -> Listed:
    user = lookup.find(uow, session.user)
    login = session.user if user is None else user.login
    return Listed(session, login, uow.principal.credential == f"session:{session.hash}")
