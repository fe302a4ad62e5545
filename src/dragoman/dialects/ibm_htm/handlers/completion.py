"""Completing a task with an output or a fault (page, row 6)."""

import msgspec

from dragoman.command import Keys, Lock
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers import messages
from dragoman.dialects.ibm_htm.handlers.action_table import Action, HtmRole
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.dialects.ibm_htm.wire.facts import fact
from dragoman.dialects.ibm_htm.wire.messages import JSON, Sent, members, read
from dragoman.dialects.kit import Request
from dragoman.domain.message import Which
from dragoman.domain.task import Task
from dragoman.usecases.batches.review import words
from dragoman.usecases.uow import UnitOfWork

EMPTY = Sent(JSON, "{}")
"""A fault without content."""


class Complete(msgspec.Struct, frozen=True):
    """End a task. `message` is its output, or its fault where that is named."""

    task: str
    message: Sent | None = None
    fault: str | None = None

    def keys(self) -> Keys:
        keys = Keys(tasks={self.task}, owners=messages.OWNERS)
        if self.message is None and self.fault is None:
            return keys
        return keys.also("message", messages.touched(self.task, Which.OUTPUT), Lock.CHANGE)


def parse_complete(request: Request) -> Complete:
    """The body, if there is one, is a message."""
    negotiation.check(request)
    fault = request.first("faultName")
    if fault is not None and not fault.strip():
        raise refusals.unknown_value("faultName", fault)
    message = read(request)
    return Complete(ids.parse_task(request.path["tkiid"]), message, fault)


def complete(uow: UnitOfWork, command: Complete) -> None:
    """Finished, or failed when a fault is named or was saved; a message that comes with it replaces what was saved.
    The task of a batch is completed by a message that decides the batch."""
    task = guard.load(uow, command.task)
    message = command.message
    if message is not None:
        message.check()
    messages.check_fault_name(uow, task, command.fault)
    if task.stands_for_batch:
        return _decide(uow, task, command)
    guard.check(uow, task, Action.COMPLETE)
    if fact(task, "oneWay") and (message is not None or command.fault is not None):
        raise refusals.one_way(ids.task_id(task.uid))
    if command.fault is not None:
        task = _with_fault(uow, task, message, command.fault)
    elif message is not None:
        task = messages.store(uow, task, Which.OUTPUT, message)
    fault = task.messages.get(Which.FAULT)
    guard.keep(uow, task.finish(at=uow.now) if fault is None else task.fail(at=uow.now, code=fault.name))
    return None


def _decide(uow: UnitOfWork, task: Task, command: Complete) -> None:
    """A batch's task is completed by a message that says `decision`, and may say `reason`; any other is refused."""
    guard.require_role(uow, task, guard.roles_of(uow, task), frozenset(HtmRole), Action.COMPLETE)
    said = {} if command.message is None or command.fault is not None else members(command.message)
    word, reason = said.get("decision"), said.get("reason")
    if not isinstance(word, str) or word not in words.WORDS:
        raise refusals.wrong_kind(ids.task_id(task.uid), Action.COMPLETE)
    words.decide(uow, task, word, reason if isinstance(reason, str) else None)


def _with_fault(uow: UnitOfWork, task: Task, message: Sent | None, name: str) -> Task:
    saved = task.messages.get(Which.FAULT)
    if message is None and saved is not None and saved.name == name:
        return task
    return messages.store(uow, task, Which.FAULT, message or EMPTY, name)
