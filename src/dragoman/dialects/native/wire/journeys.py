"""The journey of a contact over the wire."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.histories import FieldChange
from dragoman.dialects.native.wire.queries import Pages
from dragoman.dialects.native.wire.scalars import Line
from dragoman.usecases.contacts.journeys import ItemKind

KINDS_AT_MOST = len(ItemKind)


class JourneyQuery(Pages, frozen=True, kw_only=True):
    """Of the journey of a contact. All conditions must hold."""

    dialect: Annotated[Line, Meta(description="Only what came through this one, such as `genesys`.")] | UnsetType = (
        UNSET
    )
    kind: (
        Annotated[list[ItemKind], Meta(min_length=1, max_length=KINDS_AT_MOST, description="Any of these.")] | UnsetType
    ) = UNSET
    open: Annotated[bool, Meta(description="Only of what is open, or only of what has ended.")] | UnsetType = UNSET


class JourneyItem(Struct, frozen=True, kw_only=True):
    """Something that began, was noted, or changed."""

    at: str
    kind: Annotated[ItemKind, Meta(description="What began, or `change`.")]
    dialect: Annotated[str, Meta(description="Through which API.")]
    number: Annotated[int, Meta(description="Of the case, stage or task that began or changed, or of the note.")]
    id: str
    title: str | None
    state: Annotated[
        str,
        Meta(description="The present state of a task; `open` or `completed` of a case or stage; the kind of a note."),
    ]
    case: Annotated[int | None, Meta(description="The number of the case that it is, or belongs to.")]
    revision: Annotated[int, Meta(description="Of the entry of its history.")]
    changes: Annotated[dict[str, FieldChange] | None, Meta(description="As in history; null for what began.")]
    text: Annotated[str | None, Meta(description="Of a note, as it was sent: it may be HTML. Else null.")]


class JourneyPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page of a journey, the newest first, with how much is to be done for the contact."""

    contact: Annotated[int, Meta(description="The number of the contact.")]
    open_tasks: int
    oldest_open_at: Annotated[str | None, Meta(description="When the oldest of the open tasks was made.")]
    items: list[JourneyItem]
    next: Annotated[str | UnsetType, Meta(description="Where the next page is; absent on the last one.")] = UNSET
