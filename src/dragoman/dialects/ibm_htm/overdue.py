"""Tasks as their timers leave them, whether these have fired yet or not: no answer shows what was before one (page,
4.4). The timers of what a task is a part of reach down to it, and a part that expired is waited for no more (4.3)."""

from collections.abc import Sequence

from msgspec.structs import replace

from dragoman.domain.clock import Moment
from dragoman.domain.task import Kind, Task
from dragoman.usecases.uow import UnitOfWork

DEEPEST = 64
"""So many levels of subtasks are climbed to the top of a hierarchy."""


def alone(task: Task, now: Moment) -> Task:
    """By its own timers: ended when its time is over, awake when its suspension is."""
    if task.kind is Kind.BATCH:
        return task
    if task.is_open and task.expires_at is not None and task.expires_at <= now:
        return task.expire(at=now)
    if task.suspended and task.resume_at is not None and task.resume_at <= now:
        return task.wake(at=now)
    return task


def is_gone(task: Task, now: Moment) -> bool:
    """Whether its own time of deletion has come."""
    return task.delete_at is not None and task.delete_at <= now and not task.is_open and task.kind is not Kind.BATCH


def now(uow: UnitOfWork, task: Task) -> Task | None:
    """The task by all timers that reach it; None when one deleted it. Only parts, and tasks that wait for some, ask
    for rows that the keys of a command don't name."""
    found = all_now(uow, [task])
    return found[0] if found else None


def all_now(uow: UnitOfWork, tasks: Sequence[Task]) -> list[Task]:
    """The same for many, but those that are gone. What they are parts of is at hand, or looked for one by one."""
    found = [seen for task in tasks if (seen := _below(task, _above(uow, task), uow.now)) is not None]
    waiting = [task.number for task in found if task.open_children]
    if not waiting:
        return found
    counts = uow.tasks.open_parts(waiting, uow.now)
    return [_waiting(task, counts.get(task.number, 0)) for task in found]


def _above(uow: UnitOfWork, task: Task) -> list[Task]:
    """What the task is a part of, the top first."""
    chain: list[Task] = []
    while task.parent is not None and len(chain) < DEEPEST:
        above = uow.tasks.find(task.parent)
        if above is None:
            break
        chain.append(above)
        task = above
    return chain[::-1]


def _below(task: Task, chain: list[Task], now: Moment) -> Task | None:
    before, after = None, None
    for stored in (*chain, task):
        if is_gone(stored, now):
            return None
        left = alone(stored, now)
        if before is not None and after is not None:
            left = _followed(left, before, after, now)
        before, after = stored, left
    return after


def _followed(part: Task, before: Task, after: Task, now: Moment) -> Task:
    """A part as its whole leaves it when that expires or wakes. A batch follows nothing (DESIGN 3, rule 5)."""
    if not part.is_open or part.kind is Kind.BATCH:
        return part
    if before.is_open and not after.is_open:
        return part.expire(at=now)
    return part.resume(at=now) if before.suspended and not after.suspended else part


def _waiting(task: Task, count: int) -> Task:
    return task if count == task.open_children else replace(task, open_children=count)
