"""Timers: what happens by itself when its moment has come. The moment is a field of the task or case it is about.

Each fires in one transaction with its effect, on a row that is locked and looked at again: so it fires once, however
many nodes look at the same time, and after a stop it fires at the next look.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from dragoman.command import AS_STORED, EXCLUSIVE, Exclusive, Lock
from dragoman.domain.access import system
from dragoman.domain.clock import Moment
from dragoman.store.unit.as_of import TimersDue
from dragoman.store.unit.overlay import Overlay, Stamp
from dragoman.store.unit.work import Work
from dragoman.usecases import purge as removal
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork


class Look(msgspec.Struct, frozen=True):
    """Which tenants have anything due? Run under the directory tenant."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def tenants_with_due(uow: UnitOfWork, command: Look) -> list[int]:
    """Their numbers."""
    return uow.timers.tenants_with_due(uow.now)


class Due(msgspec.Struct, frozen=True):
    """What is due of one timer, those that have waited longest first."""

    timer: str
    limit: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def due(uow: UnitOfWork, command: Due) -> list[int]:
    """Numbers of tasks or cases, as the timer is about."""
    return TIMERS[command.timer].due(uow, uow.now, command.limit)


class Fire(msgspec.Struct, frozen=True):
    """Let a timer fire for these, as long as no more than so many rows are touched."""

    timer: str
    numbers: tuple[int, ...]
    rows: int = removal.DIRECT

    def keys(self) -> Exclusive:
        return AS_STORED


class Fired(msgspec.Struct, frozen=True):
    """How many were looked at (the first of those named), and for how many of them it fired."""

    seen: int
    fired: int


def fire(uow: UnitOfWork, command: Fire) -> Fired:
    """What isn't due any more, because another was quicker, is passed over."""
    timer = TIMERS[command.timer]
    seen = fired = rows = 0
    for number in command.numbers:
        touched = timer.fire(uow, number, command.rows)
        seen, fired, rows = seen + 1, fired + bool(touched), rows + touched
        if rows >= command.rows:
            break
    return Fired(seen, fired)


def _expire(uow: UnitOfWork, number: int, rows: int) -> int:
    """An open task ends with its open parts."""
    task = uow.tasks.find(number, Lock.CHANGE)
    after = None if task is None else task.by_its_timers(uow.now)
    if task is None or after is None or after.state is task.state or after.is_open:
        return 0
    tasks.save_with_parts(uow, task, after)
    return 1 + task.open_children


def _wake(uow: UnitOfWork, number: int, rows: int) -> int:
    """A suspended task goes on, as its suspension asked for."""
    task = uow.tasks.find(number, Lock.CHANGE)
    after = None if task is None else task.by_its_timers(uow.now)
    if task is None or after is None or after is task or not after.is_open:
        return 0
    tasks.save_with_parts(uow, task, after)
    return 1 + task.open_children


def _delete(uow: UnitOfWork, number: int, rows: int) -> int:
    """An ended task goes with all its parts. Conflict when a batch is among them: it stays, and they with it."""
    task = uow.tasks.find(number, Lock.CHANGE)
    return 0 if task is None or not task.is_to_go(uow.now) else tasks.remove_with_parts(uow, task)


def _complete(uow: UnitOfWork, number: int, rows: int) -> int:
    """A case completes; its stages and tasks stay as they are, as when a client completes it (genesys.md 4)."""
    case = uow.cases.find(number, Lock.CHANGE)
    after = None if case is None else case.as_of(uow.now)
    if case is None or after is None or after is case:
        return 0
    uow.cases.save(after)
    return 1


def _end(uow: UnitOfWork, number: int, rows: int) -> int:
    """A case whose time is over goes with all that it holds (genesys.md 4): many tasks are marked, and swept later.

    Conflict when it holds a batch: it is over for everybody all the same, and goes when the batch is gone.
    """
    case = uow.cases.find(number, Lock.CHANGE)
    if case is None or not case.is_over(uow.now):
        return 0
    return removal.remove_case(uow, case, direct=rows)


@dataclass(frozen=True, slots=True)
class Timer:
    """What is due of it, and what it does to one of them: how many rows it touched, 0 when it isn't due any more."""

    due: Callable[[UnitOfWork, Moment, int], list[int]]
    fire: Callable[[UnitOfWork, int, int], int]


TIMERS: dict[str, Timer] = {
    # What ends with its case needs no end of its own: so cases come first.
    "end": Timer(lambda uow, at, limit: uow.timers.ending(at, limit), _end),
    "complete": Timer(lambda uow, at, limit: uow.timers.completing(at, limit), _complete),
    "expire": Timer(lambda uow, at, limit: uow.timers.expiring(at, limit), _expire),
    "wake": Timer(lambda uow, at, limit: uow.timers.waking(at, limit), _wake),
    "delete": Timer(lambda uow, at, limit: uow.timers.going(at, limit), _delete),
}
"""Name -> timer; history calls what it did `timer.NAME`."""


def works(tenant: int, due: TimersDue) -> list[Work]:
    """What lets the timers fire that a command would otherwise come before: history says so as of any timer."""
    numbers = tuple(sorted(due.numbers))
    if due.entity == "case":
        return [_work(tenant, "complete", numbers)]
    # Deletions can be refused, and then each for itself.
    return [_work(tenant, "expire", numbers), _work(tenant, "wake", numbers)] + [
        _work(tenant, "delete", (number,)) for number in numbers
    ]


def _work(tenant: int, name: str, numbers: tuple[int, ...]) -> Work:
    who, command = system(tenant), Fire(name, numbers, sys.maxsize)

    def run(overlay: Overlay) -> Fired:
        return fire(UnitOfWork(overlay, who), command)

    return Work(tenant, command.keys(), run, Stamp(who.login, "core", f"timer.{name}"))
