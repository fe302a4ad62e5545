"""Escalations of a task: what happens when an expected state is not reached in time.

A template defines them. In a task each waits from the moment of its activation; when its time has come, or somebody
triggers it, it escalates, unless the task is by then what was expected. Those of a chain follow each other: the next
one waits from the moment the one before has escalated. Suspending a task stops no escalation.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from dragoman.domain import timing
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid

MOST = 15
"""Of one task: a dialect spells the place of each within one digit."""


class Activation(StrEnum):
    """What a task must be for an escalation to wait."""

    READY = "ready"
    RUNNING = "running"
    CLAIMED = "claimed"
    WAITING_FOR_SUBTASKS = "waiting_for_subtasks"


class Expectation(StrEnum):
    """What a task should be when the time of the escalation has come."""

    CLAIMED = "claimed"
    ENDED = "ended"
    SUBTASKS_COMPLETED = "subtasks_completed"


class Action(StrEnum):
    """What an escalation does, beside marking the task: its receivers get the right to see the task, or are told by
    mail or by an event, which listeners of the event log send."""

    CREATE_WORK_ITEM = "create_work_item"
    SEND_EMAIL = "send_email"
    CREATE_EVENT = "create_event"


class Increase(StrEnum):
    """How often the priority of the task grows by one."""

    NO = "no"
    ONCE = "once"
    REPEATED = "repeated"


class EscalationState(StrEnum):
    """One that waits has a timer; one that is superfluous never escalates."""

    INACTIVE = "inactive"
    WAITING = "waiting"
    ESCALATED = "escalated"
    SUPERFLUOUS = "superfluous"


class Escalation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One escalation of a task; in a template, what a task's begins as. Receivers are spelled as holders of work items.

    `after` counts from the activation; it is DURATION_NOT_USED where a user set the moment. `escalates_at` is when it
    escalates, or did; `due_at` is its timer: the same, or the next repetition.
    """

    name: str
    activation: Activation = Activation.READY
    expected: Expectation = Expectation.CLAIMED
    after: str = timing.ZERO
    repeat: str | None = None
    action: Action = Action.CREATE_WORK_ITEM
    increase_priority: Increase = Increase.NO
    receivers: tuple[str, ...] = ()
    chain: int = 1
    state: EscalationState = EscalationState.INACTIVE
    activated_at: Moment | None = None
    escalates_at: Moment | None = None
    due_at: Moment | None = None
    properties: dict[str, str] = {}

    def timed(self, after: str, at: Moment | None) -> "Escalation":
        """With this length and moment of escalation, while it waits."""
        return replace(self, after=after, escalates_at=at, due_at=at)


Escalations = tuple[Escalation, ...]


class Stand(NamedTuple):
    """Where a task stands, as escalations look at it."""

    is_ended: bool
    activates: frozenset[Activation]
    meets: frozenset[Expectation]


class Fired(NamedTuple):
    """The escalations after some were due, how often the priority grows, and who receives the task."""

    escalations: Escalations
    raises: int
    receivers: tuple[str, ...]
    has_escalated: bool


def settled(escalations: Escalations, stand: Stand, at: Moment) -> Escalations:
    """The escalations as the state of the task has them: some wait from now on, and none once the task has ended."""
    after = list(escalations)
    for place, one in enumerate(escalations):
        if stand.is_ended:
            after[place] = _ended(one)
        elif one.state is EscalationState.INACTIVE and one.activation in stand.activates and _is_next(after, place):
            due_at = after_or_never(at, one.after)
            waiting = replace(one, state=EscalationState.WAITING, activated_at=at)
            after[place] = replace(waiting, escalates_at=due_at, due_at=due_at)
    return escalations if all(map(_is, after, escalations)) else tuple(after)


def due(escalations: Escalations, stand: Stand, until: Moment) -> Fired:
    """What is due by a moment has fired, each in its turn. Repetitions that were missed count as one."""
    fired = Fired(escalations, 0, (), False)
    for _ in escalations:
        known = fired.escalations
        waiting = [(one.due_at, place) for place, one in enumerate(known) if one.due_at is not None]
        first = min(waiting, default=None)
        if first is None or first[0] > until:
            break
        fired = _fired(fired, first[1], stand, first[0], until)
    return fired


def triggered(escalations: Escalations, place: int, stand: Stand, at: Moment) -> Fired:
    """One of those that wait fires now."""
    return _fired(Fired(escalations, 0, (), False), place, stand, at, at)


def kept(before: Escalations, after: Escalations) -> Escalations:
    """Former escalations, but those that have escalated since stay so: putting a change back calls nobody off."""
    if len(before) != len(after):
        return before
    states = (EscalationState.ESCALATED,)
    return tuple(new if new.state in states else old for old, new in zip(before, after, strict=True))


def next_due(escalations: Escalations) -> Moment | None:
    """When the next one is due."""
    return min((one.due_at for one in escalations if one.due_at is not None), default=None)


def neighbours(escalations: Sequence[Escalation], place: int) -> tuple[int, int | None, int | None]:
    """The places of the first of a chain, of the one before, and of the next one."""
    one = escalations[place]
    chain = [at for at, other in enumerate(escalations) if _chain_of(other) == _chain_of(one)]
    at = chain.index(place)
    before = chain[at - 1] if at else None
    return chain[0], before, chain[at + 1] if at + 1 < len(chain) else None


def after_or_never(at: Moment, length: str) -> Moment | None:
    """The moment a length of time later; None for one without end, and beyond the calendar."""
    try:
        return timing.after(at, length)
    except Invalid:
        return None


def _fired(fired: Fired, place: int, stand: Stand, at: Moment, until: Moment) -> Fired:
    one = fired.escalations[place]
    if one.expected in stand.meets:
        return fired._replace(escalations=settled(_with(fired.escalations, place, _ended(one)), stand, at))
    is_first = one.state is not EscalationState.ESCALATED
    raises = one.increase_priority is Increase.REPEATED or (is_first and one.increase_priority is Increase.ONCE)
    receivers = one.receivers if is_first and one.action is Action.CREATE_WORK_ITEM else ()
    after = replace(
        one,
        state=EscalationState.ESCALATED,
        escalates_at=at if is_first else one.escalates_at,
        due_at=_repeats_at(one, at, until),
    )
    escalations = settled(_with(fired.escalations, place, after), stand, at)
    return Fired(escalations, fired.raises + raises, (*fired.receivers, *receivers), True)


def _repeats_at(one: Escalation, at: Moment, until: Moment) -> Moment | None:
    if one.repeat is None:
        return None
    then = after_or_never(at, one.repeat)
    return then if then is None or then > until else after_or_never(until, one.repeat)


def _ended(one: Escalation) -> Escalation:
    """One that nothing comes of any more; what has escalated stays so."""
    if one.state in (EscalationState.INACTIVE, EscalationState.WAITING):
        return replace(one, state=EscalationState.SUPERFLUOUS, due_at=None)
    return one if one.due_at is None else replace(one, due_at=None)


def _is_next(escalations: Sequence[Escalation], place: int) -> bool:
    _, before, _ = neighbours(escalations, place)
    return before is None or escalations[before].state is EscalationState.ESCALATED


def _chain_of(one: Escalation) -> tuple[Activation, int]:
    return one.activation, one.chain


def _with(escalations: Escalations, place: int, one: Escalation) -> Escalations:
    return (*escalations[:place], one, *escalations[place + 1 :])


def _is(one: Escalation, other: Escalation) -> bool:
    return one is other
