"""A Task as it is shown: sixteen keys, alphabetical, all of them unless some are requested (3, 10)."""

from collections.abc import Callable
from typing import Any

import msgspec

from dragoman.dialects.carrierx_batch import responses as answers
from dragoman.dialects.carrierx_batch.wire.ids import partner_sid
from dragoman.dialects.carrierx_batch.wire.statuses import STATUS_WORDS
from dragoman.dialects.kit import Reply, Request, json
from dragoman.dialects.kit.batch_tags import tag_of
from dragoman.dialects.kit.times import render_millis
from dragoman.domain.bulk import Outcome
from dragoman.usecases.batches.lifecycle import BatchView


class Selection(msgspec.Struct, frozen=True):
    """Which keys are shown: those that are included (None: all), less those excluded. The sid always is."""

    included: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()

    def shows(self, name: str) -> bool:
        """Whether this key is requested."""
        return name not in self.excluded and (self.included is None or name in self.included)

    @property
    def with_payload(self) -> bool:
        """Whether the payload is needed."""
        return self.shows("entries") or self.shows("data")

    @property
    def with_failures(self) -> bool:
        """Whether failures are needed."""
        return self.shows("error_details")


ALL = Selection()


class Stored(msgspec.Struct, frozen=True):
    """The parts of a stored failure (`domain/bulk_failures.py`) that this dialect shows."""

    message: str
    errors: list[dict[str, str]]


def _entries(view: BatchView) -> Any:
    return _text(None if view.payload is None else view.payload.entries)


def _data(view: BatchView) -> Any:
    return _text(None if view.payload is None else view.payload.data)


def _text(text: str | None) -> Any:
    return None if text is None else json.verbatim(text)


KEYS: dict[str, Callable[[BatchView], Any]] = {
    "data": _data,
    "date_created": lambda view: render_millis(view.batch.created_at),
    "date_modified": lambda view: render_millis(view.batch.modified_at),
    "entries": _entries,
    "error_details": lambda view: [detail(each) for each in view.failures],
    "failure": lambda view: view.batch.unsuccessful,
    "field": lambda view: view.batch.field,
    "method": lambda view: str(view.batch.method),
    "partner_sid": lambda view: partner_sid(view.owner),
    "processed": lambda view: view.batch.settled,
    "review": lambda view: view.batch.review,
    "status": lambda view: STATUS_WORDS[view.batch.status],
    "success": lambda view: view.batch.success,
    "task_sid": lambda view: view.batch.uid or None,
    "total": lambda view: view.batch.total,
    "type": lambda view: view.batch.type,
}
"""Every key with its value, in the order in which they are printed (1)."""

NAMES = tuple(KEYS)
SID = "task_sid"
SETTABLE = ("data", "entries", "field", "method", "review", "status", "type")
"""What a client sets when it creates a task."""
IDENTITY = ("partner_sid", SID)
MOVING = tuple(name for name in NAMES if name not in SETTABLE and name not in IDENTITY)
"""Dates, counters and failures: they change without the client, so what it sends of them is ignored (5, 7)."""


def shown(view: BatchView, selection: Selection = ALL) -> dict[str, Any]:
    """The Task, or its requested keys."""
    return {name: value(view) for name, value in KEYS.items() if name == SID or selection.shows(name)}


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


def render(view: BatchView, _request: Request) -> Reply:
    """The answer with a whole Task. One that was only tried has no version yet."""
    headers = (tag_of(view.batch),) if view.batch.uid else (("Dry-Run", "true"),)
    return answers.reply(200, shown(view), headers)
