"""What users see of themselves on the page of their settings."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.people import User
from dragoman.usecases.identity import profiles, session_lists
from dragoman.usecases.uow import UnitOfWork


class OwnSettings(msgspec.Struct, frozen=True):
    """The user, the time zone of the tenant, and the user's sessions."""

    user: User
    tenant_zone: str
    sessions: list[session_lists.Listed]


class Look(msgspec.Struct, frozen=True):
    def keys(self) -> Exclusive:
        return EXCLUSIVE


def look(uow: UnitOfWork, command: Look) -> OwnSettings:
    """Forbidden for the system principal, which has no profile."""
    user = profiles.own(uow, profiles.Own())
    mine = session_lists.list_sessions(uow, session_lists.ListSessions("me", limit=None))
    return OwnSettings(user, uow.home.zone, mine.items)
