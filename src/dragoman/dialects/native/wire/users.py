"""Users over the wire. No password and no hash is ever shown."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.identities import Identity
from dragoman.dialects.native.wire.queries import LARGEST_PAGE, Cursor, Trial
from dragoman.dialects.native.wire.scalars import WITHOUT_NUL, EMail, HomeZone, Language, Line, Person
from dragoman.domain.people import TokenKind, UserKind, UserRole

DisplayName = Annotated[
    str, Meta(min_length=1, max_length=255, description="How others see one.", extra_json_schema=WITHOUT_NUL)
]
Login = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=255,
        description="Printable characters without blanks and colons; unique over all tenants without regard to case.",
        extra_json_schema={"pattern": r"^[^\s:\u0000-\u001f\u007f]+$"},
    ),
]
Address = Annotated[EMail | None, Meta(description="One's own among all; one may log in by it where a client asks.")]
Spoken = Annotated[Language | None, Meta(description="A language tag such as lv or de-AT.")]
OwnZone = Annotated[HomeZone | None, Meta(description="The time zone one lives in.")]
Title = Annotated[Line | None, Meta(description="What one does here.")]
Roles = Annotated[list[UserRole], Meta(max_length=len(UserRole), description="The user's own.")]
GroupName = Annotated[str, Meta(min_length=1, max_length=100, extra_json_schema=WITHOUT_NUL)]
GroupNames = Annotated[list[GroupName], Meta(max_length=200, description="Ids or names.")]
Scope = Annotated[str, Meta(min_length=1, max_length=255, extra_json_schema={"pattern": r"^[!-~]+$"})]
Ceiling = Annotated[
    Annotated[list[Scope], Meta(max_length=1_000)] | None,
    Meta(description="What his password, sessions and tokens can be used for at most; null: anything."),
]
DialectName = Literal["native", "genesys", "ibm_htm", "onlyoffice_crm", "carrierx_batch", "mcp", "web"]
Dialects = Annotated[
    Annotated[list[DialectName], Meta(max_length=7)] | None, Meta(description="Those that he may use; null: all.")
]
State = Literal["enabled", "disabled", "deleted", "all"]
Owner = Annotated[Person | None, Meta(description="The person whom to ask about a service account: an id or login.")]
Password = Annotated[str, Meta(min_length=1, max_length=4_096, extra_json_schema=WITHOUT_NUL)]
IsAdmin = Annotated[bool, Meta(description="True adds the role administrator.")]


class User(Struct, frozen=True, kw_only=True):
    """One who may act: a person or a service account.

    The members from `scopes` on are shown to administrators and to the user himself.
    """

    id: str
    number: int
    kind: UserKind
    login: str
    email: str | None
    display_name: str
    first_name: str | None
    last_name: str | None
    title: str | None
    language: str | None
    zone: str | None
    is_admin: Annotated[bool, Meta(description="Whether one of the effective roles is administrator.")]
    roles: Annotated[list[str], Meta(description="The user's own.")]
    effective_roles: Annotated[list[str], Meta(description="His own and those of his groups.")]
    groups: Annotated[list[str], Meta(description="Ids of the groups one belongs to.")]
    group_names: Annotated[list[str], Meta(description="Their names, in the same order.")]
    disabled_at: Annotated[str | None, Meta(description="Since when one is shut out.")]
    created_at: str
    modified_at: str
    revision: int
    scopes: list[str] | UnsetType | None = UNSET
    dialects: list[str] | UnsetType | None = UNSET
    owner: str | UnsetType | None = UNSET
    has_password: bool | UnsetType = UNSET
    identities: list[Identity] | UnsetType = UNSET
    locked_until: Annotated[
        str | UnsetType | None, Meta(description="When the last address that failed too often may try again.")
    ] = UNSET
    last_seen_at: Annotated[str | UnsetType | None, Meta(description="The day.")] = UNSET
    deleted_at: str | UnsetType | None = UNSET


class NewUser(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A user to be made."""

    login: Login
    kind: UserKind = UserKind.PERSON
    email: Address = None
    display_name: DisplayName | UnsetType = UNSET
    first_name: Line | UnsetType | None = UNSET
    last_name: Line | UnsetType | None = UNSET
    title: Title | UnsetType = UNSET
    language: Spoken | UnsetType = UNSET
    zone: OwnZone | UnsetType = UNSET
    roles: Roles = []
    is_admin: IsAdmin | UnsetType = UNSET
    groups: GroupNames = []
    scopes: Ceiling = None
    dialects: Dialects = None
    owner: Owner = None
    password: Password | UnsetType | None = UNSET


class UserPatch(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A JSON Merge Patch of a user."""

    login: Login | UnsetType = UNSET
    email: Address | UnsetType = UNSET
    display_name: DisplayName | UnsetType = UNSET
    first_name: Line | UnsetType | None = UNSET
    last_name: Line | UnsetType | None = UNSET
    title: Title | UnsetType = UNSET
    language: Spoken | UnsetType = UNSET
    zone: OwnZone | UnsetType = UNSET
    roles: Roles | UnsetType = UNSET
    is_admin: IsAdmin | UnsetType = UNSET
    groups: GroupNames | UnsetType = UNSET
    scopes: Ceiling | UnsetType = UNSET
    dialects: Dialects | UnsetType = UNSET
    owner: Owner | UnsetType = UNSET


class ProfilePatch(Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON Merge Patch of one's own profile."""

    display_name: DisplayName | UnsetType = UNSET
    first_name: Line | UnsetType | None = UNSET
    last_name: Line | UnsetType | None = UNSET
    title: Title | UnsetType = UNSET
    email: Address | UnsetType = UNSET
    language: Spoken | UnsetType = UNSET
    zone: OwnZone | UnsetType = UNSET


class HandOver(Struct, frozen=True, forbid_unknown_fields=True):
    """To whom the work of a user goes who is disabled; without a name it stays his."""

    hand_over_to: Annotated[Person, Meta(description="By id or login.")] | UnsetType | None = UNSET


class TokenEnd(Struct, frozen=True, forbid_unknown_fields=True):
    """Which tokens are revoked: those of one kind, or all."""

    kind: TokenKind | UnsetType | None = UNSET


class Revoked(Struct, frozen=True):
    """How many tokens were revoked."""

    revoked: int


class JobQueued(Struct, frozen=True):
    """The job that does the rest."""

    job: str


class UserList(Struct, frozen=True, omit_defaults=True):
    """The users of the tenant, by login."""

    items: list[User]
    next: Annotated[str | UnsetType, Meta(description="The next page; absent on the last one.")] = UNSET


class UserQuery(Struct, frozen=True, kw_only=True):
    """Of the list of users. All conditions must hold."""

    q: (
        Annotated[Line, Meta(min_length=1, description="Begins the login, the e-mail address or a word of the name.")]
        | UnsetType
    ) = UNSET
    kind: UserKind | UnsetType = UNSET
    role: Annotated[UserRole, Meta(description="An effective one.")] | UnsetType = UNSET
    group: Annotated[GroupName, Meta(description="By id or name.")] | UnsetType = UNSET
    state: Annotated[State, Meta(description="All but the enabled ones are for administrators.")] = "enabled"
    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE, description="The largest number of items.")] = LARGEST_PAGE
    cursor: Cursor | UnsetType = UNSET


class Removal(Trial, frozen=True, kw_only=True):
    """Of the deletion of a user."""

    hand_over_to: (
        Annotated[Person, Meta(description="Who gets the open work, by id or login; `nobody` releases it.")] | UnsetType
    ) = UNSET
