"""What became of the rows of a list that a person looks at: whether each may still be seen, and still belongs there."""

from collections.abc import Collection

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.errors import Invalid, NotFound
from dragoman.domain.task_query.inspection import Test
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.usecases.inbox import filters, search
from dragoman.usecases.inbox.lists import NAMES, USUAL, conditions
from dragoman.usecases.tasks import rows
from dragoman.usecases.tasks.rows import Row
from dragoman.usecases.uow import UnitOfWork

MOST = 500
"""Tasks that are held against a list at a time."""


class Shown(msgspec.Struct, frozen=True):
    """The list that a page shows, with its filter as it was typed. No name: a page that shows none."""

    name: str = ""
    text: str | None = None
    dialects: tuple[str, ...] = ()


class Listed(msgspec.Struct, frozen=True):
    """Look at these tasks, and hold each against the list. `with_extensions`: rows show some."""

    numbers: tuple[int, ...]
    shown: Shown
    with_extensions: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Resolve(msgspec.Struct, frozen=True):
    """Find out what the list asks."""

    shown: Shown

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Asked(msgspec.Struct, frozen=True):
    """The conditions of a list together with those of its filter."""

    wanted: TaskFilter
    tests: tuple[Test, ...] = ()


class ListedRow(msgspec.Struct, frozen=True):
    """A row, and whether its task still belongs to the list."""

    row: Row
    belongs: bool


class Judged(msgspec.Struct, frozen=True):
    """A task by its number, its revision, and whether it belongs to the list."""

    number: int
    revision: int
    belongs: bool


def resolve(uow: UnitOfWork, command: Resolve) -> Asked:
    """The conditions. NotFound for an unknown list; Invalid, answered 422, for a filter with faults."""
    shown = command.shown
    if not shown.name:
        return Asked(TaskFilter())
    if shown.name not in NAMES:
        raise NotFound("unknown_list", "There is no such list.")
    text = USUAL.get(shown.name, "") if shown.text is None else shown.text
    found = filters.read(uow, text, shown.dialects)
    if found.faults:
        raise Invalid("bad_filter", "The filter can't be read.", status=422)
    return Asked(filters.both(conditions(shown.name, uow.principal), found.wanted), found.tests)


def listed_rows(uow: UnitOfWork, command: Listed) -> list[ListedRow]:
    """The rows in the order of the numbers; without those that the principal may not see. For readers."""
    asked, seen = resolve(uow, Resolve(command.shown)), TaskFilter(visible_to=uow.principal)
    found = uow.tasks.judged(command.numbers, seen, asked.wanted, extensions=command.with_extensions)
    place = {number: place for place, number in enumerate(command.numbers)}
    found.sort(key=lambda each: place[each[0].number])
    passing = _passing(uow, asked, [task.number for task, matches in found if matches])
    return [ListedRow(row, row.task.number in passing) for row in rows.rows(uow, [task for task, _ in found])]


def judged(uow: UnitOfWork, command: Listed) -> list[Judged]:
    """The same without what a row shows."""
    asked, seen = resolve(uow, Resolve(command.shown)), TaskFilter(visible_to=uow.principal)
    found = uow.tasks.judged_briefly(command.numbers, seen, asked.wanted)
    passing = _passing(uow, asked, [number for number, _, matches in found if matches])
    return [Judged(number, revision, number in passing) for number, revision, _ in found]


def _passing(uow: UnitOfWork, asked: Asked, numbers: list[int]) -> Collection[int]:
    """Those that pass what no condition of the database says."""
    return set(search.passing(uow, numbers, asked.tests)) if asked.tests else frozenset(numbers)
