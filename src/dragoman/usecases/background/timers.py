"""Timers: changes at a moment that is a field of a task or case.

A timer fires in the transaction of its effect, on a row that is locked and checked again. So it fires once, however
many nodes look for it; timers that were due during a stop fire at the next look.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from dragoman.command import AS_STORED, EXCLUSIVE, Exclusive, Lock
from dragoman.domain.access import system
from dragoman.domain.clock import Moment
from dragoman.domain.task import has_come
from dragoman.store.unit.as_of import TimersDue
from dragoman.store.unit.overlay import Overlay, Stamp
from dragoman.store.unit.work import Work
from dragoman.usecases import purge as removal
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork


class FindTenants(msgspec.Struct, frozen=True):
    """Find the tenants with due timers. Run under the directory tenant."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def tenants_with_due(uow: UnitOfWork, command: FindTenants) -> list[int]:
    """The numbers of the tenants."""
    return uow.timers.tenants_with_due(uow.now)


class Due(msgspec.Struct, frozen=True):
    """Find the rows for which a timer is due, the longest due first."""

    timer: str
    limit: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def due(uow: UnitOfWork, command: Due) -> list[int]:
    """Numbers of tasks or of cases, depending on the timer."""
    return TIMERS[command.timer].due(uow, uow.now, command.limit)


class Fire(msgspec.Struct, frozen=True):
    """Fire a timer for these numbers until it has changed `rows` rows."""

    timer: str
    numbers: tuple[int, ...]
    rows: int = removal.DIRECT

    def keys(self) -> Exclusive:
        return AS_STORED


class Fired(msgspec.Struct, frozen=True):
    """How many of the numbers were checked, in order, and for how many of them the timer fired."""

    seen: int
    fired: int


def fire(uow: UnitOfWork, command: Fire) -> Fired:
    """Rows that are no longer due, because another node fired first, are skipped."""
    timer = TIMERS[command.timer]
    seen = fired = rows = 0
    for number in command.numbers:
        touched = timer.fire(uow, number, command.rows)
        seen, fired, rows = seen + 1, fired + bool(touched), rows + touched
        if rows >= command.rows:
            break
    return Fired(seen, fired)


def _expire(uow: UnitOfWork, number: int, rows: int) -> int:
    """Expire an open task with its open parts."""
    task = uow.tasks.find(number, Lock.CHANGE)
    after = None if task is None else task.by_its_timers(uow.now)
    if task is None or after is None or after.state is task.state or after.is_open:
        return 0
    tasks.save_with_parts(uow, task, after)
    return 1 + task.open_children


def _wake(uow: UnitOfWork, number: int, rows: int) -> int:
    """A suspended task resumes, with or without its claim as its suspension specified."""
    task = uow.tasks.find(number, Lock.CHANGE)
    if task is None or not (task.suspended and has_come(task.resume_at, uow.now)):
        return 0
    after = task.by_its_timers(uow.now)
    if after is task or not after.is_open:
        return 0
    tasks.save_with_parts(uow, task, after)
    return 1 + task.open_children


def _escalate(uow: UnitOfWork, number: int, rows: int) -> int:
    """Escalations of a task are due: it is marked, with what each is defined to do."""
    task = uow.tasks.find(number, Lock.CHANGE)
    if task is None or not has_come(task.escalate_at, uow.now):
        return 0
    after = task.by_its_timers(uow.now)
    if after is task:
        return 0
    tasks.save_with_parts(uow, task, after)
    return 1


def _delete(uow: UnitOfWork, number: int, rows: int) -> int:
    """An ended task is deleted with all its parts; it stays while a batch's task is among them (Conflict)."""
    task = uow.tasks.find(number, Lock.CHANGE)
    return 0 if task is None or not task.is_to_go(uow.now) else tasks.remove_with_parts(uow, task)


def _complete(uow: UnitOfWork, number: int, rows: int) -> int:
    """A case completes; its stages and tasks don't change, as when a client completes it (genesys.md 4)."""
    case = uow.cases.find(number, Lock.CHANGE)
    after = None if case is None else case.as_of(uow.now)
    if case is None or after is None or after is case:
        return 0
    uow.cases.save(after)
    return 1


def _end(uow: UnitOfWork, number: int, rows: int) -> int:
    """An expired case is deleted with its content (genesys.md 4); large numbers of tasks are swept later.

    Conflict while it holds a batch's task: the case is hidden, and deleted once the batch is deleted.
    """
    case = uow.cases.find(number, Lock.CHANGE)
    if case is None or not case.is_over(uow.now):
        return 0
    return removal.remove_case(uow, case, direct=rows)


@dataclass(frozen=True, slots=True)
class Timer:
    """`due` finds numbers of due rows; `fire` applies the timer to one and returns the rows changed, 0 if not due."""

    due: Callable[[UnitOfWork, Moment, int], list[int]]
    fire: Callable[[UnitOfWork, int, int], int]


TIMERS: dict[str, Timer] = {
    # Cases first: their tasks then need no timers of their own.
    "end": Timer(lambda uow, at, limit: uow.timers.ending(at, limit), _end),
    "complete": Timer(lambda uow, at, limit: uow.timers.completing(at, limit), _complete),
    "expire": Timer(lambda uow, at, limit: uow.timers.expiring(at, limit), _expire),
    "wake": Timer(lambda uow, at, limit: uow.timers.waking(at, limit), _wake),
    "escalate": Timer(lambda uow, at, limit: uow.timers.escalating(at, limit), _escalate),
    "delete": Timer(lambda uow, at, limit: uow.timers.going(at, limit), _delete),
}
"""Timers by name; their operation in history is `timer.NAME`."""


def works(tenant: int, due: TimersDue) -> list[Work]:
    """Works that fire due timers before a command runs, with the same history as timers that fire by themselves."""
    numbers = tuple(sorted(due.numbers))
    if due.entity == "case":
        return [_work(tenant, "complete", numbers)]
    # Deletions can be refused, so each has its own work.
    changing = [_work(tenant, name, numbers) for name in ("expire", "wake", "escalate")]
    return changing + [_work(tenant, "delete", (number,)) for number in numbers]


def _work(tenant: int, name: str, numbers: tuple[int, ...]) -> Work:
    who, command = system(tenant), Fire(name, numbers, sys.maxsize)

    def run(overlay: Overlay) -> Fired:
        return fire(UnitOfWork(overlay, who), command)

    return Work(tenant, command.keys(), run, Stamp(who.login, "core", f"timer.{name}"))
