"""Recomputes the due times of open tasks after a change of time zone rules.

The database stores the release of the rules. A server that starts with another release queues a job.
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
    """Compare the release of this program's rules with the stored one."""

    release: str = RELEASE

    def keys(self) -> Keys:
        return Keys().also("setting", [NOTED_AS], Lock.NONE)


def differs(uow: UnitOfWork, command: Compare) -> bool:
    """True if they differ or none is stored: earlier versions used the machine's rules."""
    return _noted(uow) != command.release


class Queue(msgspec.Struct, frozen=True):
    """Queue a job that recomputes due times, unless another node has done so."""

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
    """Store the release by which local times are computed from now on."""
    known = uow.settings.find(NOTED_AS, Lock.CHANGE)
    if known is None:
        uow.settings.add(Setting(tenant=uow.tenant, name=NOTED_AS, value=release))
    else:
        uow.settings.save(replace(known, value=release))


class Find(msgspec.Struct, frozen=True):
    """Open tasks with a local due time, after a number."""

    after: int
    limit: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def find(uow: UnitOfWork, command: Find) -> list[int]:
    """The numbers in order."""
    wanted = TaskFilter(is_open=True, has_local_due=True)
    page = uow.tasks.page(wanted, BY_NUMBER, limit=command.limit, after=(command.after, command.after))
    return [task.number for task in page]


class Recompute(msgspec.Struct, frozen=True):
    """Recompute the due moments of these tasks; an empty list completes the job."""

    hold: Hold
    numbers: tuple[int, ...]

    def keys(self) -> Keys:
        keys = Keys(jobs={self.hold.uid}, owners=tasks.SEEN_OWNERS)
        return keys.also("task", list(self.numbers), Lock.CHANGE)


def recompute(uow: UnitOfWork, command: Recompute) -> int:
    """The number of changed tasks. Tasks that ended meanwhile, or have no local time any more, don't change."""
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
        return False  # the zone no longer exists: keep the moment
    if at == task.due_at:
        return False
    tasks.save(uow, task, replace(task, due_at=at))
    return True
