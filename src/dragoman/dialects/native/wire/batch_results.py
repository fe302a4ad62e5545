"""Results of batches over the wire: rows, groups of failures, and the bodies of retries and undos."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.queries import Pages
from dragoman.dialects.native.wire.scalars import AnyJson
from dragoman.domain.bulk_failures import FailureCode
from dragoman.usecases.batches.results import Became

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
