"""Local due times after the rules of time zones changed: the moments of open tasks are computed again.

The release by which they were computed is noted in the database. A server that starts with another one queues a job.
"""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.domain.due import moment_of
from dragoman.domain.job import JobKind
from dragoman.domain.zones import NOTED_AS, RELEASE
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.repositories.task_sorts import Sort
from dragoman.store.unit.mappings import Setting
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

BY_NUMBER = (Sort("number"),)


class Compare(msgspec.Struct, frozen=True):
    """Whether the tenant's local times were computed by this program's rules."""

    release: str = RELEASE

    def keys(self) -> Keys:
        return Keys().also("setting", [NOTED_AS], Lock.NONE)


def differs(uow: UnitOfWork, command: Compare) -> bool:
    """Also when nothing is noted: an earlier program used the machine's rules."""
    return _noted(uow) != command.release


class Queue(msgspec.Struct, frozen=True):
    """Have them computed again, unless another node did so meanwhile."""

    release: str = RELEASE

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def queue(uow: UnitOfWork, command: Queue) -> bool:
    """Whether a job was queued."""
    if _noted(uow) == command.release:
        return False
    note(uow, command.release)
    uow.enqueue(JobKind.ZONES_RECOMPUTE)
    return True


def _noted(uow: UnitOfWork) -> str | None:
    setting = uow.settings.find(NOTED_AS)
    return None if setting is None else setting.value


def note(uow: UnitOfWork, release: str) -> None:
    """Note by which release local times are computed from now on."""
    known = uow.settings.find(NOTED_AS, Lock.CHANGE)
    if known is None:
        uow.settings.add(Setting(tenant=uow.tenant, name=NOTED_AS, value=release))
    else:
        uow.settings.save(replace(known, value=release))


class Find(msgspec.Struct, frozen=True):
    """Open tasks with a local due time, behind a number."""

    after: int
    limit: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def find(uow: UnitOfWork, command: Find) -> list[int]:
    """Their numbers, in order."""
    wanted = TaskFilter(is_open=True, has_local_due=True)
    page = uow.tasks.page(wanted, BY_NUMBER, limit=command.limit, after=(command.after, command.after))
    return [task.number for task in page]


class Recompute(msgspec.Struct, frozen=True):
    """Compute the moments of these tasks again; the job is done when there are none."""

    hold: Hold
    numbers: tuple[int, ...]

    def keys(self) -> Keys:
        keys = Keys(jobs={self.hold.uid}, owners=tasks.SEEN_OWNERS)
        return keys.also("task", list(self.numbers), Lock.CHANGE)


def recompute(uow: UnitOfWork, command: Recompute) -> int:
    """How many moved. One that ended meanwhile, or has no local time any more, stays as it is."""
    job = jobs.held(uow, command.hold)
    if not command.numbers:
        jobs.complete(uow, job)
    return sum(_recompute(uow, number) for number in command.numbers)


def _recompute(uow: UnitOfWork, number: int) -> bool:
    task = uow.tasks.find(number, Lock.CHANGE)
    if task is None or not task.is_open or task.due_local is None:
        return False
    try:
        at = moment_of(task.due_local, task.due_zone or uow.home.zone)
    except ValueError:
        return False  # the zone's name is gone: the moment stays as it was understood
    if at == task.due_at:
        return False
    tasks.save(uow, task, replace(task, due_at=at))
    return True
