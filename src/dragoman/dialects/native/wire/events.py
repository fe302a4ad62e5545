"""Events over the wire: the envelope, a page of them, and the queries of both and of streams."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.histories import FieldChange
from dragoman.domain.event_filter import MOST_TYPES, TYPE_PATTERN

LARGEST_PAGE = 1_000
LONGEST_WAIT = 60
LONGEST_CURSOR = 200

Type = Annotated[
    str,
    Meta(extra_json_schema={"pattern": TYPE_PATTERN}, description="A type, a prefix such as `task.*`, or `*`."),
]
Types = Annotated[list[Type], Meta(min_length=1, max_length=MOST_TYPES, description="Any of these types.")]
Since = Annotated[
    str,
    Meta(
        description="Behind this cursor; or `earliest`, or `latest` for the end of the log.",
        extra_json_schema={"maxLength": LONGEST_CURSOR},
    ),
]
"""A longer text is no cursor and gets the same error as any other text that is none."""
Subject = Annotated[str, Meta(max_length=1_024, description="Only of this subject: tasks/12, tasks/ID, tenants/NAME.")]


class EventQuery(Struct, frozen=True, kw_only=True):
    """Of the event log."""

    since: Since = "earliest"
    types: Types | UnsetType = UNSET
    subject: Subject | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE, description="The largest number of events.")] = 100
    wait: Annotated[
        int, Meta(ge=0, le=LONGEST_WAIT, description="Hold an empty answer back for up to so many seconds.")
    ] = 0


class StreamQuery(Struct, frozen=True, kw_only=True):
    """Of a stream of events. The header Last-Event-ID wins over `since`."""

    since: Since = "latest"
    types: Types | UnsetType = UNSET
    subject: Subject | UnsetType = UNSET


class Actor(Struct, frozen=True):
    """Who did something."""

    id: Annotated[str | None, Meta(description="Null for the system.")]
    login: str


class EventData(Struct, frozen=True, kw_only=True):
    """What happened. An event of the type `….hidden` has the first three members alone; some types have more."""

    entity: str
    id: Annotated[str, Meta(description="What stands behind the slash of the subject.")]
    number: int | None
    revision: Annotated[int | UnsetType | None, Meta(description="Of its row of history; null without one.")] = UNSET
    title: Annotated[str | UnsetType | None, Meta(description="Of a task, as it was afterwards.")] = UNSET
    actor: Actor | UnsetType = UNSET
    on_behalf_of: Actor | UnsetType | None = UNSET
    dialect: Annotated[str | UnsetType, Meta(description="Through which API.")] = UNSET
    operation: Annotated[str | UnsetType, Meta(description="What was called there.")] = UNSET
    changes: Annotated[
        dict[str, FieldChange] | UnsetType, Meta(description="As in the history; empty without a row of history.")
    ] = UNSET
    omitted: Annotated[
        list[str] | UnsetType, Meta(description="Fields whose old or new value is longer than 16 KiB.")
    ] = UNSET


class Event(Struct, frozen=True, kw_only=True):
    """One event: CloudEvents 1.0, structured JSON."""

    specversion: str
    id: Annotated[str, Meta(description="Time-ordered UUID.")]
    source: Annotated[str, Meta(description="`urn:dragoman:tenant:` and the percent-encoded name of the tenant.")]
    type: str
    subject: Annotated[str, Meta(description="What it is about, such as tasks/ID.")]
    time: Annotated[str, Meta(description="In UTC, with six digits.")]
    datacontenttype: str
    sequence: Annotated[str, Meta(description="Its place in the log, as 20 digits.")]
    data: EventData


class EventPage(Struct, frozen=True, kw_only=True):
    """Events, oldest first."""

    items: list[Event]
    next: Annotated[str, Meta(description="The cursor to go on from; always there.")]
    more: Annotated[bool, Meta(description="Whether there is more to read now, although this page may be empty.")]
