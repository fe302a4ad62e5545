"""Services, states and tasks as this vendor shows them (page, 3.4 to 3.6 and 11).

What its own clients sent is stored verbatim in `extras["genesys"]` and shown unchanged. What other dialects wrote is
put into the same words: their due time as an estimate, their end as a disposition.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from dragoman.dialects.genesys.wire import moments
from dragoman.dialects.genesys.wire.names import TASK_CARD
from dragoman.dialects.genesys.wire.paths import render_service
from dragoman.dialects.genesys.wire.queries import SERVICE, STATE, TASK, Wanted
from dragoman.dialects.kit import json
from dragoman.dialects.kit.changes import changed
from dragoman.domain.aliases import NameForm, PersonNames
from dragoman.domain.case import Case, Stage
from dragoman.domain.clock import TICKS_PER_SECOND, Moment, later
from dragoman.domain.extension import Extension
from dragoman.domain.task import State, Task

NAME = "genesys"
OUTCOMES = {State.FAILED: "failed", State.TERMINATED: "cancelled", State.EXPIRED: "cancelled"}
"""How an end that this dialect doesn't know reads in it."""
RESOURCE = "resource_id"
PERSON_NAMES = PersonNames(NameForm.INTEGER, ("started", RESOURCE))
"""A `resource_id` (the DBID of an agent) that matches no user stays in the start event of its task."""

Resource = dict[str, Any]


class Beside(msgspec.Struct, frozen=True):
    """Context of tasks or services: titles of categories, resource ids of users that have one or (None) are deleted; by
    number task cards, and the resource ids of users who ended them through other dialects."""

    categories: Mapping[int, str] = {}
    resources: Mapping[str | None, int | None] = {}
    cards: Mapping[int, str] = {}
    finishers: Mapping[int, int] = {}


def facts(entity: Case | Stage | Task) -> dict[str, Any]:
    """What this dialect alone knows of it."""
    return entity.extras.get(NAME, {})


def type_of(entity: Case | Stage | Task, field: str, title: str | None) -> Any:
    """The type as its client gave it, else the title; None when there is neither."""
    return facts(entity).get(field, title)


def task_type(task: Task, beside: Beside) -> Any:
    """A task without a type of its own shows its category's title, else its own (DESIGN 3)."""
    title = task.label if task.category is None else beside.categories.get(task.category, task.label)
    return type_of(task, "task_type", title)


def is_of_type(type_: Any, wanted: frozenset[str]) -> bool:
    """Whether it is one of these, compared as text; what has no type is none of them."""
    return type_ is not None and str(type_) in wanted


def started_at(entity: Case | Stage | Task) -> Moment:
    """When it began: as its client sent it, else when it was created."""
    if isinstance(entity, Task):
        sent = facts(entity).get("started")
        return entity.created_at if sent is None else moments.parse(sent["timestamp"])
    return entity.started_at


def in_order(entities: Iterable[Any]) -> list[Any]:
    """Oldest first by start, then by id: a public client takes the last as the most recent (page, section 1)."""
    return sorted(entities, key=lambda entity: (started_at(entity), entity.number))


def service(case: Case, style: str, wanted: Wanted, beside: Beside) -> Resource:
    """A service without what is inside it."""
    known = facts(case)
    shown: Resource = {
        "service_id": render_service(case, style),
        "service_type": type_of(case, "service_type", case.title),
        "customer_id": case.customer_key,
        "contact_key": case.contact_key,
        "est_duration": known.get("est_duration"),
        **expiry(case),
        "started": started(case, beside),
    }
    return _finished(shown, case, wanted.chosen(SERVICE, case.extensions), beside.finishers.get(case.number))


def expiry(case: Case) -> Resource:
    """What its client sent of when it is gone, as long as the core agrees; else the core's moment."""
    if case.expires_at is None:
        return {}
    known, moment = facts(case), moments.render(case.expires_at)
    ttl, named = known.get("ttl"), known.get("expiration_time")
    sent: Resource = {}
    if ttl is not None and later(case.started_at, seconds=ttl) == case.expires_at:
        sent["ttl"] = ttl
    if named == moment:
        sent["expiration_time"] = named
    return sent or {"expiration_time": moment}


