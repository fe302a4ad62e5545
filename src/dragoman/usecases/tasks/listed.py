"""What became of the rows of a list that a person looks at: whether each may still be seen, and still belongs there."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.usecases.tasks import rows
from dragoman.usecases.tasks.rows import Row
from dragoman.usecases.uow import UnitOfWork

MOST = 100
"""Rows that are asked for at a time."""


class Listed(msgspec.Struct, frozen=True):
    """Look at these tasks, and hold each against the conditions of a list."""

    numbers: tuple[int, ...]
    wanted: TaskFilter

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class ListedRow(msgspec.Struct, frozen=True):
    """A row, and whether its task still belongs to the list."""

    row: Row
    belongs: bool


class Judged(msgspec.Struct, frozen=True):
    """A task by its number, its revision, and whether it belongs to the list."""

    number: int
    revision: int
    belongs: bool


def listed_rows(uow: UnitOfWork, command: Listed) -> list[ListedRow]:
    """The rows in the order of the numbers; without those that the principal may not see. For readers."""
    found = uow.tasks.judged(command.numbers, TaskFilter(visible_to=uow.principal), command.wanted)
    place = {number: place for place, number in enumerate(command.numbers)}
    found.sort(key=lambda each: place[each[0].number])
    shown = rows.rows(uow, [task for task, _ in found])
    return [ListedRow(row, belongs) for row, (_, belongs) in zip(shown, found, strict=True)]


def judged(uow: UnitOfWork, command: Listed) -> list[Judged]:
    """The same without what a row shows."""
    shown = TaskFilter(visible_to=uow.principal)
    return [Judged(*each) for each in uow.tasks.judged_briefly(command.numbers, shown, command.wanted)]
