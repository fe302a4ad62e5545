"""Actions without a body: claim, cancel, suspend, suspendAndCancelClaim, resume, terminate (page, rows 4, 5, 7 to 10).

What a client sends in a body there is not looked at: an empty one with a content type is normal (page, 1).
"""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from dragoman.command import Keys, Lock
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers import messages
from dragoman.dialects.ibm_htm.handlers.action_table import Action
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.dialects.ibm_htm.wire.messages import Stored
from dragoman.dialects.ibm_htm.wire.parameters import boolean
from dragoman.dialects.ibm_htm.wire.until import Until, parse_until
from dragoman.dialects.kit import Request
from dragoman.domain import timing
from dragoman.domain.message import Which
from dragoman.domain.task import Task
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork


class Act(msgspec.Struct, frozen=True):
    """An action on one task. `until` and `keep_data` are for suspensions."""

    task: str
    until: Until = Until()
    keep_data: bool = False

    def keys(self) -> Keys:
        return Keys(tasks={self.task}, owners=tasks.SEEN_OWNERS)


class Release(Act, frozen=True):
    """Give a claim back: what was saved for the end goes with it."""

    def keys(self) -> Keys:
        return super().keys().also("message", messages.touched(self.task, Which.OUTPUT), Lock.CHANGE)


def parse_act(request: Request) -> Act:
    """cancel, resume, terminate: nothing but the task."""
    negotiation.check(request)
    return Act(ids.parse_task(request.path["tkiid"]))


def parse_cancel(request: Request) -> Release:
    """cancel: it forgets messages, too."""
    return Release(parse_act(request).task)


def parse_suspend(request: Request) -> Act:
    """suspend: for good, or for a time."""
    negotiation.check(request)
    until = parse_until(request)
    return Act(ids.parse_task(request.path["tkiid"]), until)


def parse_suspend_and_cancel(request: Request) -> Act:
    """suspendAndCancelClaim: always for a time, and with a word on what becomes of the results."""
    negotiation.check(request)
    keep_data, until = parse_keep_data(request), parse_until(request, needed=True)
    return Act(ids.parse_task(request.path["tkiid"]), until, keep_data)


def parse_keep_data(request: Request) -> bool:
    """`keepTaskData`, which is required."""
    if request.first("keepTaskData") is None:
        raise refusals.missing_parameter("keepTaskData")
    return boolean(request, "keepTaskData", default=False)


def acting(action: Action, decide: Callable[[UnitOfWork, Task, Act], Task]) -> Callable[[UnitOfWork, Act], None]:
    """The run of an action: allowed, decided, kept. Bulk forms run the same, entry by entry."""

    def run(uow: UnitOfWork, command: Act) -> None:
        task = guard.load(uow, command.task)
        guard.check(uow, task, action)
        guard.keep(uow, decide(uow, task, command))

    return run


def _cancel(uow: UnitOfWork, task: Task, command: Act) -> Task:
    return task.without_results().release(at=uow.now)


def _suspend(uow: UnitOfWork, task: Task, command: Act) -> Task:
    return task.suspend(at=uow.now, until=command.until.moment(uow.now))


def _suspend_and_cancel(uow: UnitOfWork, task: Task, command: Act) -> Task:
    how = timing.RELEASE_AND_KEEP if command.keep_data else timing.RELEASE
    return replace(_suspend(uow, task, command), timing={**task.timing, timing.WAKES: how})


def _resume(uow: UnitOfWork, task: Task, command: Act) -> Task:
    return task.resume(at=uow.now)


def _terminate(uow: UnitOfWork, task: Task, command: Act) -> Task:
    return task.terminate(at=uow.now)


cancel = acting(Action.CANCEL, _cancel)
suspend = acting(Action.SUSPEND, _suspend)
suspend_and_cancel = acting(Action.SUSPEND_AND_CANCEL, _suspend_and_cancel)
resume = acting(Action.RESUME, _resume)
terminate = acting(Action.TERMINATE, _terminate)


class Claim(msgspec.Struct, frozen=True):
    """Take responsibility; the answer is the input message."""

    task: str

    def keys(self) -> Keys:
        keys = Keys(tasks={self.task}, owners=messages.OWNERS)
        return keys.also("message", [(self.task, Which.INPUT)], Lock.NONE)


def parse_claim(request: Request) -> Claim:
    """claim: no body."""
    negotiation.check(request)
    return Claim(ids.parse_task(request.path["tkiid"]))


def claim(uow: UnitOfWork, command: Claim) -> Stored:
    """Of two that claim at the same time one gets the task, the other its state."""
    task = guard.load(uow, command.task)
    guard.check(uow, task, Action.CLAIM)
    return messages.stored(uow, guard.keep(uow, take(uow, task)), Which.INPUT)


def take(uow: UnitOfWork, task: Task) -> Task:
    """The task claimed by the caller. A suspended task stays suspended."""
    user = uow.principal.user
    if user is None:
        raise refusals.role_missing(guard.login(uow), Action.CLAIM, ids.task_id(task.uid))
    return task.claim(user, at=uow.now, even_suspended=True)