def state(stage: Stage, service_id: int | str | None, wanted: Wanted) -> Resource:
    """A state; `service_id` is None inside a service."""
    known = facts(stage)
    shown: Resource = {
        "service_id": service_id,
        "state_id": stage.number,
        "state_type": type_of(stage, "state_type", stage.title),
        "previous_state_id": known.get("previous_state_id", stage.previous),
        "est_duration": known.get("est_duration"),
        "started": known.get("started") or {"timestamp": moments.render(stage.started_at)},
    }
    return _finished(shown, stage, wanted.chosen(STATE, stage.extensions))


def task(task: Task, service_id: int | str | None, wanted: Wanted, beside: Beside) -> Resource:
    """A task; `service_id` is None inside a service."""
    shown: Resource = {
        "service_id": service_id,
        "state_id": task.stage,
        "task_id": task.number,
        "task_type": task_type(task, beside),
        "est_duration": est_duration(task),
        "started": started(task, beside),
    }
    shown = _finished(shown, task, wanted.chosen(TASK, task.extensions), beside.finishers.get(task.number))
    if task.number in beside.cards:
        shown[TASK_CARD] = json.verbatim(beside.cards[task.number])
    return shown


def est_duration(task: Task) -> int | None:
    """Whole seconds from start to due time; None when there is no due time, or it lies before the start."""
    if task.due_at is None:
        return None
    seconds = (task.due_at - started_at(task)) // TICKS_PER_SECOND
    return seconds if seconds >= 0 else None


def completed(entity: Case | Stage | Task, finisher: int | None = None) -> Resource | None:
    """The end event: as it was sent while the core still agrees with it, else from the core, with the resource id of
    the user who ended it."""
    if (isinstance(entity, Task) and entity.is_open) or entity.completed_at is None:
        return None
    if ended_here(entity):
        sent: Resource = facts(entity)["completed"]
        return sent
    code = entity.outcome_code
    if isinstance(entity, Task):
        code = OUTCOMES.get(entity.state, code)
    outcome = {RESOURCE: finisher, "disposition": code, "disposition_desc": entity.outcome_text}
    moment = moments.render(entity.completed_at)
    return {"timestamp": moment, **{name: value for name, value in outcome.items() if value is not None}}


def ended_here(entity: Case | Stage | Task) -> bool:
    """Whether the end is still the one that a client of this dialect sent."""
    sent: Resource | None = facts(entity).get("completed")
    if sent is None or entity.completed_at is None:
        return False
    agrees = _outcome_of(sent) == (entity.outcome_code, entity.outcome_text)
    return agrees and sent["timestamp"] == moments.render(entity.completed_at)


def shows_end(entity: Case | Stage | Task, sent: Resource, finisher: int | None = None) -> bool:
    """Whether an end event with its moment is what is shown already: sent back, it changes nothing."""
    shown = completed(entity, finisher)
    return shown is not None and "timestamp" in sent and not changed(sent, shown) and not changed(shown, sent)


def _outcome_of(sent: Resource) -> tuple[str | None, str | None]:
    code = sent.get("disposition")
    return None if code is None else str(code), sent.get("disposition_desc")


def started(entity: Task | Case, beside: Beside) -> Resource:
    """The start event as it was sent, or when it began, with the first alias of the assignee. A `resource_id` that was
    sent is kept if it matched no user, and shown until somebody who has an alias gets the task."""
    begun = entity.created_at if isinstance(entity, Task) else entity.started_at
    sent: Resource = facts(entity).get("started") or {"timestamp": moments.render(begun)}
    if entity.assignee not in beside.resources:
        return sent
    resource = beside.resources[entity.assignee]
    if resource is None:
        return {name: value for name, value in sent.items() if name != RESOURCE}
    return {**sent, RESOURCE: resource}


def _finished(
    shown: Resource, entity: Case | Stage | Task, extensions: Iterable[Extension], finisher: int | None = None
) -> Resource:
    """Without members that have no value; with the end, its outcome (in both places: page, 3.4), and extensions."""
    shown = {name: value for name, value in shown.items() if value is not None}
    end = completed(entity, finisher)
    if end is not None:
        shown["completed"] = end
        shown |= {name: end[name] for name in ("disposition", "disposition_desc") if name in end}
    for extension in extensions:
        shown[extension.name] = json.verbatim(extension.value)
    return shown
