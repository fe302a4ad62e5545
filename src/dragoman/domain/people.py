"""Tenants, users, groups, aliases, tokens and sessions: who is who, and by which credential."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

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
    display_name: str | None = None
    language: str | None = None
    require_if_match: bool = False
    limits: dict[str, int] = {}  # "users", "open_tasks"; a missing one is no limit
    disabled_at: Moment | None = None

    @property
    def number(self) -> int:
        """What its history is kept under."""
        return self.tenant


class UserKind(StrEnum):
    """Only persons have passwords, sessions and mail, and can be the last administrator."""

    PERSON = "person"
    SERVICE = "service"


class UserRole(StrEnum):
    """What a user may do beyond what each task allows. Roles only add."""

    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    REVIEWER = "reviewer"


class User(msgspec.Struct, frozen=True):
    """Who may act: a person, or a service account. `login` is unique over all tenants.

    `is_admin` is the own role of an administrator, which `roles` holds too (see `with_roles`); `groups` is the copy of
    the memberships of which a principal is made.
    """

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
    groups: tuple[str, ...] = ()  # uids
    password_hash: str | None = None
    disabled_at: Moment | None = None
    created_at: Moment = Moment(0)
    modified_at: Moment = Moment(0)
    extras: dict[str, dict[str, Any]] = {}
    row_version: int = 1
    kind: UserKind = UserKind.PERSON
    owner: str | None = None  # of a service account: whom to ask
    scopes: tuple[str, ...] | None = None  # what his credentials can be used for at most; None: anything
    dialects: tuple[str, ...] | None = None  # those that he may use; None: all
    unlocked_at: Moment | None = None  # failed logins before it don't count
    last_seen_at: Moment | None = None
    deleted_at: Moment | None = None  # what stays is his name, for history and old tasks
    revision: int = 1  # of a user from before histories of users: 0 until the first change
    head_hash: str = ""


class Group(msgspec.Struct, frozen=True):
    """A named set of users; a work item may be held by it. Its roles are those of its members."""

    tenant: int
    uid: str
    name: str
    created_at: Moment = Moment(0)
    row_version: int = 1
    number: int = 0
    description: str = ""
    roles: tuple[str, ...] = ()
    external_names: tuple[str, ...] = ()  # values of a provider's claim that mean this group
    modified_at: Moment = Moment(0)
    revision: int = 1  # of a group from before histories of groups: 0 until the first change
    head_hash: str = ""


MANUAL = "manual"
"""The source of a membership that a person made; other sources are providers."""


class GroupMember(msgspec.Struct, frozen=True):
    """A membership, by one source. `User.groups` is written with it."""

    tenant: int
    group: str  # uid
    user: str  # uid
    source: str = MANUAL
    created_at: Moment = Moment(0)
    row_version: int = 1


class Membership(msgspec.Struct, frozen=True):
    """A member of a group as lists show it; by hand, where a provider says so, too."""

    uid: str
    login: str
    display_name: str
    source: str = MANUAL


class Alias(msgspec.Struct, frozen=True):
    """Another system's id for a user (a Genesys `resource_id`): found through this, never by an equal number.

    The one with the lowest position, then the oldest, is the one that the dialect shows. `alias` is the name as it is
    compared, `spelling` as it was given where that differs.
    """

    tenant: int
    dialect: str
    alias: str
    user: str
    created_at: Moment = Moment(0)
    row_version: int = 1
    position: int = 0
    spelling: str = ""

    @property
    def name(self) -> str:
        """The name as it was given."""
        return self.spelling or self.alias


class TokenKind(StrEnum):
    """`login`: a dialect made it for a password. `api`: somebody made it, to be used by a program."""

    API = "api"
    LOGIN = "login"


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
    uid: str | None = None
    name: str = ""
    kind: TokenKind = TokenKind.API
    created_by: str | None = None  # uid; None: the command line
    gives_decision: bool = False  # its scopes for batches give the right to decide them
    last_used_at: Moment | None = None
    last_dialect: str | None = None


class Session(msgspec.Struct, frozen=True):
    """A browser that is signed in. Only the SHA-256 of its cookie is kept. `via`: `password`, `oidc:NAME`, `proxy`."""

    tenant: int
    hash: str
    uid: str
    user: str
    via: str
    created_at: Moment
    seen_at: Moment
    expires_at: Moment
    browser: str | None = None
    address: str | None = None
    row_version: int = 1


class ProviderIdentity(msgspec.Struct, frozen=True):
    """That a provider's subject is a user."""

    tenant: int
    provider: str
    subject: str
    user: str
    linked_at: Moment = Moment(0)
    row_version: int = 1


class PasswordLink(msgspec.Struct, frozen=True):
    """A link by which a user chooses a password, once. Only the SHA-256 of its token is kept."""

    tenant: int
    hash: str
    user: str
    created_at: Moment
    expires_at: Moment
    used_at: Moment | None = None
    row_version: int = 1


class UnclaimedName(msgspec.Struct, frozen=True):
    """A name that clients of a dialect sent for a person, and that nobody has."""

    tenant: int
    dialect: str
    name: str
    first_seen_at: Moment
    last_seen_at: Moment
    count: int = 0  # tasks on which it was seen
    row_version: int = 1


class UnclaimedTask(msgspec.Struct, frozen=True):
    """A task that carries an unclaimed name."""

    tenant: int
    dialect: str
    name: str
    task: int
    row_version: int = 1


class LoginName(msgspec.Struct, frozen=True):
    """Which tenant's user has a login or e-mail address, or had the login and still keeps it from others.

    From the eighth migration on `login` is `folded`, so that two that differ in case alone can't both be there.
    """

    tenant: int
    login: str
    user_tenant: int
    user: str
    row_version: int = 1
    folded: str = ""


DIRECTORY_TENANT = 0
"""The tenant number under which the server keeps what is unique over all tenants."""


ALIAS = "alias"
"""The fact of a dialect, among a user's extras, that holds what it calls him: a copy of his first alias there."""


def name_in(user: User, dialect: str) -> str | None:
    """What a dialect calls the user: his first alias there, or None. A deleted user has none."""
    name: str | None = None if user.deleted_at is not None else user.extras.get(dialect, {}).get(ALIAS)
    return name


def called(user: User, dialect: str, name: str | None) -> User:
    """The user with this first alias in a dialect; None for no alias."""
    facts = {fact: value for fact, value in user.extras.get(dialect, {}).items() if fact != ALIAS}
    facts |= {} if name is None else {ALIAS: name}
    others = {each: known for each, known in user.extras.items() if each != dialect}
    extras = others | ({dialect: facts} if facts else {})
    return user if extras == user.extras else replace(user, extras=extras)


def with_roles(user: User, roles: Iterable[str]) -> User:
    """The user with these own roles, without repetition."""
    named = tuple(dict.fromkeys(roles))
    return replace(user, roles=named, is_admin=UserRole.ADMINISTRATOR in named)


def effective_roles(user: User, groups: Iterable[Group]) -> frozenset[str]:
    """His own roles and those of his groups; old words that are no role are left out."""
    named = set(user.roles).union(*(group.roles for group in groups))
    return frozenset(role for role in UserRole if role in named or (role is UserRole.ADMINISTRATOR and user.is_admin))
