"""Subtasks: how a request names the parent, and the list of them (page, row 22 and 4.3)."""

from typing import Any

import msgspec

from dragoman.command import Keys, Lock
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm import views as seen
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers.action_table import Action
from dragoman.dialects.ibm_htm.views import TaskView
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.dialects.ibm_htm.wire.tasks import details
from dragoman.dialects.kit import Reply, Request, json
from dragoman.usecases.tasks import lookup as task_lookup
from dragoman.usecases.uow import UnitOfWork

SUBTASK = "subTask"


class Relation(msgspec.Struct, frozen=True):
    """That a task is to be a part of another, which the request names."""

    parent_id: str

    def parent(self) -> str:
        """The parent's uid. Invalid for what is no id: it is looked at after the content type (page, 13)."""
        return ids.parse_task(self.parent_id)


def parse_relation(request: Request, mode: str) -> Relation | None:
    """`relation` and `parentTaskID`: both or neither, and with `mode=async` alone (page, 5)."""
    relation, parent = request.first("relation"), request.first("parentTaskID") or None
    if relation is not None and relation != SUBTASK:
        raise refusals.unknown_value("relation", relation, (SUBTASK,))
    if (relation is None) != (parent is None):
        raise refusals.at_odds("relation", "parentTaskID")
    if parent is None:
        return None
    if mode != "async":
        raise refusals.at_odds("relation", "mode")
    return Relation(parent)


class List(msgspec.Struct, frozen=True):
    """The subtasks of a task, by uid."""

    task: str

    def keys(self) -> Keys:
        return Keys(owners=seen.OWNERS).also("task", [self.task], Lock.NONE)


def parse_list(request: Request) -> List:
    """GET task/{tkiid}/subtasks."""
    negotiation.check(request, negotiation.JSON)
    return List(ids.parse_task(request.path["tkiid"]))


def list_all(uow: UnitOfWork, command: List) -> list[TaskView]:
    """By number, those that the principal may see, ended ones too."""
    task = guard.load(uow, command.task)
    guard.check(uow, task, Action.GET)
    return seen.gather_all(uow, [child for child in task_lookup.parts_of(uow, task) if guard.roles_of(uow, child)])


def render_list(found: list[TaskView], request: Request) -> Reply:
    """The list, each with all its details, which the page allows (3)."""
    body: dict[str, Any] = {"identifier": "tkiid", "items": [details(one) for one in found]}
    return Reply(200, json.encode(body), "application/json")
