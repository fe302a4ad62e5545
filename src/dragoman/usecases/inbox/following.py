"""The task that follows another one in a list."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.usecases.inbox import filters, lists, search
from dragoman.usecases.tasks import lifecycle
from dragoman.usecases.uow import UnitOfWork


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """Ask which task follows this one in the list with this filter; see `lists.Look`."""

    number: int
    name: str
    text: str | None = None
    dialects: tuple[str, ...] = ()

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def following(uow: UnitOfWork, command: Following) -> int | None:
    """Its number; None where there is none, for a filter with faults, and for a task that the reader may not see.

    For readers.
    """
    task = lifecycle.find_visible(uow, command.number)
    text = lists.USUAL.get(command.name, "") if command.text is None else command.text
    found = filters.read(uow, text, command.dialects)
    if task is None or found.faults:
        return None
    sorts = found.sorts or lists.ORDERS[command.name]
    wanted = filters.both(lists.conditions(command.name, uow.principal), found.wanted)
    place = uow.tasks.sort_values(task, sorts)
    page = search.page(uow, wanted, found.tests, sorts, limit=1, after=place)
    return page.tasks[0].number if page.tasks else None
