"""A look at one task beside a list: its row, and its last changes."""

from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.usecases.tasks import lifecycle, rows
from dragoman.usecases.uow import UnitOfWork

LAST = 3


class Peek(msgspec.Struct, frozen=True):
    number: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Peeked(msgspec.Struct, frozen=True):
    """The row, and the last rows of the task's history, the newest first."""

    row: rows.Row
    changes: list[Any]


def peek(uow: UnitOfWork, command: Peek) -> Peeked | None:
    """None for a task that the principal may not see. For readers."""
    task = lifecycle.find_visible(uow, command.number)
    if task is None:
        return None
    changes = uow.history.page("task", task.number, after=max(0, task.revision - LAST), limit=LAST)
    return Peeked(rows.rows(uow, [task])[0], changes[::-1])
