"""Taking an act back: what it changed in up to a hundred tasks, each with its own outcome."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.errors import Expected
from dragoman.usecases.tasks.putting_back import PutBack, put_back
from dragoman.usecases.uow import UnitOfWork


class Undo(msgspec.Struct, frozen=True):
    """Put back the changes: number of the task, and the revision that the change made."""

    changes: Sequence[tuple[int, int]]

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Undone(NamedTuple):
    """What came of one change: the revision that putting it back made, or why it was refused."""

    number: int
    revision: int = 0
    refusal: Expected | None = None


def undo(uow: UnitOfWork, command: Undo) -> list[Undone]:
    """The outcomes in the order of the changes. One that is refused doesn't keep the others from it."""
    return [_one(uow, number, revision) for number, revision in command.changes]


def _one(uow: UnitOfWork, number: int, revision: int) -> Undone:
    try:
        with uow.attempt() as part:
            return Undone(number, put_back(part, PutBack(number, revision)).revision)
    except Expected as refusal:
        return Undone(number, refusal=refusal)
