"""Moving tasks into a work basket: transfers and distributions, of one task or of many (ibm-htm-2.md, H)."""

from collections.abc import Callable

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers import action_table as guard
from dragoman.dialects.ibm_htm.handlers import bulk, work_baskets
from dragoman.dialects.ibm_htm.handlers.action_table import AD, Action
from dragoman.dialects.ibm_htm.handlers.bulk import Failure
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.dialects.ibm_htm.wire.facts import kind_of, with_facts
from dragoman.dialects.ibm_htm.wire.parameters import boolean
from dragoman.dialects.ibm_htm.wire.words import STATES
from dragoman.dialects.kit import Request
from dragoman.domain.errors import Conflict, Forbidden
from dragoman.domain.task import State, Task
from dragoman.domain.work_list import WorkList
from dragoman.usecases.tasks import work_lists
from dragoman.usecases.uow import UnitOfWork

TRANSFER = "TRANSFERTOWORKBASKET"
TASK = "taskID"


class Move(msgspec.Struct, frozen=True):
    """Tasks that are to be in a basket. `is_single`: named in the query, so that a fault is the answer."""

    basket: str
    tasks: tuple[str, ...]
    is_single: bool
    may_release: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_transfer(request: Request) -> Move:
    """PUT workBasket/{wbid}?action=transferToWorkBasket."""
    negotiation.check(request, negotiation.JSON)
    return _parse(request, may_release=boolean(request, "cancelClaimIfNeeded", default=False))


def parse_distribution(request: Request) -> Move:
    """PUT workBasket/{wbid}?action=distributeToWorkBasket."""
    negotiation.check(request, negotiation.JSON)
    return _parse(request, may_release=False)


def _parse(request: Request, *, may_release: bool) -> Move:
    single = request.first(TASK)
    if single is None:
        return Move(request.path["wbid"], bulk.parse_tasks(request), False, may_release)
    if request.body.strip():
        raise refusals.at_odds(TASK, bulk.MEMBER)
    ids.parse_task(single)
    return Move(request.path["wbid"], (single,), True, may_release)


Check = Callable[[UnitOfWork, Task, WorkList], None]


def transfer(uow: UnitOfWork, command: Move) -> list[Failure]:
    """Move tasks into the basket, as one who may take them out of theirs and append to this one."""
    return _move(uow, command, _check_transfer, is_transfer=True)


def distribute(uow: UnitOfWork, command: Move) -> list[Failure]:
    """Move tasks of a basket to one of its targets."""
    return _move(uow, command, work_lists.check_distribution, is_transfer=False)


def _move(uow: UnitOfWork, command: Move, check: Check, *, is_transfer: bool) -> list[Failure]:
    basket = work_baskets.find(uow, command.basket)
    if basket is None:
        raise refusals.no_such(work_baskets.WHAT, command.basket)

    def act(part: UnitOfWork, uid: str) -> None:
        _move_one(part, uid, basket, command, check, is_transfer=is_transfer)

    if command.is_single:
        act(uow, ids.parse_task(command.tasks[0]))
        return []
    return bulk.attempts(uow, command.tasks, act)


def _check_transfer(uow: UnitOfWork, task: Task, basket: WorkList) -> None:
    work_lists.check_transfer(uow, task, basket, administers=AD in guard.roles_of(uow, task))


def _move_one(uow: UnitOfWork, uid: str, basket: WorkList, command: Move, check: Check, *, is_transfer: bool) -> None:
    task, shown = guard.load(uow, uid), ids.task_id(uid)
    guard.check(uow, task, Action.GET)
    try:
        check(uow, task, basket)
    except Forbidden as denied:
        if denied.code != "work_list_forbidden":
            raise
        raise refusals.role_missing(guard.login(uow), TRANSFER, shown) from None
    except Conflict:
        raise refusals.not_in_basket(shown, basket.name) from None
    free = _released(uow, task, command)
    after = work_lists.moved(free, basket)
    guard.keep(uow, with_facts(after, {"isTransferredToWorkBasket": True}) if is_transfer else after)


def _released(uow: UnitOfWork, task: Task, command: Move) -> Task:
    """The task as one that may be moved. Conflict unless it is ready, an invocation running, or may be released."""
    shown = ids.task_id(task.uid)
    if task.stands_for_batch:
        raise refusals.wrong_kind(shown, TRANSFER)
    if task.state is State.CLAIMED and command.may_release:
        guard.check_state(task, Action.CANCEL)
        return task.without_results().release(at=uow.now)
    right = State.RUNNING if kind_of(task) == "originating" else State.READY
    if task.state is not right:
        raise refusals.state_forbids(STATES[task.state], shown, TRANSFER)
    return task
