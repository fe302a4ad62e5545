"""Facts that only this vendor knows, kept in `extras["ibm_htm"]`: only what differs from the value that it begins with.

A task gets them from its template when it is made, and keeps them: a later version of the template changes nothing.
"""

from typing import Any

from dragoman.dialects.ibm_htm.options import NAME
from dragoman.domain.task import Task
from dragoman.domain.template import Template

HUMAN = "human"

FLAGS: dict[str, bool] = {
    "supportsClaimIfSuspended": False,
    "supportsDelegation": True,
    "supportsFollowOnTasks": True,
    "supportsSubTasks": True,
    "supportsAutomaticClaim": False,
    "businessRelevance": False,
}
"""The defaults of a task, also of one from another dialect."""

BEGINNINGS: dict[str, Any] = {
    **FLAGS,
    "kind": HUMAN,
    "contextAuthorizationOfOwner": "AUTH_NONE",
    "namespace": None,
    "eventHandlerName": None,
    "isTransferredToWorkBasket": False,
    "parentContextID": None,
    "oneWay": False,
}
"""Every fact, with the value that is not kept."""

_NOTHING: dict[str, Any] = {}


def fact(task: Task, name: str) -> Any:
    """What is known of the task under this name."""
    return task.extras.get(NAME, _NOTHING).get(name, BEGINNINGS[name])


def kind_of(task: Task) -> str:
    """The vendor's kind: human, originating, participating, administrative."""
    return str(fact(task, "kind"))


def of_template(template: Template) -> dict[str, Any]:
    """The facts that a task takes from its template, as `extras["ibm_htm"]` keeps them."""
    facts: dict[str, Any] = {name: value for name, value in template.flags.items() if name in FLAGS}
    facts |= {"kind": template.kind, "namespace": template.namespace, "oneWay": template.is_one_way}
    return {name: value for name, value in facts.items() if value != BEGINNINGS[name]}


def with_facts(task: Task, sent: dict[str, Any]) -> Task:
    """The task with these facts; one that has the value that all begin with is not kept."""
    known = {**task.extras.get(NAME, _NOTHING), **sent}
    kept = {name: value for name, value in known.items() if name not in BEGINNINGS or value != BEGINNINGS[name]}
    return task if kept == task.extras.get(NAME, _NOTHING) else task.with_extra(NAME, kept)
