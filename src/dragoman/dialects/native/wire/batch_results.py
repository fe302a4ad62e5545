"""Results of batches over the wire: rows, groups of failures, and the bodies of retries and undos."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.batches import (
    Canary,
    Concurrency,
    Failures,
    NotBefore,
    OwnPolicy,
    Priority,
    Purpose,
    Rate,
    ReviewExpiresAt,
)
from dragoman.dialects.native.wire.queries import Pages
from dragoman.dialects.native.wire.scalars import AnyJson, Line
from dragoman.domain.bulk import OnChange, OnConflict
from dragoman.domain.bulk_failures import FailureCode
from dragoman.usecases.batches.outcomes.results import Became

Codes = Annotated[list[FailureCode], Meta(min_length=1, max_length=len(FailureCode), description="Any of these.")]
Outcomes = Annotated[list[Became], Meta(min_length=1, max_length=len(Became), description="Any of these.")]


class ResultQuery(Pages, frozen=True, kw_only=True):
    """Of the results of a batch."""

    outcome: Outcomes | UnsetType = UNSET
    code: Codes | UnsetType = UNSET


class Failure(Struct, frozen=True):
    """Why an entry failed. `errors` name members, and objects that are in the way."""

    code: FailureCode
    message: str
    errors: list[AnyJson]


class Result(Struct, frozen=True):
    """What became of an entry. `unchanged`: it succeeded, and found nothing to do."""

    index: int
    entry: Annotated[AnyJson | None, Meta(description="As it was sent; null for POST.")]
    data: Annotated[AnyJson | None, Meta(description="Its data; null for DELETE.")]
    outcome: Became
    unchanged: bool
    object: Annotated[str | None, Meta(description="The id that the paths of its type take.")]
    error: Failure | None
    at: str


class ResultList(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page of results."""

    items: list[Result]
    next: Annotated[str | UnsetType, Meta(description="Where the next page is; absent on the last one.")] = UNSET


class Example(Struct, frozen=True):
    """An entry that failed so."""

    index: int
    entry: AnyJson | None


class FailureGroup(Struct, frozen=True):
    """Failures of one code, field and message."""

    code: FailureCode
    field: str | None
    message: str
    count: int
    examples: Annotated[list[Example], Meta(description="The first three.")]


class FailureGroups(Struct, frozen=True):
    """The failures of a batch, the largest group first. `other`: how many are in no group."""

    items: list[FailureGroup]
    other: int


class Repeat(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of a batch that is made from another: what is left out is as there, but `not_before` and
    `review_expires_at`."""

    title: Line | UnsetType | None = UNSET
    purpose: Purpose | UnsetType = UNSET
    review: bool | UnsetType = UNSET
    policy: OwnPolicy | UnsetType = UNSET
    on_change: OnChange | UnsetType = UNSET
    max_failures: Failures | UnsetType = UNSET
    canary: Canary | UnsetType = UNSET
    rate_per_second: Rate | UnsetType = UNSET
    concurrency: Concurrency | UnsetType = UNSET
    not_before: NotBefore | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    review_expires_at: ReviewExpiresAt | UnsetType = UNSET


class Retry(Repeat, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which entries are tried again."""

    outcomes: (
        Annotated[
            list[Literal["failure", "skipped"]],
            Meta(min_length=1, description="What became of them; `failure` alone unless given."),
        ]
        | UnsetType
    ) = UNSET
    codes: Annotated[Codes | None, Meta(description="Only those that failed with one of these; null: all.")] = None


class Undo(Repeat, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a batch is taken back. It is reviewed unless that is refused."""

    on_conflict: Annotated[OnConflict, Meta(description="What becomes of members that were changed since.")] = (
        OnConflict.FAIL
    )
