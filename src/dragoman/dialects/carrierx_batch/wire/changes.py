"""What PATCH and PUT ask for (carrierx-batch.md 7): `status` may change, all else must be what it is.

Whether a body is right depends on the task, so it is read in two parts: what follows from the body alone, and
the rest once the task is known.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from dragoman.dialects.carrierx_batch import problems as faults
from dragoman.dialects.carrierx_batch.wire.ids import partner_sid
from dragoman.dialects.carrierx_batch.wire.statuses import DECISION_WORDS, STATUS_WORDS
from dragoman.dialects.carrierx_batch.wire.tasks import NAMES
from dragoman.dialects.kit.fields import Problems
from dragoman.domain import json_numbers
from dragoman.domain.bulk import Decision
from dragoman.usecases.batches.lifecycle import BatchView

LARGE = ("data", "entries")

SMALL: dict[str, Callable[[BatchView], Any]] = {
    "field": lambda view: view.batch.field,
    "method": lambda view: str(view.batch.method),
    "partner_sid": lambda view: partner_sid(view.owner),
    "review": lambda view: view.batch.review,
    "task_sid": lambda view: view.batch.uid,
    "type": lambda view: view.batch.type,
}
"""Keys that may be sent with their present value only; others that a client can't set move under its feet, and are
ignored."""


class Change(msgspec.Struct, frozen=True):
    """A body as it was sent. `texts`: its large members, as they would be kept. `whole`: it was a PUT."""

    body: Any
    texts: dict[str, str]
    whole: bool


def parse_change(value: Any, *, whole: bool) -> Change:
    """The part that needs no task."""
    sent = value if isinstance(value, dict) else {}
    return Change(value, {name: faults.spelled(sent[name]) for name in LARGE if name in sent}, whole)


def read_decision(change: Change, view: BatchView) -> Decision | None:
    """The requested decision; None for none, or for the present one. Invalid with every fault; what is wrong
    anywhere leaves a legal status beside it unapplied (E12)."""
    body = faults.an_object(change.body)
    problems = Problems()
    for name in NAMES:
        if name not in body:
            if change.whole:
                problems.add(name, faults.REQUIRED, "this field is required")
        elif name == "status":
            _check_status(body[name], view, problems)
        elif not _is_same(name, change, view):
            problems.add(name, faults.READ_ONLY, "cannot be changed after creation")
    faults.refuse_unknown(body, NAMES, problems)
    faults.refuse(problems)
    present = STATUS_WORDS[view.batch.status]
    status = body.get("status", present)
    return None if status == present else DECISION_WORDS[status]


def _check_status(status: Any, view: BatchView, problems: Problems) -> None:
    if not isinstance(status, str):
        problems.add("status", faults.TYPE, "must be a string")
    elif status not in DECISION_WORDS and status != STATUS_WORDS[view.batch.status]:
        problems.add("status", faults.VALUE, "can be changed to approved or cancelled only")


def _is_same(name: str, change: Change, view: BatchView) -> bool:
    sent = change.body[name]
    if name in SMALL:
        present = SMALL[name](view)
        return type(sent) is type(present) and bool(sent == present)
    if name not in LARGE or view.payload is None:
        return True
    kept: str | None = getattr(view.payload, name)
    if change.texts[name] == (kept or "null"):
        return True
    return kept is not None and json_numbers.are_same(json_numbers.decode(kept), sent)
