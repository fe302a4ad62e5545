"""The 24 properties of an update, as data: how each is read, in which states and by whom it may be changed, what it
does (page, 6)."""

from collections.abc import Callable
from typing import Any

import msgspec

from dragoman.dialects.ibm_htm import views as seen
from dragoman.dialects.ibm_htm.handlers import draft
from dragoman.dialects.ibm_htm.handlers.action_table import AD, ALL_FIVE, ED, OR, OW, PS, ST, HtmRole
from dragoman.dialects.ibm_htm.wire import custom, durations, times, values
from dragoman.dialects.ibm_htm.wire.facts import fact
from dragoman.dialects.ibm_htm.wire.tasks import display_name, name
from dragoman.domain.clock import Moment
from dragoman.domain.task import ENDED, State, Task
from dragoman.usecases.uow import UnitOfWork

INACTIVE, READY = frozenset({State.INACTIVE}), frozenset({State.READY})
STARTED = READY | {State.RUNNING, State.CLAIMED}
OPEN = INACTIVE | STARTED
ANY = frozenset(State)


Shown = Callable[[UnitOfWork, Task], Any]


class Property(msgspec.Struct, frozen=True, kw_only=True):
    """One property. `shown` is what a reader sees of it; only a value that differs is checked and changes anything.
    `longest` is in bytes, or in characters for `in_characters`."""

    read: Callable[[str, Any], Any]
    states: frozenset[State]
    who: frozenset[HtmRole]
    change: Callable[[draft.Draft, Any], None]
    shown: Shown
    check: Callable[[str, Any], None] | None = None
    longest: int | None = None
    in_characters: bool = False

    def is_too_long(self, text: Any) -> bool:
        """Whether a text is beyond its limit."""
        if self.longest is None or type(text) is not str or len(text) * 4 <= self.longest:
            return False
        return (len(text) if self.in_characters else len(text.encode())) > self.longest


OR_AD = frozenset({OR, AD})
OW_OR_AD = frozenset({OW, OR, AD})
READERS = frozenset(HtmRole) - {HtmRole.MONITOR}


def _of(read: Callable[[str, Any], Any], states: frozenset[State], who: frozenset[HtmRole]) -> dict[str, Any]:
    return {"read": read, "states": states, "who": who}


def _text(change: Callable[[draft.Draft, Any], None], longest: int, shown: Shown, **more: Any) -> Property:
    return Property(**_of(values.text, ANY, ALL_FIVE), change=change, shown=shown, longest=longest, **more)


def _fact(
    name: str,
    read: Callable[[str, Any], Any],
    states: frozenset[State],
    who: frozenset[HtmRole],
    longest: int | None = None,
) -> Property:
    change = draft.setting(name)
    return Property(**_of(read, states, who), change=change, shown=lambda uow, task: fact(task, name), longest=longest)


def _time(
    change: Callable[[draft.Draft, Any], None], states: frozenset[State], who: frozenset[HtmRole], field: str
) -> Property:
    def shown(uow: UnitOfWork, task: Task) -> Moment | None:
        moment: Moment | None = getattr(task, field)
        return None if moment is None else times.shown(moment)

    return Property(**_of(values.moment, states, who), change=change, shown=shown)


def _length(
    change: Callable[[draft.Draft, Any], None],
    states: frozenset[State],
    who: frozenset[HtmRole],
    shown: Callable[[Task], str | None],
) -> Property:
    return Property(**_of(values.duration, states, who), change=change, shown=lambda uow, task: shown(task))


PROPERTIES: dict[str, Property] = {
    "name": _text(draft.set_name, 220, lambda uow, task: name(task), check=values.must_be_filled),
    "namespace": _text(draft.setting("namespace"), 254, lambda uow, task: fact(task, "namespace")),
    "type": _text(draft.set_type, 254, seen.type_of),
    "displayName": _text(draft.set_display_name, 254, lambda uow, task: display_name(task), in_characters=True),
    "description": _text(draft.set_description, 2000, lambda uow, task: task.description, in_characters=True),
    "priority": Property(
        **_of(values.whole, OPEN, frozenset({PS, ST, OR, AD})),
        change=draft.set_priority,
        shown=lambda uow, task: task.priority or 0,
        check=values.must_be_priority,
    ),
    "businessRelevance": _fact("businessRelevance", values.boolean, OPEN, ALL_FIVE),
    "isRead": Property(**_of(values.boolean, ANY, READERS), change=draft.set_read, shown=lambda uow, task: task.read),
    "isEscalated": Property(
        **_of(values.boolean, STARTED, frozenset({OR, ST, AD})),
        change=draft.set_escalated,
        shown=lambda uow, task: task.escalated,
    ),
    "customProperties": Property(
        **_of(values.texts, ANY, ALL_FIVE),
        change=draft.set_properties,
        shown=lambda uow, task: custom.shown(task),
        check=custom.check,
    ),
    "dueTime": _time(draft.set_due, STARTED, ALL_FIVE, "due_at"),
    "durationUntilDue": _length(draft.set_until_due, OPEN, ALL_FIVE, durations.until_due),
    "expirationTime": _time(draft.set_expiration, STARTED, OR_AD, "expires_at"),
    "durationUntilExpires": _length(draft.set_until_expires, OPEN, OR_AD, durations.until_expires),
    "deletionTime": _time(draft.set_deletion, ENDED, OR_AD, "delete_at"),
    "durationUntilDeleted": _length(draft.set_until_deleted, ANY, OR_AD, durations.until_deleted),
    "supportsClaimIfSuspended": _fact(
        "supportsClaimIfSuspended", values.boolean, INACTIVE | READY, frozenset({OW, OR, ED, AD})
    ),
    "supportsDelegation": _fact("supportsDelegation", values.boolean, OPEN, OW_OR_AD),
    "supportsFollowOnTasks": _fact("supportsFollowOnTasks", values.boolean, OPEN, OW_OR_AD),
    "supportsSubTasks": _fact("supportsSubTasks", values.boolean, OPEN, OW_OR_AD),
    "contextAuthorizationOfOwner": _fact("contextAuthorizationOfOwner", values.authorization, INACTIVE | READY, OR_AD),
    "eventHandlerName": _fact("eventHandlerName", values.text, ANY, OR_AD, 254),
    "parentContextID": Property(
        **_of(values.object_id, ANY, OR_AD), change=draft.set_parent_context, shown=seen.parent_context
    ),
    "workBasketName": Property(
        **_of(values.text_or_null, INACTIVE, OR_AD),
        change=draft.set_work_basket,
        shown=lambda uow, task: task.work_list,
        longest=254,
    ),
}
"""The page, 6: the union where its sources differ. What is not here is passed over: newer clients name more."""

PAIRS = (
    ("dueTime", "durationUntilDue"),
    ("expirationTime", "durationUntilExpires"),
    ("deletionTime", "durationUntilDeleted"),
)
"""A time, and the length that it follows from: never both at once."""

WHILE_SUSPENDED = frozenset({"customProperties", "isRead"})
"""What alone may be updated on a suspended task."""
