"""Who came first: a sentence about the latest change of a task that got in the way of an act."""

from typing import Any

import msgspec

from dragoman.domain.clock import Moment
from dragoman.domain.task import ENDED
from dragoman.usecases.events.history import HistoryRow
from dragoman.usecases.tasks.whole import Whole
from dragoman.web.visit import Visit
from dragoman.web.words import N_

DECIDING = ("deleted", "state", "assignee", "suspended", "outcome_code", "outcome_text")
"""What the time of an act depends on."""
TICKS = 10_000_000  # a second
STATES = {
    "completed": N_("%(who)s completed it %(ago)s."),
    "failed": N_("%(who)s failed it %(ago)s."),
    "terminated": N_("%(who)s terminated it %(ago)s."),
    "expired": N_("It expired %(ago)s."),
    "running": N_("%(who)s started to work on it %(ago)s."),
    "inactive": N_("%(who)s changed it %(ago)s."),
}
CLAIMED = N_("%(who)s claimed it %(ago)s.")
ASSIGNED = N_("%(who)s assigned it to %(whom)s %(ago)s.")
RELEASED = N_("%(who)s released it %(ago)s.")
REOPENED = N_("%(who)s reopened it %(ago)s.")
SUSPENDED = N_("%(who)s suspended it %(ago)s.")
RESUMED = N_("%(who)s resumed it %(ago)s.")
DELETED = N_("%(who)s deleted it %(ago)s.")
CHANGED = N_("%(who)s changed it %(ago)s.")

_changes = msgspec.json.Decoder(dict[str, tuple[Any, Any]])


def sentence(visit: Visit, whole: Whole, seen: int | None = None) -> str:
    """The latest change of state or holder after the revision that was seen; empty where there is none."""
    for row in whole.history:
        if seen is not None and row.revision <= seen:
            break
        changes = _changes.decode(row.changes) if row.changes else {}
        if any(name in changes for name in DECIDING) and "created_at" not in changes:
            return _said(visit, whole, row, changes)
    return ""


def _said(visit: Visit, whole: Whole, row: HistoryRow, changes: dict[str, Any]) -> str:
    _, holder = changes.get("assignee", (None, None))
    text = _text(row, changes, holder)
    return visit.gettext(
        text,
        who=whole.name("user", row.actor) or row.principal,
        whom=whole.name("user", holder) or holder,
        ago=ago(visit, row.at),
    )


def _text(row: HistoryRow, changes: dict[str, Any], holder: str | None) -> str:
    if "deleted" in changes:
        return DELETED
    before, state = changes.get("state", (None, None))
    if before in ENDED and state not in ENDED and state is not None:
        return REOPENED
    if state in STATES:
        return STATES[state]
    if holder is not None:
        return CLAIMED if holder == row.actor else ASSIGNED
    if "assignee" in changes:
        return RELEASED
    if "suspended" in changes:
        return SUSPENDED if changes["suspended"][1] else RESUMED
    return CHANGED


def ago(visit: Visit, at: Moment) -> str:
    """How long ago it was, to the second within a minute."""
    seconds = max(0, int((visit.request.received_at - at) // TICKS))
    if seconds < 60:
        return visit.gettext("%(amount)s ago", amount=f"{seconds} s")
    return visit.moments.of(at).near
