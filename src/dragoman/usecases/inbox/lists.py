"""The six lists of the inbox: their conditions, their orders, a page of one with the names of what it shows."""

from collections.abc import Sequence

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.access import Principal
from dragoman.domain.errors import NotFound
from dragoman.domain.task import State, Task
from dragoman.store.repositories.task_sorts import Sort
from dragoman.usecases.inbox import filters, search
from dragoman.usecases.inbox.filters import Filter, both
from dragoman.usecases.inbox.search import COUNTED, Place
from dragoman.usecases.tasks import rows, whole
from dragoman.usecases.tasks.lists import TaskFilter
from dragoman.usecases.tasks.whole import Whole
from dragoman.usecases.uow import UnitOfWork

__all__ = ["COUNTED", "NAMES", "Look", "Looked", "Place", "Sort", "conditions", "look"]

NAMES = ("mine", "available", "all", "overdue", "done")
"""The lists of tasks; that of batches to review is one of batches."""
NOBODY = "0"
BY_DUE = (Sort("due"), Sort("priority", descending=True), Sort("created"))
ORDERS: dict[str, tuple[Sort, ...]] = {
    "mine": BY_DUE,
    "available": BY_DUE,
    "all": BY_DUE,
    "overdue": BY_DUE,
    "done": (Sort("completed", descending=True),),
}
COUNTED_LISTS = ("mine", "available", "overdue")
"""Those whose counts stand beside them; that of the batches to review is counted elsewhere."""
USUAL = {"all": "is:open"}
"""The filter of a list for which none is given."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """Look at a page of a list. `text` is the filter as it was typed, None for none; `dialects` the names that
    `dialect:` takes; `peek` the task at the side; `known` the list's count where that is known still; `with_counts`:
    count what stands beside the lists, too."""

    name: str
    text: str | None = None
    dialects: tuple[str, ...] = ()
    limit: int = 50
    after: Place | None = None
    before: Place | None = None
    peek: int | None = None
    with_extensions: bool = False
    known: int | None = None
    with_counts: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A page. With faults in the filter there are no rows. `count` is counted up to `COUNTED`; `of_terms` are the
    counts of its terms one by one; `is_cut`: a search ended before it knew all tasks."""

    filter: Filter
    sorts: tuple[Sort, ...]
    rows: list[rows.Row]
    count: int = 0
    first: Place | None = None
    last: Place | None = None
    has_before: bool = False
    has_after: bool = False
    is_cut: bool = False
    of_terms: tuple[int, ...] = ()
    others: int = 0  # available tasks, where nothing is left to do
    counts: dict[str, int] | None = None
    peeked: Whole | None = None  # without extensions, where it is among the rows


def conditions(name: str, principal: Principal) -> TaskFilter:
    """What the list itself asks."""
    user = principal.user or NOBODY
    return {
        "mine": TaskFilter(is_open=True, assignee=user),
        "available": TaskFilter(states=(State.READY,), unassigned=True, claimable_by=principal),
        "all": TaskFilter(),
        "overdue": TaskFilter(is_overdue=True),
        "done": TaskFilter(is_open=False, assignee=user),
    }[name]


def order(name: str, text: str | None) -> tuple[Sort, ...]:
    """The order of a list with this filter, whose faults don't matter here."""
    return filters.sorts_of(USUAL.get(name, "") if text is None else text) or ORDERS[name]


def look(uow: UnitOfWork, command: Look) -> Looked:
    """The page, of what the principal may see. For readers."""
    text = USUAL.get(command.name, "") if command.text is None else command.text
    found = filters.read(uow, text, command.dialects)
    sorts = found.sorts or ORDERS[command.name]
    if found.faults:
        return Looked(filter=found, sorts=sorts, rows=[], peeked=_peeked(uow, command.peek))
    own = conditions(command.name, uow.principal)
    wanted = both(own, found.wanted)
    places = {"after": command.after, "before": command.before}
    page = search.page(
        uow, wanted, found.tests, sorts, limit=command.limit, with_extensions=command.with_extensions, **places
    )
    is_whole = not (page.has_before or page.has_after or page.is_cut)
    asked = [] if is_whole or command.known is not None else [(wanted, found.tests)]
    beside = [conditions(name, uow.principal) for name in COUNTED_LISTS] if command.with_counts else []
    counted = search.counts(uow, asked, beside)
    shown = rows.rows(uow, page.tasks)
    count = len(page.tasks) if is_whole else counted[0] if command.known is None else command.known
    return Looked(
        filter=found,
        sorts=sorts,
        rows=shown,
        count=count,
        first=_place(uow, page.tasks[:1], sorts),
        last=_place(uow, page.tasks[-1:], sorts),
        has_before=page.has_before,
        has_after=page.has_after,
        is_cut=page.is_cut,
        of_terms=() if page.tasks else _of_terms(uow, command, own, found),
        counts=dict(zip(COUNTED_LISTS, counted[len(asked) :], strict=True)) if command.with_counts else None,
        others=_others(uow) if command.name == "mine" and not page.tasks and not text else 0,
        peeked=_peeked(uow, command.peek),
    )


def _peeked(uow: UnitOfWork, number: int | None) -> Whole | None:
    """The task at the side, with what the rows have read already; None where the principal sees none."""
    if number is None:
        return None
    try:
        found = whole.look(uow, whole.Look(number, is_beside=True))
    except NotFound:
        return None
    return None if found.is_deleted else found


def _place(uow: UnitOfWork, tasks: Sequence[Task], sorts: Sequence[Sort]) -> Place | None:
    return uow.tasks.sort_values(tasks[0], sorts) if tasks else None


def _of_terms(uow: UnitOfWork, command: Look, own: TaskFilter, found: Filter) -> tuple[int, ...]:
    """How many each term alone finds in the list, in the order of the terms; -1 for an order."""
    alone = [filters.read_terms(uow, [term]) for term in found.terms]
    counted = search.counts(uow, [(both(own, each.wanted), each.tests) for each in alone])
    return tuple(-1 if term.key == "sort" else count for term, count in zip(found.terms, counted, strict=True))


def _others(uow: UnitOfWork) -> int:
    return search.counts(uow, [(conditions("available", uow.principal), ())])[0]
