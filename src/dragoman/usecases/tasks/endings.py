"""Who ended tasks and cases, and through which dialect: as their history has it. For readers and exclusive commands."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from dragoman.domain.case import Case
from dragoman.domain.clock import Moment
from dragoman.domain.task import Task
from dragoman.usecases.uow import UnitOfWork

SLICE = 1_000


class Ending(NamedTuple):
    """The uid of the user who ended it, None for the system, and the dialect."""

    user: str | None
    dialect: str


def of(uow: UnitOfWork, tasks: Iterable[Task]) -> dict[int, Ending]:
    """The endings of those of the tasks that have ended, by number."""
    ended = (task for task in tasks if not task.is_open)
    return _of(uow, "task", {task.number: task.completed_at for task in ended if task.completed_at is not None})


def of_cases(uow: UnitOfWork, cases: Iterable[Case]) -> dict[int, Ending]:
    """The same of cases."""
    return _of(uow, "case", {case.number: case.completed_at for case in cases if case.completed_at is not None})


def _of(uow: UnitOfWork, entity: str, moments: Mapping[int, Moment]) -> dict[int, Ending]:
    numbers = sorted(moments)
    found: dict[int, Ending] = {}
    for start in range(0, len(numbers), SLICE):
        some = {number: moments[number] for number in numbers[start : start + SLICE]}
        found |= {number: Ending(user, dialect) for number, user, dialect in uow.history.ended(entity, some)}
    return found
