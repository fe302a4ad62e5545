"""Escalations as this vendor shows them (ibm-htm-2.md, G)."""

from collections.abc import Sequence
from typing import Any

import msgspec

from dragoman.dialects.ibm_htm.wire import ids, times
from dragoman.domain.escalation import (
    Action,
    Activation,
    Escalation,
    EscalationState,
    Expectation,
    Increase,
    neighbours,
)
from dragoman.domain.task import Task

STATES = {state: f"STATE_{state.name}" for state in EscalationState}
ACTIONS = {action: f"ACTION_{action.name}" for action in Action}
ACTIVATIONS = {
    Activation.READY: "ACTIVATION_STATE_READY",
    Activation.RUNNING: "ACTIVATION_STATE_RUNNING",
    Activation.CLAIMED: "ACTIVATION_STATE_CLAIMED",
    Activation.WAITING_FOR_SUBTASKS: "ACTIVATION_STATE_WAITING_FOR_SUBTASK",
}
EXPECTATIONS = {expected: f"AT_LEAST_EXPECTED_STATE_{expected.name}" for expected in Expectation}
INCREASES = {increase: f"INCREASE_PRIORITY_{increase.name}" for increase in Increase}


class EscalationView(msgspec.Struct, frozen=True):
    """An escalation by its place in its task."""

    task: Task
    place: int

    @property
    def escalation(self) -> Escalation:
        return self.task.escalations[self.place]

    @property
    def id(self) -> str:
        return ids.escalation_id(self.task.uid, self.place)


def all_of(task: Task) -> list[EscalationView]:
    """The escalations of a task, in the order of its template."""
    return [EscalationView(task, place) for place in range(len(task.escalations))]


def details(seen: EscalationView) -> dict[str, Any]:
    """All that is known of an escalation. What is absent is left out."""
    one, task = seen.escalation, seen.task
    first, before, following = neighbours(task.escalations, seen.place)
    shown: dict[str, Any] = {
        "esiid": seen.id,
        "name": one.name,
        "displayName": one.name,
        "taskInstanceID": ids.task_id(task.uid),
        "tkiid": ids.task_id(task.uid),
        "escalationTemplateID": template_id(seen),
        "state": STATES[one.state],
        "action": ACTIONS[one.action],
        "activationState": ACTIVATIONS[one.activation],
        "atLeastExpectedState": EXPECTATIONS[one.expected],
        "priorityIncrease": INCREASES[one.increase_priority],
        "activationTime": _time(one.activated_at),
        "escalationTime": _time(one.escalates_at),
        "durationUntilEscalated": one.after,
        "durationUntilRepeated": one.repeat,
        "firstEscalationID": ids.escalation_id(task.uid, first),
        "nextEscalationID": _neighbour(task, following),
        "previousEscalationID": _neighbour(task, before),
        "customProperties": one.properties or None,
    }
    return {name: value for name, value in shown.items() if value is not None}


def chains(task: Task) -> list[dict[str, Any]]:
    """The escalations by their activation and chain, as `escalationInfo` holds them."""
    found: dict[Activation, dict[int, list[dict[str, Any]]]] = {}
    for seen in all_of(task):
        one = seen.escalation
        found.setdefault(one.activation, {}).setdefault(one.chain, []).append(details(seen))
    return [
        {
            "activationState": ACTIVATIONS[activation],
            "escalationChains": [{"escalationChain": chain} for _, chain in sorted(by_chain.items())],
        }
        for activation, by_chain in sorted(found.items(), key=lambda each: ORDER.index(each[0]))
    ]


ORDER: Sequence[Activation] = tuple(Activation)


def template_id(seen: EscalationView) -> str | None:
    """The id of its definition in the template."""
    template = seen.task.template
    return None if template is None else ids.escalation_template_id(template, seen.place)


def _neighbour(task: Task, place: int | None) -> str | None:
    return None if place is None else ids.escalation_id(task.uid, place)


def _time(moment: Any) -> str | None:
    return None if moment is None else times.render(moment)
