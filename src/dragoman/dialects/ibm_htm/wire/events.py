"""What a row of our history means in this vendor's words (page, 12): one row, one or more events."""

from collections.abc import Iterator
from typing import Any

import msgspec

from dragoman.dialects.ibm_htm.wire.roles import FIELDS, REASONS, Reason, symbol
from dragoman.domain import timing
from dragoman.domain.clock import Moment
from dragoman.domain.escalation import EscalationState
from dragoman.domain.message import Which
from dragoman.domain.task import ENDED, State
from dragoman.domain.work_item import Role

Changes = dict[str, list[Any]]

ENDINGS = {
    State.COMPLETED: "TaskCompleted",
    State.FAILED: "TaskFailed",
    State.TERMINATED: "TaskTerminated",
    State.EXPIRED: "TaskExpired",
}
MESSAGES = {
    Which.INPUT: "TaskInputMessageUpdated",
    Which.OUTPUT: "TaskOutputMessageUpdated",
    Which.FAULT: "TaskFaultMessageUpdated",
}
FOLLOWING = frozenset({"due_at", "due_local", "due_zone", "expires_at", "delete_at"})
"""Times that follow from a change of state; by themselves they are an update."""
UPDATED = FOLLOWING | {"name", "title", "description", "category", "type", "priority", "contact", "case", "stage"}
UPDATED |= {"remind_before_minutes", "escalated", "read", "work_list"}
PARTS_UPDATED = (
    f"timing.{timing.DUE}",
    f"timing.{timing.EXPIRES}",
    f"timing.{timing.DELETED}",
    "extensions.",
    "extras.",
)
"""How a suspension will end is part of the suspension's event."""


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry. Holders are as work items spell them, until they are shown."""

    event: str
    principal: str
    at: Moment
    old: str | None = None
    new: str | None = None
    reason: str | None = None
    parent: str | None = None
    escalation: int | None = None  # the place of that which made the work item


def of_row(principal: str, at: Moment, changes: Changes) -> Iterator[Event]:
    """The events of one row, in the order in which they came about."""
    old_state, new_state = _states(changes)
    is_new = old_state is None and new_state is not None
    for name in (*_of_state(old_state, new_state), *_of_suspension(changes, new_state)):
        yield Event(name, principal, at)
    if not is_new:
        yield from _of_holders(principal, at, changes)
        for name in _of_content(changes, old_state is not new_state):
            yield Event(name, principal, at)
    if "deleted" in changes:
        yield Event("TaskDeleted", principal, at)


def _states(changes: Changes) -> tuple[State | None, State | None]:
    old, new = changes.get("state", (None, None))
    return State(old) if old else None, State(new) if new else None


def _of_state(old: State | None, new: State | None) -> Iterator[str]:
    if new is None:
        return
    if old is None:
        yield "TaskCreated"
    if new in ENDED:
        yield ENDINGS[new]
    elif old in ENDED:
        yield "TaskRestarted"
    elif new is State.READY and old is State.CLAIMED:
        yield "TaskClaimCancelled"
    elif old in (None, State.INACTIVE) and new is not State.INACTIVE:
        yield "TaskStarted"
    if new is State.CLAIMED:
        yield "TaskClaimed"


def _of_suspension(changes: Changes, new_state: State | None) -> Iterator[str]:
    old, new = changes.get("suspended", (False, False))
    if new and not old:
        yield "TaskSuspended"
    elif old and not new and new_state not in ENDED:
        yield "TaskResumed"


def _of_holders(principal: str, at: Moment, changes: Changes) -> Iterator[Event]:
    """Roles that moved. A claim that sets the owner, or a release that clears it, has its own event."""
    for reason, field in FIELDS.items():
        old, new = changes.get(field, (None, None))
        if old and new:
            yield Event("TaskWorkItemTransferred", principal, at, old, new, symbol(reason))
    before, after = changes.get("work_items", ((), ()))
    gone = [item for item in before or () if item not in after]
    come = [item for item in after or () if item not in before]
    for item in gone:
        taker = next((other for other in come if other["role"] == item["role"]), None)
        if taker is None:
            yield Event("TaskWorkItemDeleted", principal, at, item["holder"], None, _reason(item))
        else:
            come.remove(taker)
            yield Event("TaskWorkItemTransferred", principal, at, item["holder"], taker["holder"], _reason(item))
    for item in come:
        made = Event("TaskWorkItemCreated", principal, at, None, item["holder"], _reason(item))
        yield msgspec.structs.replace(made, escalation=_escalation(changes, item))


def _escalation(changes: Changes, item: dict[str, str]) -> int | None:
    """The place of the escalation that made its receiver a work item."""
    if item["role"] != Role.ESCALATION_RECEIVER or "escalations" not in changes:
        return None
    before, after = changes["escalations"]
    escalated = EscalationState.ESCALATED
    for place, (old, new) in enumerate(zip(before or (), after, strict=False)):
        has_escalated = new.get("state") == escalated != old.get("state")
        if has_escalated and item["holder"] in new.get("receivers", ()):
            return place
    return None


def _reason(item: dict[str, str]) -> str:
    return symbol(REASONS.get(Role(item["role"]), Reason.POTENTIAL_INSTANCE_CREATOR))


def _of_content(changes: Changes, has_moved: bool) -> Iterator[str]:
    """Messages, custom properties and other visible changes; each kind once a row."""
    for which, name in MESSAGES.items():
        if changes.get(f"messages.{which}", (None, None))[1] is not None:
            yield name
    if any(field.startswith(("properties.", "binaries.")) for field in changes):
        yield "TaskCustomPropertySet"
    visible = UPDATED - FOLLOWING if has_moved else UPDATED
    if any(field in visible or (not has_moved and field.startswith(PARTS_UPDATED)) for field in changes):
        yield "TaskUpdated"
