"""What users see of themselves on the page of their settings, and what they change there at once."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.people import User
from dragoman.usecases.identity import changing, profiles, session_lists
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


class Change(msgspec.Struct, frozen=True):
    """Change the given fields of one's own profile, and the facts that the dialect of the command keeps of its user.

    `facts` are merged with those that it keeps already.
    """

    fields: Mapping[str, Any] = {}
    facts: Mapping[str, Any] = {}

    def keys(self) -> Exclusive:
        return EXCLUSIVE  # an e-mail address must be unique


def change(uow: UnitOfWork, command: Change) -> User:
    """The changed user; errors as in `changing.change_own`. What is as it was is no change."""
    user = changing.change_own(uow, changing.ChangeOwn(command.fields))
    if not command.facts:
        return user
    user = uow.users.find(user.uid, Lock.CHANGE) or user
    kept = {**user.extras.get(uow.dialect, {}), **command.facts}
    return changing.saved_if_changed(uow, user, replace(user, extras={**user.extras, uow.dialect: kept}))
