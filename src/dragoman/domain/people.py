"""Tenants, users, groups, aliases and tokens: who is who, and by which credential."""

from typing import Any

import msgspec

from dragoman.domain.batch_policy import Rule
from dragoman.domain.clock import Moment


class Tenant(msgspec.Struct, frozen=True):
    """One tenant has everything. `zone` is the time zone of its clients that name none."""

    tenant: int
    name: str
    zone: str = "UTC"
    inbox_case: int = 1  # number of the case that holds tasks made without one
    created_at: Moment = Moment(0)
    row_version: int = 1
    batch_policies: tuple[Rule, ...] = ()  # beside those of the configuration
    modified_at: Moment = Moment(0)
    revision: int = 0  # its history begins with the first change
    head_hash: str = ""

    @property
    def number(self) -> int:
        """What its history is kept under."""
        return self.tenant


class User(msgspec.Struct, frozen=True):
    """One person who may act. `login` is unique over all tenants."""

    tenant: int
    number: int
    uid: str
    login: str
    email: str | None = None
    display_name: str = ""
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    language: str | None = None
    zone: str | None = None
    is_admin: bool = False
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    password_hash: str | None = None
    disabled_at: Moment | None = None
    created_at: Moment = Moment(0)
    modified_at: Moment = Moment(0)
    extras: dict[str, dict[str, Any]] = {}
    row_version: int = 1


class Group(msgspec.Struct, frozen=True):
    """A named set of users; a work item may be held by it."""

    tenant: int
    uid: str
    name: str
    created_at: Moment = Moment(0)
    row_version: int = 1


class Alias(msgspec.Struct, frozen=True):
    """Another system's id for a user (a Genesys `resource_id`): found through this, never by an equal number."""

    tenant: int
    dialect: str
    alias: str
    user: str
    created_at: Moment = Moment(0)
    row_version: int = 1


class Token(msgspec.Struct, frozen=True):
    """A credential of a user. Only the SHA-256 of it is kept."""

    tenant: int
    hash: str
    user: str
    scopes: tuple[str, ...] = ()
    created_at: Moment = Moment(0)
    expires_at: Moment | None = None
    revoked_at: Moment | None = None
    row_version: int = 1


class LoginName(msgspec.Struct, frozen=True):
    """Which tenant's user has a login. Kept under tenant 0, where names are unique over all tenants."""

    tenant: int
    login: str
    user_tenant: int
    user: str
    row_version: int = 1


DIRECTORY_TENANT = 0
"""The tenant number under which the server keeps what is unique over all tenants."""
