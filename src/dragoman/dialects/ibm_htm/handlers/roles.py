"""Who holds a role on a task (page, row 19)."""

import msgspec

from dragoman.command import Keys, Lock
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers import work_items
from dragoman.dialects.ibm_htm.handlers.action_table import Action
from dragoman.dialects.ibm_htm.handlers.messages import OWNERS, template_of
from dragoman.dialects.ibm_htm.handlers.work_items import GROUP
from dragoman.dialects.ibm_htm.views import name_of
from dragoman.dialects.ibm_htm.wire import ids, negotiation, roles
from dragoman.dialects.ibm_htm.wire.roles import Reason
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain.work_item import EVERYBODY, REVIEWERS
from dragoman.usecases.identity import lookup as people_lookup
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork


class Get(msgspec.Struct, frozen=True):
    """Who holds this role on the task."""

    task: str
    reason: Reason

    def keys(self) -> Keys:
        return Keys(owners=OWNERS).also("task", [self.task], Lock.NONE)


class Holders(msgspec.Struct, frozen=True):
    """Names of users, or None for everybody, and names of groups."""

    users: list[str] | None
    groups: list[str]


def parse_get(request: Request) -> Get:
    """GET task/{tkiid}/role/{role}."""
    negotiation.check(request, negotiation.JSON)
    return Get(ids.parse_task(request.path["tkiid"]), roles.parse(request.path["role"]))


def get(uow: UnitOfWork, command: Get) -> Holders:
    """For users who have a role on the task."""
    task = guard.load(uow, command.task)
    guard.check(uow, task, Action.GET)
    is_private = tasks.linked(uow, task).is_private
    found = work_items.holders(task, command.reason, template_of(uow, task), is_private=is_private)
    if EVERYBODY in found:
        return Holders(None, [])
    groups = [name_of_group(uow, holder) for holder in found if is_group(holder)]
    users = [name_of(uow, holder) or holder for holder in found if not is_group(holder)]
    return Holders(users, groups)


def is_group(holder: str) -> bool:
    """Whether the holder is shown as a group: one, or all users with a role."""
    return holder == REVIEWERS or holder.startswith(GROUP)


def name_of_group(uow: UnitOfWork, holder: str) -> str:
    """The name of a group that holds a work item; its id if there is none of it any more; the word of a role."""
    if holder == REVIEWERS:
        return holder.partition(":")[2]
    uid = holder.removeprefix(GROUP)
    group = people_lookup.find_group(uow, uid)
    return uid if group is None else group.name


def render(found: Holders, request: Request) -> Reply:
    """The vendor's result set."""
    body = {"staffResultSet": roles.result_set(found.users, found.groups)}
    return Reply(200, json.encode(body), "application/json")
