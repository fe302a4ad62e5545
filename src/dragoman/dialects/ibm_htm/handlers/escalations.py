"""Escalations of tasks (page, rows 56 to 60; ibm-htm-2.md, G)."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import Keys, Lock
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers.action_table import AD, Action, HtmRole
from dragoman.dialects.ibm_htm.handlers.query_requests import MOST
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.dialects.ibm_htm.wire.escalations import STATES, EscalationView, chains, details
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain.errors import TooLarge
from dragoman.domain.escalation import EscalationState
from dragoman.domain.search import MOST_VALUES
from dragoman.domain.task import Task
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import lists as task_lists
from dragoman.usecases.tasks import lookup as task_lookup
from dragoman.usecases.tasks.lists import TaskFilter
from dragoman.usecases.uow import UnitOfWork

PREFIX = "ACTION_"
TRIGGER = "TRIGGERESCALATION"
RECEIVER = HtmRole.ESCALATION_RECEIVER

Name = tuple[str, int]
"""The uid of a task, and the place of an escalation in it."""


class Get(msgspec.Struct, frozen=True):
    """One escalation."""

    task: str
    place: int
    text: str

    def keys(self) -> Keys:
        return Keys(owners=tasks.SEEN_OWNERS).also("task", [self.task], Lock.NONE)


class Trigger(Get, frozen=True):
    """Escalate now."""

    def keys(self) -> Keys:
        return Keys(tasks={self.task}, owners=tasks.SEEN_OWNERS)


class OfTask(msgspec.Struct, frozen=True):
    """All escalations of a task."""

    task: str

    def keys(self) -> Keys:
        return Keys(owners=tasks.SEEN_OWNERS).also("task", [self.task], Lock.NONE)


class Ask(msgspec.Struct, frozen=True):
    """Some escalations, and which actions are of interest."""

    escalations: tuple[tuple[str, Name], ...]
    actions: tuple[str, ...]

    def keys(self) -> Keys:
        wanted = {task for _, (task, _) in self.escalations}
        return Keys(owners=tasks.SEEN_OWNERS).also("task", wanted, Lock.NONE)


def parse_get(request: Request) -> Get:
    """GET escalation/{esiid}."""
    negotiation.check(request, negotiation.JSON)
    text = request.path["esiid"]
    return Get(*ids.parse_escalation(text), text)


def parse_trigger(request: Request) -> Trigger:
    """PUT escalation/{esiid}?action=trigger."""
    negotiation.check(request)
    text = request.path["esiid"]
    return Trigger(*ids.parse_escalation(text), text)


def parse_of_task(request: Request) -> OfTask:
    """GET task/{tkiid}/escalationInfo."""
    negotiation.check(request, negotiation.JSON)
    return OfTask(ids.parse_task(request.path["tkiid"]))


def parse_ask(request: Request) -> Ask:
    """GET escalation/actions. The vendor calls the parameter `taskIDs` here, too."""
    negotiation.check(request, negotiation.JSON)
    listed = request.first("taskIDs")
    if listed is None:
        raise refusals.missing_parameter("taskIDs")
    wanted = request.first("actions")
    actions = tuple(ALLOWED) if wanted is None else tuple(map(_action, wanted.split(",")))
    if listed.count(",") >= MOST_VALUES:
        raise refusals.too_many_terms("taskIDs", MOST_VALUES)
    texts = tuple(text.strip() for text in listed.split(","))
    return Ask(tuple((text, ids.parse_escalation(text)) for text in texts), actions)


def _action(text: str) -> str:
    name = text.strip().removeprefix(PREFIX)
    if name not in ALLOWED or not text.strip().startswith(PREFIX):
        raise refusals.unknown_value("actions", text)
    return name


def find(uow: UnitOfWork, task: str, place: int, text: str) -> Task:
    """The task of an escalation. NotFound (`escalation_not_found`) where there is none."""
    found = None if place < 0 else task_lookup.find(uow, task)
    if found is None or place >= len(found.escalations):
        raise refusals.no_escalation(text)
    return found


def with_escalations(uow: UnitOfWork, wanted: TaskFilter) -> list[Task]:
    """Those of the tasks that have any, the oldest first. TooLarge for more than can be looked at."""
    found, is_cut = task_lists.page(uow, replace(wanted, has_escalations=True), (), limit=MOST + 1)
    if is_cut or len(found) > MOST:
        raise TooLarge("page_too_large", f"More than {MOST} tasks have escalations that could be listed.")
    return found


def get(uow: UnitOfWork, command: Get) -> EscalationView:
    """For users who have a role on its task."""
    task = find(uow, command.task, command.place, command.text)
    guard.check(uow, task, Action.GET)
    return EscalationView(task, command.place)


def of_task(uow: UnitOfWork, command: OfTask) -> Task:
    """The task, for users who have a role on it."""
    task = guard.load(uow, command.task)
    guard.check(uow, task, Action.GET)
    return task


def trigger(uow: UnitOfWork, command: Trigger) -> None:
    """Escalate one that waits; one whose expected state is reached becomes superfluous."""
    task = find(uow, command.task, command.place, command.text)
    require(uow, task, frozenset({AD}), TRIGGER, command.text)
    state = task.escalations[command.place].state
    if state is not EscalationState.WAITING:
        raise refusals.escalation_state(STATES[state], command.text, TRIGGER)
    guard.keep(uow, task.escalate(command.place, at=uow.now))


def require(uow: UnitOfWork, task: Task, who: frozenset[HtmRole], action: str, text: str) -> None:
    """Forbidden (`escalation_denied`) unless the principal has one of the roles on the task."""
    if guard.roles_of(uow, task).isdisjoint(who):
        raise refusals.escalation_denied(guard.login(uow), action, text)


def ask(uow: UnitOfWork, command: Ask) -> dict[str, Any]:
    """For each escalation the actions that would not be refused."""
    found = [_allowed(uow, text, name, command.actions) for text, name in command.escalations]
    return {"identifier": "esiid", "tasks": found}


def _allowed(uow: UnitOfWork, text: str, name: Name, actions: tuple[str, ...]) -> dict[str, Any]:
    task = find(uow, *name, text)
    roles = guard.check(uow, task, Action.GET)
    seen = EscalationView(task, name[1])
    return {"esiid": seen.id, "actions": [PREFIX + action for action in actions if ALLOWED[action](seen, roles)]}


May = Callable[[EscalationView, frozenset[HtmRole]], bool]

ALLOWED: dict[str, May] = {
    "CREATEWORKITEM": lambda seen, roles: False,
    "DELETEWORKITEM": lambda seen, roles: False,
    "GETCUSTOMPROPERTY": lambda seen, roles: True,
    "GETDOCUMENTATION": lambda seen, roles: False,
    "GETESCALATION": lambda seen, roles: True,
    "GETESCALATIONTEMPLATE": lambda seen, roles: False,
    "GETROLEINFO": lambda seen, roles: False,
    "SETCUSTOMPROPERTY": lambda seen, roles: not roles.isdisjoint({AD, RECEIVER}),
    "TRANSFERWORKITEM": lambda seen, roles: False,
    "TRIGGERESCALATION": lambda seen, roles: AD in roles and seen.escalation.state is EscalationState.WAITING,
    "UPDATE": lambda seen, roles: AD in roles,
}
"""Every name of the page, and when it is listed; work items of escalations and documentation are not offered."""


def render(seen: EscalationView, request: Request) -> Reply:
    """The details of an escalation, bare."""
    return Reply(200, json.encode(details(seen)), "application/json")


def render_info(task: Task, request: Request) -> Reply:
    """The escalations of a task, chain by chain."""
    return Reply(200, json.encode({"escalationInfo": chains(task)}), "application/json")


def render_actions(found: dict[str, Any], request: Request) -> Reply:
    return Reply(200, json.encode(found), "application/json")
