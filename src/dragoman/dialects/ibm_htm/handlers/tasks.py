"""The details of a task, and its deletion (page, rows 1 and 11)."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.dialects.ibm_htm import views as seen
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers.action_table import Action
from dragoman.dialects.ibm_htm.views import TaskView
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.dialects.kit import Request
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import lookup as task_lookup
from dragoman.usecases.uow import UnitOfWork


class Show(msgspec.Struct, frozen=True):
    task: str

    def keys(self) -> Keys:
        return Keys(owners=seen.OWNERS).also("task", [self.task], Lock.NONE)


def parse_show(request: Request) -> Show:
    """The content type is ignored: clients send one on GET, too (page, 1)."""
    negotiation.check(request, negotiation.JSON)
    return Show(ids.parse_task(request.path["tkiid"]))


def show(uow: UnitOfWork, command: Show) -> TaskView:
    """The task, for users who have a role on it."""
    task = guard.load(uow, command.task)
    guard.check(uow, task, Action.GET)
    return seen.gather(uow, task)


class Delete(msgspec.Struct, frozen=True):
    """Delete a task with all its parts, which are found by a condition."""

    task: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_delete(request: Request) -> Delete:
    """Nothing but the task."""
    negotiation.check(request)
    return Delete(ids.parse_task(request.path["tkiid"]))


def delete(uow: UnitOfWork, command: Delete) -> None:
    """Gone, with its parts. One that isn't there is gone already (page, 5)."""
    task = task_lookup.find(uow, command.task, Lock.CHANGE)
    if task is not None:
        guard.check(uow, task, Action.DELETE)
        tasks.remove(uow, task)
