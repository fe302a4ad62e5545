"""Which changes of a task may bring it into a list: those of fields on which the list's conditions depend.

A task of a later page that changes otherwise was in the list before, so it isn't new there.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from dragoman.domain.history_values import Change, changes_of
from dragoman.domain.task import OPEN
from dragoman.usecases.events.tailing import Row
from dragoman.usecases.events.visibility import Heard
from dragoman.usecases.tasks.lists import TaskFilter

COMING = frozenset({"task.created", "task.restored", "task.reopened"})
"""Events behind which a task is in lists in which it wasn't."""
OPENNESS = "open"
"""What stands for a field: whether the state is one of those that are open."""
FIELDS: Mapping[str, frozenset[str]] = {
    "states": frozenset({"state"}),
    "is_open": frozenset({OPENNESS}),
    "assignee": frozenset({"assignee"}),
    "unassigned": frozenset({"assignee"}),
    "creator": frozenset({"creator"}),
    "category": frozenset({"category"}),
    "case": frozenset({"case"}),
    "stage": frozenset({"stage"}),
    "parent": frozenset({"parent"}),
    "contacts": frozenset({"contact"}),
    "suspended": frozenset({"suspended"}),
    "priority": frozenset({"priority"}),
    "type": frozenset({"type"}),
    "due_from": frozenset({"due_at"}),
    "due_to": frozenset({"due_at"}),
    "is_overdue": frozenset({"due_at"}),
    "words": frozenset({"title", "description"}),
    "escalated": frozenset({"escalated"}),
    "made_through": frozenset(),
    "visible_to": frozenset(),
    "claimable_by": frozenset({"work_items"}),
    "in_review": frozenset({"status", "state"}),
    "kind": frozenset(),
}
"""The fields of a task that a condition looks at. Of a condition that isn't here, all."""
BESIDE = ("timers", "lost", "lateral", "is_within", "visible_through")
"""What of a filter is no condition of its own."""
USUAL = TaskFilter()


def depends_on(wanted: TaskFilter) -> frozenset[str] | None:
    """The fields of a task on which the conditions depend; None for all."""
    found: set[str] = set()
    for name in TaskFilter.__struct_fields__:
        value = getattr(wanted, name)
        if name in BESIDE or value == getattr(USUAL, name):
            continue
        fields = _of_filters(value) if _holds_filters(value) else FIELDS.get(name)
        if fields is None:
            return None
        found |= fields
    return frozenset(found)


def may_bring(row: Row, what: Heard, fields: frozenset[str] | None) -> bool:
    """Whether the event may bring its task into a list that depends on these fields."""
    event = row.event
    if what is Heard.HIDDEN:
        return False
    if event.type in COMING or event.audience_before is not None:
        return True
    try:
        changes = changes_of(row.changes or "{}")
    except (msgspec.DecodeError, ValueError):
        return True
    return fields is None or any(_is_among(name, change, fields) for name, change in changes.items())


def _is_among(name: str, change: Change, fields: frozenset[str]) -> bool:
    if name.partition(".")[0] in fields:
        return True
    return name == "state" and OPENNESS in fields and _is_open(change[0]) != _is_open(change[1])


def _is_open(state: msgspec.Raw) -> bool:
    return msgspec.json.decode(state) in OPEN


def _holds_filters(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], TaskFilter)


def _of_filters(filters: tuple[TaskFilter, ...]) -> frozenset[str] | None:
    found: set[str] = set()
    for one in filters:
        fields = depends_on(one)
        if fields is None:
            return None
        found |= fields
    return frozenset(found)
