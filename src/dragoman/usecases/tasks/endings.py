"""Who ended tasks, and through which dialect: as their history has it. For readers and exclusive commands."""

from collections.abc import Iterable
from typing import NamedTuple

from dragoman.domain.task import Task
from dragoman.usecases.uow import UnitOfWork

SLICE = 1_000


class Ending(NamedTuple):
    """The uid of the user who ended a task, None for the system, and the dialect."""

    user: str | None
    dialect: str


def of(uow: UnitOfWork, tasks: Iterable[Task]) -> dict[int, Ending]:
    """The endings of those of the tasks that have ended, by number."""
    moments = {task.number: task.completed_at for task in tasks if not task.is_open and task.completed_at is not None}
    numbers = sorted(moments)
    found: dict[int, Ending] = {}
    for start in range(0, len(numbers), SLICE):
        some = {number: moments[number] for number in numbers[start : start + SLICE]}
        found |= {number: Ending(user, dialect) for number, user, dialect in uow.history.ended("task", some)}
    return found
