"""A Task as it is shown: sixteen keys, alphabetical, always all of them unless some are asked for (3, 10)."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from dragoman.dialects.carrierx_batch import responses as answers
from dragoman.dialects.carrierx_batch.wire.ids import partner_sid
from dragoman.dialects.carrierx_batch.wire.statuses import STATUS_WORDS
from dragoman.dialects.kit import Reply, Request, json
from dragoman.dialects.kit.times import render_millis
from dragoman.domain.bulk import Batch, Outcome
from dragoman.usecases.batches.lifecycle import Seen


class Selection(msgspec.Struct, frozen=True):
    """Which keys are shown: those that are included (None: all), less those excluded. The sid always is."""

    included: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()

    def shows(self, name: str) -> bool:
        """Whether this key is asked for."""
        return name not in self.excluded and (self.included is None or name in self.included)

    @property
    def with_payload(self) -> bool:
        """Whether what the task was sent with must be at hand."""
        return self.shows("entries") or self.shows("data")

    @property
    def with_failures(self) -> bool:
        """Whether its failures must be at hand."""
        return self.shows("error_details")


ALL = Selection()


class Stored(msgspec.Struct, frozen=True):
    """The parts of a stored failure (`domain/bulk_failures.py`) that this dialect shows."""

    message: str
    errors: list[dict[str, str]]


def _entries(seen: Seen) -> Any:
    return _text(None if seen.payload is None else seen.payload.entries)


def _data(seen: Seen) -> Any:
    return _text(None if seen.payload is None else seen.payload.data)


def _text(text: str | None) -> Any:
    return None if text is None else json.verbatim(text)


KEYS: dict[str, Callable[[Seen], Any]] = {
    "data": _data,
    "date_created": lambda seen: render_millis(seen.batch.created_at),
    "date_modified": lambda seen: render_millis(seen.batch.modified_at),
    "entries": _entries,
    "error_details": lambda seen: [detail(each) for each in seen.failures],
    "failure": lambda seen: seen.batch.failure,
    "field": lambda seen: seen.batch.field,
    "method": lambda seen: str(seen.batch.method),
    "partner_sid": lambda seen: partner_sid(seen.owner),
    "processed": lambda seen: seen.batch.processed,
    "review": lambda seen: seen.batch.review,
    "status": lambda seen: STATUS_WORDS[seen.batch.status],
    "success": lambda seen: seen.batch.success,
    "task_sid": lambda seen: seen.batch.uid or None,
    "total": lambda seen: seen.batch.total,
    "type": lambda seen: seen.batch.type,
}
"""Every key with its value, in the order in which they are printed (1)."""

NAMES = tuple(KEYS)
SID = "task_sid"
SETTABLE = ("data", "entries", "field", "method", "review", "status", "type")
"""What a client sets when it creates a task."""
IDENTITY = ("partner_sid", SID)
MOVING = tuple(name for name in NAMES if name not in SETTABLE and name not in IDENTITY)
"""Dates, counters and failures: they change without the client, so what it sends of them is ignored (5, 7)."""


def shown(seen: Seen, selection: Selection = ALL) -> dict[str, Any]:
    """The Task, or those of its keys that are asked for."""
    return {name: value(seen) for name, value in KEYS.items() if name == SID or selection.shows(name)}


def detail(failure: Outcome) -> dict[str, Any]:
    """An Error Detail (9): what was wrong with one entry, and the JSON that names it, as text."""
    return {"error": _error(failure.error), "key": failure.key}


def _error(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    failure = msgspec.json.decode(text, type=Stored)
    return {"errors": [_problem(each) for each in failure.errors], "message": failure.message}


def _problem(stored: dict[str, str]) -> dict[str, str]:
    """Our `reference` is their `reference_sid`."""
    named = {("reference_sid" if name == "reference" else name): value for name, value in stored.items()}
    return dict(sorted(named.items()))


def etag(batch: Batch) -> str:
    """Names what may change of a task, for If-Match (16)."""
    state = f"{batch.uid} {batch.status} {batch.processed} {batch.modified_at}"
    return f'"{hashlib.sha256(state.encode()).hexdigest()[:16]}"'


def render(seen: Seen, _request: Request) -> Reply:
    """The answer with a whole Task. One that was only tried has no version yet."""
    headers = (("ETag", etag(seen.batch)),) if seen.batch.uid else ()
    return answers.reply(200, shown(seen), headers)
