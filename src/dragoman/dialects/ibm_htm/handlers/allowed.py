"""What the caller may do now with some tasks (page, row 24). It asks the same table that guards the actions."""

from collections.abc import Callable
from typing import Any

import msgspec

from dragoman.command import Keys, Lock
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers.action_table import AD, OR, OW, PO, ST, Action, HtmRole
from dragoman.dialects.ibm_htm.handlers.basket_moves import TRANSFER
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.dialects.ibm_htm.wire.facts import fact
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain.search import MOST_VALUES
from dragoman.domain.task import ENDED, State, Task
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import work_lists
from dragoman.usecases.uow import UnitOfWork

Roles = frozenset[HtmRole]
May = Callable[[Task, Roles], bool]

PREFIX = "ACTION_"


class Ask(msgspec.Struct, frozen=True):
    """Some tasks, and which actions are of interest."""

    tasks: tuple[str, ...]
    actions: tuple[str, ...]

    def keys(self) -> Keys:
        return Keys(owners=tasks.SEEN_OWNERS).also("task", self.tasks, Lock.NONE)


def parse_ask(request: Request) -> Ask:
    """`taskIDs` and `actions`, parted by commas."""
    negotiation.check(request, negotiation.JSON)
    listed = request.first("taskIDs")
    if listed is None:
        raise refusals.missing_parameter("taskIDs")
    wanted = request.first("actions")
    actions = tuple(ALLOWED) if wanted is None else tuple(map(_action, wanted.split(",")))
    if listed.count(",") >= MOST_VALUES:
        raise refusals.too_many_terms("taskIDs", MOST_VALUES)
    return Ask(tuple(ids.parse_task(text.strip()) for text in listed.split(",")), actions)


def _action(text: str) -> str:
    name = text.strip().removeprefix(PREFIX)
    if name not in ALLOWED or not text.strip().startswith(PREFIX):
        raise refusals.unknown_value("actions", text)
    return name


def ask(uow: UnitOfWork, command: Ask) -> dict[str, Any]:
    """For each task the actions that would not be refused."""
    found = [_allowed(uow, uid, command.actions) for uid in command.tasks]
    return {"identifier": "tkiid", "tasks": found}


def _allowed(uow: UnitOfWork, uid: str, actions: tuple[str, ...]) -> dict[str, Any]:
    task = guard.load(uow, uid)
    roles = guard.check(uow, task, Action.GET)
    wanted = (name for name in actions if name.startswith("GET")) if roles == guard.ONLY_LOOKS else actions
    allowed = [PREFIX + name for name in wanted if _is_allowed(uow, name, task, roles)]
    return {"tkiid": ids.task_id(task.uid), "actions": allowed}


def _is_allowed(uow: UnitOfWork, name: str, task: Task, roles: Roles) -> bool:
    """What the table says. Whether a task may be transferred depends on the work basket that it is in."""
    may = ALLOWED[name](task, roles)
    return may and (name != TRANSFER or work_lists.may_take(uow, task, administers=AD in roles))


def render(found: dict[str, Any], request: Request) -> Reply:
    return Reply(200, json.encode(found), "application/json")


def _never(task: Task, roles: Roles) -> bool:
    """Of the Java API alone, or of what is not offered here."""
    return False


def _reader(task: Task, roles: Roles) -> bool:
    return True


def _is_movable(task: Task, roles: Roles) -> bool:
    """In the state for a transfer; a claimed task is released by it."""
    return not task.stands_for_batch and task.state in (State.READY, State.CLAIMED, State.RUNNING)


def _guarded(action: Action) -> May:
    return lambda task, roles: guard.permits(task, roles, action)


def _has_results(task: Task, roles: Roles) -> bool:
    return not fact(task, "oneWay")


def _has_fault(task: Task, roles: Roles) -> bool:
    return not fact(task, "oneWay") and task.state is not State.INACTIVE


