"""History over the wire: one entry a change, chained by hashes."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.scalars import AnyJson


class FieldChange(Struct, frozen=True):
    """What a field was, and what it became."""

    old: AnyJson
    new: AnyJson


class Entry(Struct, frozen=True, kw_only=True):
    """One change: who made it, through what, and which fields."""

    revision: int
    at: str
    principal: Annotated[str, Meta(description="The login of who did it.")]
    dialect: Annotated[str, Meta(description="Through which API.")]
    operation: Annotated[str, Meta(description="What was called there.")]
    changes: Annotated[
        dict[str, FieldChange],
        Meta(description="By field; extensions, properties and extras one by one, as in `properties.key`."),
    ]
    hash: Annotated[str, Meta(description="SHA-256 over this entry and the hash before it.")]
    request: Annotated[
        str | None, Meta(description="The id of the HTTP request that made it; null for batches and timers.")
    ]
    cause: (
        Annotated[int, Meta(description="The number of the batch that made the change; absent where none did.")]
        | UnsetType
    ) = UNSET


class EntryList(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page of history, oldest first. It remains after its object is deleted."""

    items: list[Entry]
    next: Annotated[str | UnsetType, Meta(description="Where the next page is; absent on the last one.")] = UNSET
