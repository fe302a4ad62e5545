"""Queries of the operations on batches."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.queries import Cursor, Limit, Pages, Who
from dragoman.dialects.native.wire.scalars import Line, Time, Uid
from dragoman.domain.bulk import Effect, Method, Status

SORT_WORDS = ("number", "created", "modified", "priority")
LONGEST_WAIT = 60


class BatchQuery(Pages, frozen=True, kw_only=True):
    """Of the list of batches. All conditions must hold."""

    status: Annotated[list[Status], Meta(min_length=1, description="Any of these.")] | UnsetType = UNSET
    type: Line | UnsetType = UNSET
    method: Method | UnsetType = UNSET
    creator: Who | UnsetType = UNSET
    origin: Annotated[Uid, Meta(description="The batch of which they are retries or undos.")] | UnsetType = UNSET
    needs_me: (
        Annotated[bool, Meta(description="Whether it waits for a decision that the caller may take.")] | UnsetType
    ) = UNSET
    created_from: Time | UnsetType = UNSET
    created_to: Annotated[Time, Meta(description="Both ends belong to the range.")] | UnsetType = UNSET
    sort: Annotated[
        str,
        Meta(
            extra_json_schema={"pattern": f"^-?({'|'.join(SORT_WORDS)})$"},
            description="The sort key; a minus reverses it.",
        ),
    ] = "-number"


class Waiting(Struct, frozen=True):
    """Of one batch."""

    wait: (
        Annotated[int, Meta(ge=1, le=LONGEST_WAIT, description="Wait up to so many seconds until it rests.")]
        | UnsetType
    ) = UNSET


class PreviewQuery(Struct, frozen=True, kw_only=True):
    """Of a preview. All conditions must hold."""

    effect: Annotated[list[Effect], Meta(min_length=1, description="Any of these.")] | UnsetType = UNSET
    pointer: Annotated[str, Meta(max_length=1_024, description="Only entries that change this member.")] | UnsetType = (
        UNSET
    )
    after: Annotated[str, Meta(max_length=1_024, description="And set it to this value: JSON.")] | UnsetType = UNSET
    moved: Annotated[bool, Meta(description="Whether to count objects that were changed since.")] = False
    groups: Annotated[bool, Meta(description="Whether to show equal changes together.")] = False
    limit: Limit = 50
    cursor: Cursor | UnsetType = UNSET


REPEATABLE = frozenset({"status", "effect", "outcome", "code", "types"})
"""Parameters that may be given several times; each time with one value, or several with commas between."""
