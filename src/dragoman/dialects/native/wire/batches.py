"""Batches over the wire: representation, creation, changes, and the bodies of decisions.

The schemas of new batches and of changes describe; `batch_orders.py` reads, since most of its rules are about several
members at once.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.scalars import WITHOUT_NUL, AnyJson, Line, Time
from dragoman.domain import bulk_options
from dragoman.domain.bulk import Decision, Effect, EndCode, Method, OnChange, Origin, Status

LONGEST_PURPOSE = bulk_options.LONGEST_PURPOSE
LONGEST_SELECTION = bulk_options.LONGEST_SELECTION
MOST_ENTRIES = 100_000
MOST_APPROVALS = bulk_options.MOST_APPROVALS
LARGEST_CANARY = bulk_options.LARGEST_CANARY
LARGEST_RATE = bulk_options.LARGEST_RATE
LARGEST_CONCURRENCY = bulk_options.LARGEST_CONCURRENCY
LARGEST_PRIORITY = bulk_options.LARGEST_PRIORITY
PER_CENT = r"^(100|[1-9]?[0-9])%$"

Reason = Annotated[str, Meta(max_length=bulk_options.LONGEST_REASON, extra_json_schema=WITHOUT_NUL)]
Purpose = Annotated[Reason | None, Meta(description="Why, for reviewers.")]
Failures = Annotated[
    Annotated[int, Meta(ge=0)] | Annotated[str, Meta(extra_json_schema={"pattern": PER_CENT})] | None,
    Meta(description="So many failures are borne, or `P%` of all entries; the next one stops it. Null: any number."),
]
Canary = Annotated[
    Annotated[int, Meta(ge=1, le=LARGEST_CANARY)] | None,
    Meta(description="After so many entries it waits for a second decision."),
]
Rate = Annotated[
    Annotated[float, Meta(gt=0, le=LARGEST_RATE)] | None, Meta(description="The most entries a second; null: no limit.")
]
Concurrency = Annotated[
    int, Meta(ge=1, le=LARGEST_CONCURRENCY, description="How many requests to an outside service run at once.")
]
Priority = Annotated[int, Meta(ge=0, le=LARGEST_PRIORITY, description="Higher goes first among those that wait.")]
NotBefore = Annotated[Time | None, Meta(description="No entry is done before this moment, at most a year ahead.")]
ReviewExpiresAt = Annotated[Time, Meta(description="When it expires unless it was decided, at most a year ahead.")]
Raw = Annotated[AnyJson | None, Meta(description="Its number, as it was sent.")]
Entry = Annotated[str, Meta(extra_json_schema=WITHOUT_NUL)] | int


class Counts(Struct, frozen=True):
    """How many entries have an outcome, and which. All are null until the batch is prepared."""

    total: int | None
    processed: int | None
    success: int | None
    unchanged: int | None
    failure: int | None
    skipped: int | None


class Summary(Struct, frozen=True):
    """How many entries the preview found in each effect."""

    total: int
    will_change: int
    no_op: int
    missing: int
    ambiguous: int
    invalid: int
    forbidden: int


class Policy(Struct, frozen=True):
    """What its review needs."""

    approvals: int
    creator_may_approve: bool
    approvers: Annotated[list[str] | None, Meta(description="Logins, and groups as `group:NAME`.")]
    require_if_match: bool


class Decided(Struct, frozen=True):
    """A decision. `counted` is false once it is void."""

    by: str | None
    login: str
    at: str
    decision: Decision
    reason: str | None
    revision: int
    counted: bool


class Progress(Struct, frozen=True):
    """How its run gets on; the rate is that of the last ten seconds."""

    started_at: str | None
    rate_per_second: float | None
    estimated_end_at: str | None


class End(Struct, frozen=True):
    """Why it ended early."""

    code: EndCode
    detail: str


class OriginRef(Struct, frozen=True):
    """The batch that it was made from."""

    kind: Origin
    batch: str


class Batch(Struct, frozen=True):
    """One change to many objects."""

    id: Annotated[str | None, Meta(description="That of its task. Paths take the number, too. Null in a dry run.")]
    number: int | None
    title: str | None
    purpose: str | None
    method: Method
    type: str
    field: str | None
    select: Annotated[AnyJson | None, Meta(description="The conditions that its entries were found by.")]
    review: bool
    on_change: OnChange
    max_failures: int | str | None
    canary: int | None
    rate_per_second: Raw
    concurrency: int | None
    not_before: str | None
    priority: int
    review_expires_at: str | None
    status: Status
    counts: Counts
    summary: Summary | None
    policy: Annotated[Policy | None, Meta(description="Fixed when it is prepared.")]
    decisions: list[Decided]
    progress: Progress
    ended_because: End | None
    origin: OriginRef | None
    undone_by: str | None
    images_until: Annotated[str | None, Meta(description="Until when its preview and its undo are available.")]
    creator: str | None
    created_at: str
    modified_at: str
    ended_at: str | None
    revision: Annotated[int, Meta(description="Rises with status, options and preview.")]


class BatchList(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page of batches."""

    items: list[Batch]
    next: Annotated[str | UnsetType, Meta(description="Where the next page is; absent on the last one.")] = UNSET


class OwnPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """What the creator asks for beyond the rules of the configuration."""

    approvals: Annotated[int, Meta(ge=1, le=MOST_APPROVALS)] | UnsetType = UNSET
    creator_may_approve: bool | UnsetType = UNSET


class NewBatch(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A batch to create. PATCH and DELETE have `entries` with `field`, or `select`; POST has neither."""

    method: Method
    type: Annotated[Line, Meta(description="What its objects are.")]
    field: Annotated[Line | UnsetType, Meta(description="The key by which entries name objects.")] = UNSET
    entries: (
        Annotated[list[Entry], Meta(min_length=1, max_length=MOST_ENTRIES, description="One object each.")] | UnsetType
    ) = UNSET
    select: (
        Annotated[
            dict[str, AnyJson] | Annotated[str, Meta(max_length=LONGEST_SELECTION, extra_json_schema=WITHOUT_NUL)],
            Meta(description="The conditions of the type's own list, or a filter of the CarrierX language."),
        ]
        | UnsetType
    ) = UNSET
    data: (
        Annotated[
            dict[str, AnyJson] | list[dict[str, AnyJson]] | None,
            Meta(description="The change: one for all, or one for each entry. For POST the new objects."),
        ]
        | UnsetType
    ) = UNSET
    title: Line | None = None
    purpose: Purpose = None
    review: Annotated[bool, Meta(description="Whether it is previewed, and waits for a decision.")] = True
    policy: OwnPolicy = OwnPolicy()
    on_change: Annotated[OnChange, Meta(description="What becomes of objects changed since the preview.")] = (
        OnChange.FAIL
    )
    max_failures: Failures = None
    canary: Canary = None
    rate_per_second: Rate = None
    concurrency: Concurrency | UnsetType = UNSET
    not_before: NotBefore = None
    priority: Priority = 0
    review_expires_at: ReviewExpiresAt | UnsetType = UNSET


class BatchPatch(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A merge patch of a batch; null sets the default."""

    title: Line | UnsetType | None = UNSET
    purpose: Purpose | UnsetType = UNSET
    max_failures: Failures | UnsetType = UNSET
    canary: Canary | UnsetType = UNSET
    rate_per_second: Rate | UnsetType = UNSET
    concurrency: Concurrency | UnsetType | None = UNSET
    not_before: NotBefore | UnsetType = UNSET
    priority: Priority | UnsetType | None = UNSET
    review_expires_at: ReviewExpiresAt | UnsetType | None = UNSET


class Deciding(Struct, frozen=True, forbid_unknown_fields=True):
    """A decision, or a change of the run."""

    reason: Reason | UnsetType = UNSET


class BatchEntry(Struct, frozen=True):
    """One entry. `data` is null where all share theirs."""

    index: int
    entry: Entry | None
    data: AnyJson | None


class BatchEntryList(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page of entries."""

    items: list[BatchEntry]
    shared_data: Annotated[AnyJson | UnsetType, Meta(description="The data that all entries share.")] = UNSET
    next: Annotated[str | UnsetType, Meta(description="Where the next page is; absent on the last one.")] = UNSET


class PreviewRow(Struct, frozen=True):
    """What is predicted for one entry."""

    index: int
    entry: Entry | None
    effect: Effect
    object: str | None
    version: str | None
    before: AnyJson | None
    after: AnyJson | None
    changed: list[str]
    error: AnyJson | None
    warning: str | None
    stale: bool | None
    hidden: bool


class Moved(Struct, frozen=True):
    """How many objects are at another version by now; `more`: there are more."""

    count: int
    more: bool


class ChangeGroup(Struct, frozen=True):
    """Equal changes together."""

    pointer: str
    after: AnyJson | None
    count: int
    befores: int
    before: AnyJson | None


class PreviewPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page of a preview."""

    summary: Summary
    moved: Moved | None
    items: list[PreviewRow]
    groups: list[ChangeGroup] | UnsetType = UNSET
    next: Annotated[str | UnsetType, Meta(description="Where the next page is; absent on the last one.")] = UNSET


class Glance(Struct, frozen=True):
    """What an event tells of a batch."""

    status: Status
    counts: Counts
    progress: Progress
    revision: int
