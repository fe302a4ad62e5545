"""Users over the wire. No password and no hash is ever shown."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.scalars import WITHOUT_NUL, EMail, HomeZone, Language, Line

DisplayName = Annotated[
    str, Meta(min_length=1, max_length=255, description="How others see one.", extra_json_schema=WITHOUT_NUL)
]
Address = Annotated[EMail | None, Meta(description="One's own among all; one may log in by it where a client asks.")]
Spoken = Annotated[Language | None, Meta(description="A language tag such as lv or de-AT.")]
OwnZone = Annotated[HomeZone | None, Meta(description="The time zone one lives in.")]
Title = Annotated[Line | None, Meta(description="What one does here.")]


class User(Struct, frozen=True, kw_only=True):
    """One person who may act."""

    id: str
    number: int
    login: str
    email: str | None
    display_name: str
    first_name: str | None
    last_name: str | None
    title: str | None
    language: str | None
    zone: str | None
    is_admin: bool
    roles: list[str]
    groups: Annotated[list[str], Meta(description="Ids of the groups one belongs to.")]
    disabled_at: Annotated[str | None, Meta(description="Since when one is shut out.")]
    created_at: str
    modified_at: str


class ProfilePatch(Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON Merge Patch of one's own profile."""

    display_name: DisplayName | UnsetType = UNSET
    first_name: Line | UnsetType | None = UNSET
    last_name: Line | UnsetType | None = UNSET
    title: Title | UnsetType = UNSET
    email: Address | UnsetType = UNSET
    language: Spoken | UnsetType = UNSET
    zone: OwnZone | UnsetType = UNSET


class UserList(Struct, frozen=True):
    """The users of the tenant, by login."""

    items: list[User]