def _may_set_result(action: Action) -> May:
    return lambda task, roles: not fact(task, "oneWay") and guard.permits(task, roles, action)


def _may_complete(task: Task, roles: Roles) -> bool:
    """A batch's task is completed by a message that decides the batch."""
    if task.stands_for_batch:
        return task.state in (State.READY, State.CLAIMED) and not roles.isdisjoint({PO, AD, OR})
    return guard.permits(task, roles, Action.COMPLETE)


def _may_update(task: Task, roles: Roles) -> bool:
    return not roles.isdisjoint(guard.editors(task)) and not task.suspended


def _may_update_inactive(task: Task, roles: Roles) -> bool:
    return task.state is State.INACTIVE and _may_update(task, roles)


def _may_set_properties(task: Task, roles: Roles) -> bool:
    return not roles.isdisjoint(guard.editors(task))


def _may_assign(task: Task, roles: Roles) -> bool:
    may = AD in roles or (OR in roles and task.state is State.INACTIVE)
    return may and not task.stands_for_batch and fact(task, "supportsDelegation") is True


def _may_transfer(task: Task, roles: Roles) -> bool:
    """Whether there is an item that the caller may move (page, 8)."""
    owner = OW in roles and task.state is State.CLAIMED
    if task.stands_for_batch:
        return owner or (AD in roles and task.state is State.CLAIMED)
    starter = ST in roles and (task.state is State.RUNNING or task.state in ENDED)
    return (owner or starter or not roles.isdisjoint({OR, AD})) and fact(task, "supportsDelegation") is True


def _may_start(task: Task, roles: Roles) -> bool:
    return guard.permits(task, roles, Action.START)


def _may_become_part(task: Task, roles: Roles) -> bool:
    return task.parent is None and _may_start(task, roles)


ALLOWED: dict[str, May] = {
    "CALLTASK": _never,
    "CANCELCLAIM": _guarded(Action.CANCEL),
    "CLAIM": _guarded(Action.CLAIM),
    "COMPLETE": _may_complete,
    "COMPLETEWITHFOLLOWONTASK": _never,
    "CREATEFAULTMESSAGE": _has_fault,
    "CREATEINPUTMESSAGE": _reader,
    "CREATEMESSAGE": _never,
    "CREATEOUTPUTMESSAGE": _has_results,
    "CREATEWORKITEM": _may_assign,
    "DELETE": _guarded(Action.DELETE),
    "DELETEWORKITEM": _never,
    "GETCUSTOMPROPERTY": _reader,
    "GETDOCUMENTATION": _never,
    "GETFAULTMESSAGE": _has_fault,
    "GETFAULTNAMES": _never,
    "GETINPUTMESSAGE": _reader,
    "GETOUTPUTMESSAGE": _has_results,
    "GETROLEINFO": _reader,
    "GETTASK": _reader,
    "GETUISETTINGS": _never,
    "RESTARTTASK": _never,
    "RESUME": _guarded(Action.RESUME),
    "SETCUSTOMPROPERTY": _may_set_properties,
    "SETFAULTMESSAGE": _may_set_result(Action.SET_FAULT),
    "SETINPUTMESSAGE": _guarded(Action.SET_INPUT),
    "SETOUTPUTMESSAGE": _may_set_result(Action.SET_OUTPUT),
    "SETTASKREAD": _reader,
    "STARTTASK": _may_start,
    "STARTTASKASSUBTASK": _may_become_part,
    "SUSPEND": _guarded(Action.SUSPEND),
    "SUSPENDWITHCANCELCLAIM": _guarded(Action.SUSPEND_AND_CANCEL),
    "TERMINATE": _guarded(Action.TERMINATE),
    TRANSFER: _is_movable,
    "TRANSFERWORKITEM": _may_transfer,
    "UPDATE": _may_update,
    "UPDATEINACTIVETASK": _may_update_inactive,
}
"""Every name of the page, and when it is listed."""
