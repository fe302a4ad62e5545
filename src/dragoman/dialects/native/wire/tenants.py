"""What clients send and see of the tenant itself."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.scalars import WITHOUT_NUL, HomeZone, Language
from dragoman.domain.batch_policy import Rule

MOST_POLICIES = 50

Policies = Annotated[list[Rule], Meta(max_length=MOST_POLICIES)]
"""Policies of batches, all of which count."""

Name = Annotated[
    str, Meta(min_length=1, max_length=255, description="How pages call the tenant.", extra_json_schema=WITHOUT_NUL)
]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
AtMost = Annotated[Count | None, Meta(description="The most that there may be; null is no limit.")]
OwnZone = Annotated[HomeZone, Meta(description="The zone of clients that name none; it counts for new moments.")]


class Profile(Struct, frozen=True, kw_only=True):
    """What every user of a tenant may see of it."""

    name: Annotated[str, Meta(description="For good: commands and events name it.")]
    display_name: str | None
    zone: str
    language: str | None


class Limits(Struct, frozen=True):
    """What a tenant may have at most."""

    users: Annotated[int | None, Meta(description="Users that aren't deleted.")] = None
    open_tasks: Annotated[int | None, Meta(description="Tasks that have not ended.")] = None
    attachment_bytes: Annotated[int | None, Meta(description="Bytes of all attachments.")] = None


class Tenant(Profile, frozen=True, kw_only=True):
    """The tenant as its administrators see it."""

    number: int
    require_if_match: Annotated[bool, Meta(description="Whether a change must name the revision in If-Match.")]
    limits: Limits
    disabled_at: Annotated[str | None, Meta(description="Since when every credential is refused.")]
    created_at: str
    modified_at: str
    revision: int


class LimitsPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """Limits to change."""

    users: AtMost | UnsetType = UNSET
    open_tasks: AtMost | UnsetType = UNSET
    attachment_bytes: AtMost | UnsetType = UNSET


class TenantPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON Merge Patch of the tenant."""

    display_name: Name | UnsetType | None = UNSET
    zone: OwnZone | UnsetType = UNSET
    language: Language | UnsetType | None = UNSET
    require_if_match: bool | UnsetType = UNSET
    limits: LimitsPatch | UnsetType | None = UNSET
