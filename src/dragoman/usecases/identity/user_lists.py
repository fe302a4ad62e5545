"""The list of users, page by page."""

from enum import StrEnum

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.access import require_admin
from dragoman.domain.errors import NotFound
from dragoman.domain.limits import uuid_of
from dragoman.domain.people import UserKind, UserRole
from dragoman.domain.text import folded
from dragoman.store.repositories.user_pages import UserFilter
from dragoman.usecases.identity.profiles import Profile, profiles
from dragoman.usecases.uow import UnitOfWork


class UserState(StrEnum):
    """Which users a list holds. All but the enabled ones are shown to administrators only."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    DELETED = "deleted"
    ALL = "all"


class List(msgspec.Struct, frozen=True):
    """Users by login, behind the login and number `after`. All conditions must hold.

    `q` begins the login, the e-mail address or a word of the name. `group` is an id or name.
    """

    limit: int
    after: tuple[str, int] | None = None
    q: str | None = None
    kind: UserKind | None = None
    role: UserRole | None = None
    group: str | None = None
    state: UserState = UserState.ENABLED

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Page(msgspec.Struct, frozen=True):
    """One page; `after` is where the next one begins, None on the last."""

    items: list[Profile]
    after: tuple[str, int] | None = None


def list_page(uow: UnitOfWork, command: List) -> Page:
    """Forbidden for users who aren't enabled, unless the principal is an administrator; NotFound for no group."""
    if command.state is not UserState.ENABLED:
        require_admin(uow.principal)
    wanted = UserFilter(
        text=None if command.q is None else folded(command.q),
        kind=command.kind,
        role=command.role,
        group=None if command.group is None else _group(uow, command.group),
        disabled={UserState.ENABLED: False, UserState.DISABLED: True}.get(command.state),
        deleted={UserState.ALL: None, UserState.DELETED: True}.get(command.state, False),
    )
    found = uow.users.page(wanted, limit=command.limit + 1, after=command.after)
    items = found[: command.limit]
    after = (items[-1].login, items[-1].number) if len(found) > len(items) else None
    return Page(profiles(uow, items), after)


class Twins(msgspec.Struct, frozen=True):
    """Logins of earlier versions that differ in case alone."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def twins(uow: UnitOfWork, command: Twins) -> list[list[str]]:
    """The logins, twins together. They stay, but no more can come to be."""
    return uow.login_names.twins()


def _group(uow: UnitOfWork, name: str) -> str:
    uid = uuid_of(name)
    group = (None if uid is None else uow.groups.find(uid)) or uow.groups.by_name(name)
    if group is None:
        raise NotFound("group_not_found", f"There is no group {name}.")
    return group.uid
