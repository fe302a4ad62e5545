"""Options of a batch that change after it was made, and what they may no longer change at."""

from collections.abc import Collection
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import asdict, replace

from dragoman.domain import bulk_rates
from dragoman.domain.bulk import DAY_SECONDS, Batch, Status
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Conflict

LONGEST_TITLE = 255
LONGEST_PURPOSE = LONGEST_REASON = 2_000
LONGEST_SELECTION = 4_096
MOST_APPROVALS = 10
LARGEST_CANARY = 10_000
LARGEST_RATE = 100_000
LARGEST_CONCURRENCY = 64
LARGEST_PRIORITY = 1_000
LONGEST_AHEAD_SECONDS = 366 * DAY_SECONDS
"""How far ahead a batch may begin, and its review may end."""

VOIDING = frozenset({"max_failures", "canary", "rate", "concurrency", "not_before"})
"""Options on which reviewers have decided: a change under review voids approvals."""
BEFORE_DECISION = ("not_before", "review_expires_at")


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """New values of options, None for the default. Numbers of clients (`rate`, `max_failures`) are their texts."""

    title: str | UnsetType | None = UNSET
    purpose: str | UnsetType | None = UNSET
    max_failures: str | UnsetType | None = UNSET
    canary: int | UnsetType | None = UNSET
    rate: str | UnsetType | None = UNSET
    concurrency: int | UnsetType | None = UNSET
    not_before: Moment | UnsetType | None = UNSET
    priority: int | UnsetType | None = UNSET
    review_expires_at: Moment | UnsetType | None = UNSET


def title_of(batch: Batch) -> str:
    """The computed title: `PATCH 2 × task by id`. A selection has a count once it is resolved."""
    if batch.selection is not None and batch.total is None:
        return f"{batch.method} selected {batch.type}"
    by = "" if batch.field is None else f" by {batch.field}"
    return f"{batch.method} {batch.size} × {batch.type}{by}"


def review_expires_at(batch: Batch, review_days: int) -> Moment | None:
    """When the review of a batch is over by default; None without a review."""
    return later(batch.created_at, seconds=review_days * DAY_SECONDS) if batch.review else None


def differing(before: Batch, after: Batch) -> dict[str, list[Any]]:
    """The options that differ: name to old and new value."""
    names = Changes.__struct_fields__
    return {
        name: [getattr(before, name), getattr(after, name)]
        for name in names
        if getattr(before, name) != getattr(after, name)
    }


def changed(batch: Batch, changes: Changes, *, at: Moment, review_days: int = 30) -> Batch:
    """The batch with other options: a new revision, and no approvals where it is under review and they decided on the
    old ones. Equal values change nothing. Conflict when it has ended, or when it is too late for one of them."""
    if batch.has_ended:
        raise Conflict("batch_ended", f"The batch is {batch.status}; its options can't change any more.")
    sent = {name: value for name, value in asdict(changes).items() if value is not UNSET}
    _must_be_in_time(batch, sent.keys())
    options = {name: _or_default(batch, name, value, at, review_days) for name, value in sent.items()}
    rate = options.pop("rate", batch.rate)
    made = replace(batch, **options)
    if rate != batch.rate:
        made = bulk_rates.changed(made, rate, at)
    names = differing(batch, made).keys()
    if not names:
        return batch
    if batch.status is Status.IN_REVIEW and not VOIDING.isdisjoint(names):
        made = made.void_approvals()
    return replace(made, revision=batch.revision + 1, modified_at=at)


def _must_be_in_time(batch: Batch, names: Collection[str]) -> None:
    if "canary" in names and (batch.cursor or batch.canary_passed):
        raise Conflict("too_late", "The canary can't change any more: the first entry is done.", member="canary")
    for name in BEFORE_DECISION:
        if name in names and not _is_undecided(batch):
            raise Conflict("too_late", f"{name} can't change any more: the batch is decided.", member=name)


def _is_undecided(batch: Batch) -> bool:
    """Whether its review is still to come; without one, whether no worker has had it."""
    if batch.review:
        return batch.status in (Status.CREATED, Status.IN_REVIEW)
    return batch.started_at is None


def _or_default(batch: Batch, name: str, value: Any, at: Moment, review_days: int) -> Any:
    if value is None:
        defaults: dict[str, Any] = {"title": title_of(batch), "priority": 0}
        defaults["review_expires_at"] = review_expires_at(batch, review_days)
        return defaults.get(name)
    return None if name == "not_before" and value <= at else value
