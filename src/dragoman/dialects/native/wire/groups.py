"""Groups over the wire."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire.scalars import WITHOUT_NUL, Line
from dragoman.domain import group_names
from dragoman.domain.people import UserRole
from dragoman.usecases.identity.groups import MOST_EXTERNAL_NAMES

Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=group_names.LONGEST,
        description="Unique, letters of either case being the same; no colon, star or comma.",
        extra_json_schema={"pattern": group_names.PATTERN},
    ),
]
Description = Annotated[str, Meta(max_length=2_000, extra_json_schema=WITHOUT_NUL)]
Roles = Annotated[list[UserRole], Meta(max_length=len(UserRole), description="What its members may do by it.")]
ExternalName = Annotated[str, Meta(min_length=1, max_length=255, extra_json_schema=WITHOUT_NUL)]
ExternalNames = Annotated[
    list[ExternalName],
    Meta(
        max_length=MOST_EXTERNAL_NAMES,
        description="Values of a provider's claim that mean this group, beside its name.",
    ),
]


class Group(Struct, frozen=True, kw_only=True):
    """A set of users with roles. Work items may be held by it, as `group:` and its id."""

    id: str
    number: int
    name: str
    description: str
    roles: list[str]
    external_names: list[str]
    member_count: int
    created_at: str
    modified_at: str
    revision: int


class NewGroup(Struct, frozen=True, forbid_unknown_fields=True):
    """A group to be made."""

    name: Name
    description: Description = ""
    roles: Roles = []
    external_names: ExternalNames = []


class GroupPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON Merge Patch of a group."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    roles: Roles | UnsetType = UNSET
    external_names: ExternalNames | UnsetType = UNSET


class GroupList(Struct, frozen=True, omit_defaults=True):
    """Groups by name."""

    items: list[Group]
    next: str | UnsetType = UNSET


class Member(Struct, frozen=True, kw_only=True):
    """A user who belongs to a group."""

    id: str
    login: str
    display_name: str
    source: Annotated[str, Meta(description="`manual`, or the provider that says so.")]


class MemberList(Struct, frozen=True, omit_defaults=True):
    """Members by login."""

    items: list[Member]
    next: str | UnsetType = UNSET


class GroupQuery(queries.Pages, frozen=True, kw_only=True):
    """Of the list of groups."""

    q: Annotated[Line, Meta(description="Text with which the name or a word of it begins.")] | UnsetType = UNSET


class GroupRemoval(queries.Trial, frozen=True, kw_only=True):
    """Of the deletion of a group."""

    force: Annotated[bool, Meta(description="Take it out of work items first.")] = False
