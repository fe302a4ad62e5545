"""Changing an escalation: all of the members of a body, or none (ibm-htm-2.md, G)."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import Keys
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers import escalations
from dragoman.dialects.ibm_htm.handlers.action_table import AD
from dragoman.dialects.ibm_htm.wire import custom, ids, negotiation, values
from dragoman.dialects.kit import Request, json
from dragoman.domain import timing
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid
from dragoman.domain.escalation import Escalation, EscalationState, after_or_never
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

UPDATE = "UPDATE"
CUSTOM, NAME = "customProperties", "name"
TIME, DURATION, REPETITION = "escalationTime", "durationUntilEscalated", "durationUntilRepeated"
READERS: dict[str, Callable[[str, Any], Any]] = {
    CUSTOM: values.texts,
    DURATION: values.duration,
    REPETITION: values.duration,
    TIME: values.moment,
    NAME: values.text,
}
MEMBERS = tuple(READERS)
LONGEST_NAME = 220
MOST_PROPERTIES = 100


class Update(msgspec.Struct, frozen=True):
    """New values by member. A body that can't be read is refused in its turn."""

    task: str
    place: int
    text: str
    values: dict[str, Any] | Invalid

    def keys(self) -> Keys:
        return Keys(tasks={self.task}, owners=tasks.SEEN_OWNERS)


def parse(request: Request) -> Update:
    """PUT escalation/{esiid}?action=update."""
    negotiation.check(request, negotiation.JSON)
    negotiation.check_json(request)
    text = request.path["esiid"]
    task, place = ids.parse_escalation(text)
    try:
        return Update(task, place, text, _read(request))
    except Invalid as fault:
        return Update(task, place, text, fault)


def _read(request: Request) -> dict[str, Any]:
    members = json.parse_object(request.body)
    request.ignore_other_members(members)
    found = {name: READERS[name](name, value) for name, value in members.items() if name in READERS}
    if TIME in found and DURATION in found:
        raise refusals.time_and_duration(TIME, DURATION)
    custom.check(CUSTOM, found.get(CUSTOM, {}))
    name = found.get(NAME)
    if name is not None:
        values.must_be_filled(NAME, name)
        if len(name.encode()) > LONGEST_NAME:
            raise refusals.too_long(NAME, LONGEST_NAME)
    return found


def update(uow: UnitOfWork, command: Update) -> None:
    """Every member, or none of them. One that is due by a new time escalates at once."""
    task = escalations.find(uow, command.task, command.place, command.text)
    new = command.values
    if isinstance(new, Invalid):
        raise new.with_traceback(None)
    who = {AD, escalations.RECEIVER} if new.keys() == {CUSTOM} else {AD}
    escalations.require(uow, task, frozenset(who), UPDATE, command.text)
    one = task.escalations[command.place]
    for name, value in new.items():
        one = _CHANGES[name](one, value, uow.now)
    if one == task.escalations[command.place]:
        return
    listed = (*task.escalations[: command.place], one, *task.escalations[command.place + 1 :])
    guard.keep(uow, replace(task, escalations=listed).settled(uow.now).escalated_by(uow.now))


def _merge(one: Escalation, value: dict[str, str], now: Moment) -> Escalation:
    merged = {**one.properties, **value}
    if len(merged) > MOST_PROPERTIES:
        raise refusals.too_long(CUSTOM, MOST_PROPERTIES)
    return replace(one, properties=merged)


def _rename(one: Escalation, value: str, now: Moment) -> Escalation:
    return replace(one, name=value)


def _set_time(one: Escalation, value: Moment, now: Moment) -> Escalation:
    if one.state is not EscalationState.WAITING:
        raise refusals.escalation_property(TIME)
    return one if one.escalates_at == value else one.timed(timing.NOT_USED, value)


def _set_duration(one: Escalation, value: str, now: Moment) -> Escalation:
    """Counted from the activation; before that it is only stored."""
    if one.state not in (EscalationState.INACTIVE, EscalationState.WAITING):
        raise refusals.escalation_property(DURATION)
    if value == one.after:
        return one
    if one.activated_at is None or value == timing.NOT_USED:
        return replace(one, after=value)
    at = _reached(one.activated_at, value)
    return one.timed(value, at)


def _set_repetition(one: Escalation, value: str, now: Moment) -> Escalation:
    """Counted from now where it has escalated."""
    if one.state is EscalationState.SUPERFLUOUS:
        raise refusals.escalation_property(REPETITION)
    if value == one.repeat:
        return one
    at = _reached(now, value)
    if at == now:
        raise refusals.bad_duration(value)
    return replace(one, repeat=value, due_at=at if one.state is EscalationState.ESCALATED else one.due_at)


def _reached(start: Moment, length: str) -> Moment | None:
    at = after_or_never(start, length)
    if at is None and length not in timing.CONSTANTS:
        raise refusals.bad_duration(length)
    return at


_CHANGES: dict[str, Callable[[Escalation, Any, Moment], Escalation]] = {
    CUSTOM: _merge,
    DURATION: _set_duration,
    REPETITION: _set_repetition,
    TIME: _set_time,
    NAME: _rename,
}
