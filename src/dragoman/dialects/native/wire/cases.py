"""Cases and their stages over the wire."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.scalars import AnyJson, Line, Person, Ref, Text, Time
from dragoman.dialects.native.wire.tasks import Outcome
from dragoman.domain.case import CaseKind
from dragoman.domain.labels import MOST_LABELS
from dragoman.domain.sales import StageKind

Title = Annotated[Line | None, Meta(description="What it is about, in a line.")]
Description = Annotated[Text | None, Meta(description="What it is about, at length.")]
ContactRef = Annotated[Ref | None, Meta(description="The contact it concerns, by number or id.")]
Assignee = Annotated[Person | None, Meta(description="Who sees to it, by id or login.")]
ExpiresAt = Annotated[Time | None, Meta(description="When it is deleted by itself, with all that it holds.")]
IsPrivate = Annotated[bool, Meta(description="Whether only its creator and its assignee see it.")]
Labels = Annotated[list[Line], Meta(max_length=MOST_LABELS, description="Words that users put on it.")]
Kind = Annotated[Literal["case", "opportunity", "service"], Meta(description="What it is to the clients that know it.")]


class SalesStage(Struct, frozen=True, kw_only=True):
    """How far an opportunity is."""

    number: int
    title: str
    kind: StageKind


class Case(Struct, frozen=True, kw_only=True):
    """What holds tasks together. It is open until it has a completion."""

    id: str
    number: int
    kind: Annotated[
        CaseKind,
        Meta(description="The inbox holds the tasks that were made without a case."),
    ]
    title: str | None
    description: str | None
    contact: int | None
    customer_id: Annotated[str | None, Meta(description="Its customer, by the id that a client gave.")]
    contact_key: Annotated[str | None, Meta(description="How an unknown customer got in touch: a number, an address.")]
    assignee: str | None
    creator: str | None
    sales_stage: Annotated[SalesStage | None, Meta(description="Of an opportunity that has one.")]
    members: Annotated[list[int], Meta(description="The numbers of further contacts that take part.")]
    labels: list[str]
    started_at: str
    completed_at: str | None
    expires_at: str | None
    outcome: Outcome | None
    is_private: bool
    created_at: str
    modified_at: str
    extensions: dict[str, AnyJson]
    extras: dict[str, dict[str, Any]]
    revision: Annotated[int, Meta(description="Rises by one with each change; the ETag.")]


class NewCase(Struct, frozen=True, forbid_unknown_fields=True):
    """A case to be made."""

    kind: Kind = "case"
    title: Title = None
    description: Description = None
    contact: ContactRef = None
    assignee: Assignee = None
    expires_at: ExpiresAt = None
    is_private: IsPrivate = False
    labels: Labels = []


class CasePatch(Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON Merge Patch of a case."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    contact: ContactRef | UnsetType = UNSET
    assignee: Assignee | UnsetType = UNSET
    expires_at: ExpiresAt | UnsetType = UNSET
    is_private: IsPrivate | UnsetType = UNSET
    labels: Labels | UnsetType = UNSET


class CaseList(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page of cases. It may be shorter than requested, and still not be the last."""

    items: list[Case]
    next: Annotated[str | UnsetType, Meta(description="Where the next page is; absent on the last one.")] = UNSET


class Stage(Struct, frozen=True, kw_only=True):
    """One step of a case."""

    id: str
    number: int
    case: int
    title: str | None
    previous: Annotated[int | None, Meta(description="The stage before it.")]
    started_at: str
    completed_at: str | None
    outcome: Outcome | None
    creator: str | None
    created_at: str
    modified_at: str
    extensions: dict[str, AnyJson]
    extras: dict[str, dict[str, Any]]
    revision: int


class StageList(Struct, frozen=True):
    """The stages of a case, all of them."""

    items: list[Stage]
