"""Starting an inactive task, perhaps as a subtask of another (page, row 3 and 4.3)."""

import msgspec
from msgspec.structs import replace

from dragoman.command import Keys, Lock
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers import messages
from dragoman.dialects.ibm_htm.handlers.action_table import Action
from dragoman.dialects.ibm_htm.handlers.hierarchy import parse_relation
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.dialects.ibm_htm.wire.facts import kind_of
from dragoman.dialects.ibm_htm.wire.messages import Sent, read
from dragoman.dialects.kit import Request
from dragoman.domain.message import Which
from dragoman.domain.task import Task
from dragoman.usecases.tasks import from_template
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

SYNC, ASYNC = MODES = ("sync", "async")
INVOCATION = "originating"


class Start(msgspec.Struct, frozen=True):
    """Make a task ready, or let it run. `parent` is the task that it becomes a part of."""

    task: str
    mode: str
    parent: str | None = None
    message: Sent | None = None

    def keys(self) -> Keys:
        keys = Keys(tasks={self.task}, owners=tasks.SEEN_OWNERS)
        if self.parent is not None:
            keys.also("task", [self.parent], Lock.CHANGE)
        return keys if self.message is None else keys.also("message", [(self.task, Which.INPUT)], Lock.CHANGE)


def parse_start(request: Request) -> Start:
    """The body, if there is one, is the input message."""
    negotiation.check(request)
    mode = request.first("mode")
    if mode is None:
        raise refusals.missing_parameter("mode")
    if mode not in MODES:
        raise refusals.unknown_value("mode", mode, MODES)
    relation = parse_relation(request, mode)
    message = read(request)
    task = ids.parse_task(request.path["tkiid"])
    parent = None if relation is None else relation.parent()
    return Start(task, mode, parent, message)


def start(uow: UnitOfWork, command: Start) -> None:
    """Ready; an invocation task runs, with the caller as its starter. `sync` is for that kind alone (page, 5), and
    refused there, too: no service is bound here that could answer it."""
    task = guard.load(uow, command.task)
    if command.mode == SYNC and kind_of(task) != INVOCATION:
        raise refusals.unknown_value("mode", SYNC, (ASYNC,))
    parent = None if command.parent is None else guard.load(uow, command.parent)
    if command.message is not None:
        command.message.check()
    guard.check(uow, task, Action.START)
    if command.mode == SYNC:
        raise refusals.wrong_kind(ids.task_id(task.uid), "CALLTASK")
    if parent is not None:
        task = _as_part(uow, task, parent)
    if command.message is not None:
        task = messages.store(uow, task, Which.INPUT, command.message)
    guard.keep(uow, started(uow, task))


def started(uow: UnitOfWork, task: Task) -> Task:
    """An inactive task, started by the caller."""
    return from_template.started(uow, task, runs_at_once=kind_of(task) == INVOCATION)


def _as_part(uow: UnitOfWork, task: Task, parent: Task) -> Task:
    guard.check_parent(uow, parent)
    if task.parent is not None or task.number == parent.number:
        raise refusals.not_top_level(ids.task_id(task.uid))
    return replace(task, parent=parent.number)
