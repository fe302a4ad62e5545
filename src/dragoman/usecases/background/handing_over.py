"""Handing over: the open work of a user goes to another, or to nobody.

Open tasks and cases are assigned to the other, and roles on open tasks move. With nobody tasks and cases have no
assignee; roles stay, since a task that names nobody would be open to everybody. Creators, starters and the assignees
of what has ended stay.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.access import may_decide, system
from dragoman.domain.job import Job, JobKind
from dragoman.domain.people import User
from dragoman.domain.task import Task
from dragoman.domain.work_item import WorkItem
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.identity import users
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

DIRECT = 1_000
"""Tasks and cases that are handed over in one transaction; a job does more than these."""


class Held(msgspec.Struct, frozen=True):
    """What a user holds that is open."""

    tasks: int
    cases: int
    work_items: int
    feeds: int = 0
    webhooks: int = 0

    @property
    def is_any(self) -> bool:
        return any(msgspec.structs.astuple(self))


def held_by(uow: UnitOfWork, user: str) -> Held:
    """The counts of what the user holds."""
    return Held(*uow.holdings.counts(user))


def hand_over(uow: UnitOfWork, user: str, heir: User | None, *, direct: int = DIRECT) -> Job | None:
    """Hand over a user's work now, or by the job that is returned where it is more than `direct` objects.

    The command must be exclusive.
    """
    to = None if heir is None else heir.uid
    numbers = uow.holdings.tasks(user, with_roles=to is not None, after=0, limit=direct + 1)
    held_cases = uow.holdings.cases(user, after=0, limit=direct + 1)
    if len(numbers) + len(held_cases) > direct:
        by = uow.principal.user
        return uow.enqueue(JobKind.USER_HAND_OVER, user=user, to=to, by=by, dialect=uow.dialect)
    _tasks(uow, numbers, user, heir)
    _cases(uow, held_cases, user, to)
    return None


class Place(msgspec.Struct, frozen=True):
    """How far an attempt has come: behind this task or case."""

    after: int = 0
    is_at_cases: bool = False


class Slice(msgspec.Struct, frozen=True):
    """Hand over the next tasks or cases of a job."""

    hold: Hold
    place: Place
    limit: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def next_slice(uow: UnitOfWork, command: Slice) -> Place | None:
    """Where the next slice begins; None when the job is complete. History names who asked for it."""
    job = jobs.held(uow, command.hold)
    user, place = str(job.args["user"]), command.place
    heir = None if job.args["to"] is None else uow.users.find(job.args["to"])
    if heir is not None and heir.deleted_at is not None:
        heir = None
    uow = _as_asked(uow, job)
    if not place.is_at_cases:
        with_roles = heir is not None
        numbers = uow.holdings.tasks(user, with_roles=with_roles, after=place.after, limit=command.limit)
        _tasks(uow, numbers, user, heir)
        return Place(numbers[-1]) if len(numbers) == command.limit else Place(is_at_cases=True)
    numbers = uow.holdings.cases(user, after=place.after, limit=command.limit)
    _cases(uow, numbers, user, None if heir is None else heir.uid)
    if len(numbers) == command.limit:
        return Place(numbers[-1], is_at_cases=True)
    jobs.complete(uow, job)
    return None


def _as_asked(uow: UnitOfWork, job: Job) -> UnitOfWork:
    """The unit of work in the name of the administrator who asked for the hand-over."""
    by = None if job.args["by"] is None else uow.users.find(job.args["by"])
    principal = system(uow.tenant) if by is None else users.acting(uow, by)
    return uow.in_the_name_of(principal, str(job.args["dialect"]), str(JobKind.USER_HAND_OVER))


def _tasks(uow: UnitOfWork, numbers: list[int], user: str, heir: User | None) -> None:
    """Hand over these tasks, without a look at rights: the command was an administrator's."""
    uow.tasks.load(list(numbers), Lock.CHANGE)
    for number in numbers:
        task = uow.tasks.find(number, Lock.CHANGE)
        if task is None or not task.is_open:
            continue
        after = task if heir is None else _with_roles_moved(task, user, heir.uid)
        if task.assignee == user:
            after = after.assign(_assignee(uow, after, heir), at=uow.now)
        tasks.save(uow, task, after)


def _assignee(uow: UnitOfWork, task: Task, heir: User | None) -> str | None:
    """The heir, but for a batch's task that he has no right to decide."""
    if heir is None or (task.stands_for_batch and not may_decide(users.acting(uow, heir), task)):
        return None
    return heir.uid


def _with_roles_moved(task: Task, user: str, heir: str) -> Task:
    """The task with the user's roles held by the heir; of twins one is left."""
    if all(item.holder != user for item in task.work_items):
        return task
    moved = (WorkItem(item.role, heir) if item.holder == user else item for item in task.work_items)
    return replace(task, work_items=tuple(dict.fromkeys(moved)))


def _cases(uow: UnitOfWork, numbers: list[int], user: str, heir: str | None) -> None:
    uow.cases.load(list(numbers), Lock.CHANGE)
    for number in numbers:
        case = uow.cases.find(number, Lock.CHANGE)
        if case is not None and case.assignee == user:
            cases.save(uow, replace(case, assignee=heir))
