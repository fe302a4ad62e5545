"""Events: one for each row of history, and one for each fact without a row; their types and the audiences of both.

An event is made of what its transaction knows, and never changes. `EVENTS` in the reference lists the types.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from dragoman.domain.clock import Moment
from dragoman.domain.task import ENDED, State, Task

PLURALS = {
    **{name: f"{name}s" for name in ("task", "case", "stage", "contact", "resource", "user", "group", "webhook")},
    "work_list": "work_lists",
    "batch": "batches",
    "tenant": "tenants",
}
"""How the entities are spelled in subjects; data names the singular."""

ENDINGS = {
    State.COMPLETED: "task.completed",
    State.FAILED: "task.failed",
    State.TERMINATED: "task.terminated",
    State.EXPIRED: "task.expired",
}

RIGHTS = frozenset({"roles", "groups", "scopes", "dialects", "disabled_at"})
"""Fields of a user whose change is a change of rights."""

OF_TASKS = (
    *("task.created", "task.restored", "task.deleted", *ENDINGS.values(), "task.reopened", "task.escalated"),
    *("task.assigned", "task.released", "task.suspended", "task.resumed", "task.changed"),
)
WITH_COMPLETION = ("created", "changed", "completed", "deleted")
PLAIN = ("created", "changed", "deleted")
WITH_HISTORY = (
    *OF_TASKS,
    *(f"{entity}.{what}" for entity in ("case", "stage") for what in WITH_COMPLETION),
    *(f"{entity}.{what}" for entity in ("contact", "resource", "user", "group", "work_list") for what in PLAIN),
    *("user.rights_changed", "tenant.changed"),
)
"""The types of events that have a row of history."""
WITHOUT_HISTORY = (
    *("batch.review", "batch.decided", "batch.completed"),
    *("webhook.test", "webhook.disabled", "webhook.dead"),
)
"""The types of facts that no history counts."""
HIDDEN = ("task.hidden", "case.hidden", "contact.hidden")
"""What is heard instead of an event by those who could see its subject before, and can't any more. Never stored."""
TYPES = frozenset({*WITH_HISTORY, *WITHOUT_HISTORY, *HIDDEN})


class Event(msgspec.Struct, frozen=True):
    """One event as its transaction writes it; the sequence is drawn at the commit.

    `number` is None where the entity has none, `revision` where there is no row of history. `audience` are the holders
    that may see the subject (see `domain.audience`); `audience_before` is None where the change left it the same.
    `data` is JSON text of an object, None where history tells the facts.
    """

    uid: str
    type: str
    at: Moment
    entity: str
    number: int | None
    subject: str
    title: str | None
    revision: int | None
    actor: str | None
    actor_login: str
    on_behalf_of: str | None
    dialect: str
    operation: str
    audience: str
    audience_before: str | None = None
    data: str | None = None


def subject_of(entity: str, id_: str) -> str:
    """`tasks/01a2…`: the subject of an event of an entity that is known by this id."""
    return f"{PLURALS[entity]}/{id_}"


def type_of(
    entity: str, before: Any, after: Any, changes: Mapping[str, Any], operation: str, *, is_restored: bool = False
) -> str:
    """The type of a row of history: that of the first rule that fits. `after` is None for a deletion.

    `changes` are the row's; a fact that is recorded for an unchanged entity has equal objects before and after.
    """
    if after is None:
        return f"{entity}.deleted"
    if entity == "task":
        return "task.restored" if is_restored else _of_task(before, after, operation)
    if before is None:
        return f"{entity}.created"
    if entity == "user":
        return _of_user(before, after, changes)
    if entity in ("case", "stage") and before.completed_at is None and after.completed_at is not None:
        return f"{entity}.completed"
    return f"{entity}.changed"


def _of_task(before: Task | None, after: Task, operation: str) -> str:
    if before is None:
        return "task.created"
    if after.state is not before.state:
        if after.state in ENDINGS:
            return ENDINGS[after.state]
        if before.state in ENDED:
            return "task.reopened"
    if operation == "timer.escalate" or (after.escalated and not before.escalated):
        return "task.escalated"
    if after.assignee != before.assignee:
        return "task.released" if after.assignee is None else "task.assigned"
    if after.suspended is not before.suspended:
        return "task.suspended" if after.suspended else "task.resumed"
    return "task.changed"


def _of_user(before: Any, after: Any, changes: Mapping[str, Any]) -> str:
    if after.deleted_at is not None and before.deleted_at is None:
        return "user.deleted"
    return "user.changed" if RIGHTS.isdisjoint(changes) else "user.rights_changed"
