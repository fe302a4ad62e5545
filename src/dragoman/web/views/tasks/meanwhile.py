"""What others did to a task while somebody edited it, as sentences."""

from typing import Any

import msgspec

from dragoman.domain.task import Task
from dragoman.usecases.events.history import HistoryRow
from dragoman.usecases.tasks.whole import Whole
from dragoman.web.views.tasks import finding
from dragoman.web.views.tasks.labels import FORM_LABELS
from dragoman.web.visit import Visit
from dragoman.web.words import N_

SAVED = N_("Saved.")
CHANGED = N_("%(who)s changed %(what)s meanwhile.")

_changes = msgspec.json.Decoder(dict[str, tuple[Any, Any]]).decode


async def saved(visit: Visit, before: Task, seen: int | None) -> str:
    """What is said of a save: that it is done, and what others changed after the revision that was seen."""
    sentences = [visit.gettext(SAVED)]
    if seen is not None and before.revision > seen:
        found = await finding.whole(visit)
        fields: dict[str, list[str]] = {}
        for row in found.history:
            if seen < row.revision <= before.revision:
                fields.setdefault(_who(found, row), []).extend(_names(visit, row))
        for who, names in fields.items():
            what = ", ".join(visit.gettext("the %(field)s", field=name) for name in dict.fromkeys(names))
            sentences.append(visit.gettext(CHANGED, who=who, what=what))
    return " ".join(sentences)


def author(visit: Visit, found: Whole, name: str, seen: int | None) -> str:
    """Who changed a field last, after the revision that was seen."""
    root = ".".join(name.split(".")[:2])
    fields = {"due_local": ("due_local", "due_at", "due_zone")}.get(name, (name, root))
    for row in found.history:
        if seen is not None and row.revision <= seen:
            break
        if row.changes and not _changes(row.changes).keys().isdisjoint(fields):
            return _who(found, row)
    return visit.gettext("Somebody")


def _who(found: Whole, row: HistoryRow) -> str:
    return found.name("user", row.actor) or row.principal


def _names(visit: Visit, row: HistoryRow) -> list[str]:
    names = _changes(row.changes) if row.changes else {}
    return [
        visit.gettext(FORM_LABELS[name]).lower() if name in FORM_LABELS else name.partition(".")[2] or name
        for name in names
        if name in FORM_LABELS or "." in name
    ]
