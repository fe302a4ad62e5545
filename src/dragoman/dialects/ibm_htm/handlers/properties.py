"""The 24 properties of an update, as data: how each is read, in which states and by whom it may be changed, what it
does (page, 6)."""

from collections.abc import Callable
from typing import Any

import msgspec

from dragoman.dialects.ibm_htm import views as seen
from dragoman.dialects.ibm_htm.handlers import draft
from dragoman.dialects.ibm_htm.handlers.action_table import AD, ALL_FIVE, ED, OR, OW, PS, ST, HtmRole
from dragoman.dialects.ibm_htm.wire import values
from dragoman.dialects.ibm_htm.wire.facts import fact
from dragoman.dialects.ibm_htm.wire.tasks import display_name, name
from dragoman.domain.task import ENDED, State, Task
from dragoman.usecases.uow import UnitOfWork

INACTIVE, READY = frozenset({State.INACTIVE}), frozenset({State.READY})
STARTED = READY | {State.RUNNING, State.CLAIMED}
OPEN = INACTIVE | STARTED
ANY = frozenset(State)


class Property(msgspec.Struct, frozen=True):
    """One property. `longest` is in bytes, or in characters for `in_characters`; `shown` is what a reader sees of it,
    which may be longer when another dialect wrote it, and may be sent back."""

    read: Callable[[str, Any], Any]
    states: frozenset[State]
    who: frozenset[HtmRole]
    change: Callable[[draft.Draft, Any], None]
    longest: int | None = None
    in_characters: bool = False
    shown: Callable[[UnitOfWork, Task], Any] | None = None

    def is_too_long(self, text: Any) -> bool:
        """Whether a text is beyond its limit."""
        if self.longest is None or type(text) is not str or len(text) * 4 <= self.longest:
            return False
        return (len(text) if self.in_characters else len(text.encode())) > self.longest


OR_AD = frozenset({OR, AD})
OW_OR_AD = frozenset({OW, OR, AD})
EVERYBODY = frozenset(HtmRole)


def _text(
    change: Callable[[draft.Draft, Any], None],
    longest: int,
    shown: Callable[[UnitOfWork, Task], Any],
    *,
    read: Callable[[str, Any], Any] = values.text,
    in_characters: bool = False,
) -> Property:
    return Property(read, ANY, ALL_FIVE, change, longest, in_characters, shown)


def _fact(
    name: str,
    read: Callable[[str, Any], Any],
    states: frozenset[State],
    who: frozenset[HtmRole],
    longest: int | None = None,
) -> Property:
    return Property(read, states, who, draft.setting(name), longest, False, lambda uow, task: fact(task, name))


PROPERTIES: dict[str, Property] = {
    "name": _text(draft.set_name, 220, lambda uow, task: name(task), read=values.filled_text),
    "namespace": _text(draft.setting("namespace"), 254, lambda uow, task: fact(task, "namespace")),
    "type": _text(draft.set_type, 254, seen.type_of),
    "displayName": _text(draft.set_display_name, 254, lambda uow, task: display_name(task), in_characters=True),
    "description": _text(draft.set_description, 2000, lambda uow, task: task.description, in_characters=True),
    "priority": Property(values.priority, OPEN, frozenset({PS, ST, OR, AD}), draft.set_priority),
    "businessRelevance": _fact("businessRelevance", values.boolean, OPEN, ALL_FIVE),
    "isRead": Property(values.boolean, ANY, EVERYBODY, draft.set_read),
    "isEscalated": Property(values.boolean, STARTED, frozenset({OR, ST, AD}), draft.set_escalated),
    "customProperties": Property(values.texts, ANY, ALL_FIVE, draft.set_properties),
    "dueTime": Property(values.moment, STARTED, ALL_FIVE, draft.set_due),
    "durationUntilDue": Property(values.duration, OPEN, ALL_FIVE, draft.set_until_due),
    "expirationTime": Property(values.moment, STARTED, OR_AD, draft.set_expiration),
    "durationUntilExpires": Property(values.duration, OPEN, OR_AD, draft.set_until_expires),
    "deletionTime": Property(values.moment, ENDED, OR_AD, draft.set_deletion),
    "durationUntilDeleted": Property(values.duration, ANY, OR_AD, draft.set_until_deleted),
    "supportsClaimIfSuspended": _fact(
        "supportsClaimIfSuspended", values.boolean, INACTIVE | READY, frozenset({OW, OR, ED, AD})
    ),
    "supportsDelegation": _fact("supportsDelegation", values.boolean, OPEN, OW_OR_AD),
    "supportsFollowOnTasks": _fact("supportsFollowOnTasks", values.boolean, OPEN, OW_OR_AD),
    "supportsSubTasks": _fact("supportsSubTasks", values.boolean, OPEN, OW_OR_AD),
    "contextAuthorizationOfOwner": _fact("contextAuthorizationOfOwner", values.authorization, INACTIVE | READY, OR_AD),
    "eventHandlerName": _fact("eventHandlerName", values.text, ANY, OR_AD, 254),
    "parentContextID": Property(values.object_id, ANY, OR_AD, draft.set_parent_context),
    "workBasketName": _fact("workBasketName", values.text_or_null, INACTIVE, OR_AD, 254),
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
