"""Lists of tasks: filtered, sorted, paged, limited to tasks that the principal may see."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, QUICK, Exclusive, Ref
from dragoman.domain.clock import Moment
from dragoman.domain.limits import PAGE_BYTES, uuid_of
from dragoman.domain.people import User
from dragoman.domain.search import search_words
from dragoman.domain.task import Task
from dragoman.store.engine.words import split
from dragoman.store.repositories.task_filters import TaskFilter, asks_since
from dragoman.store.repositories.task_looks import is_quick
from dragoman.store.repositories.task_queries import Order
from dragoman.store.repositories.task_sorts import LAST, STATE_CODES, Sort, SortKey
from dragoman.store.repositories.task_visibility import EVERY_WAY, Through
from dragoman.usecases.identity import lookup as persons
from dragoman.usecases.tasks import references
from dragoman.usecases.uow import UnitOfWork

__all__ = [
    "EVERY_WAY",
    "LAST",
    "STATE_CODES",
    "List",
    "Order",
    "Page",
    "Sort",
    "SortKey",
    "TaskFilter",
    "Through",
    "asks_since",
    "count",
    "list_page",
    "load_owners",
    "load_shown",
    "page",
    "queried",
    "queried_numbers",
    "with_ways",
    "words",
]

SLICE = 250  # tasks that are read at a time
NOTHING = 0  # no entity has this number: for a filter value that matches no entity


class List(msgspec.Struct, frozen=True):
    """One page. `people` and `refs` are conditions whose values are not looked up yet; `known_until` is that of the
    first page."""

    wanted: TaskFilter
    sorts: tuple[Sort, ...]
    limit: int
    after: tuple[Any, ...] | None = None
    known_until: Moment | None = None
    people: dict[str, str] = {}  # assignee, creator: id or login
    refs: dict[str, Ref] = {}  # case, stage, contact, parent: number or id

    def keys(self) -> Exclusive:
        return QUICK if not self.refs and is_quick(self.wanted, self.sorts) else EXCLUSIVE


class Page(msgspec.Struct, frozen=True):
    """Tasks in order. `after` is the position of the next page, None on the last. `known_until`: a list by a lower
    bound of moments shows no later changes, on none of its pages. `pieces`: for each task what dialects keep of it as
    they show it to every reader, by their own names, as long as its row doesn't change; None where it shows more."""

    items: list[Task]
    after: tuple[Any, ...] | None
    known_until: Moment | None = None
    pieces: Sequence[dict[str, bytes] | None] = ()


def words(text: str, parameter: str) -> tuple[str, ...]:
    """The words of a search; each must be a prefix of a word in the task. Invalid for too many."""
    return search_words(split(text), parameter)


def list_page(uow: UnitOfWork, command: List) -> Page:
    """The page after `after`. It ends early at PAGE_BYTES.

    A filter value that doesn't exist, or that the principal may not see, matches nothing.
    """
    known_until = _known_until(uow, command)
    wanted = replace(command.wanted, visible_to=uow.principal, **_found(uow, command))
    items: list[Task] = []
    after, left = command.after, PAGE_BYTES
    while True:
        limit = min(command.limit - len(items), SLICE)
        found, is_cut = uow.tasks.bounded_page(wanted, command.sorts, limit=limit + 1, after=after, max_bytes=left)
        items += found[:limit]
        if not is_cut and len(found) <= limit:
            after = None
            break
        after = uow.tasks.sort_values(items[-1], command.sorts)
        left -= sum(map(size_of, found))
        if is_cut or len(items) == command.limit or left <= 0:
            break
    return Page(items, after, known_until, uow.tasks.pieces(items))


def _known_until(uow: UnitOfWork, command: List) -> Moment | None:
    if not asks_since(command.wanted):
        return None
    if command.known_until is not None:
        uow.tasks.end_at(command.known_until)
    return uow.tasks.known_until()


def size_of(task: Task) -> int:
    """The approximate size in bytes of its text and extensions."""
    return len(task.description or "") + sum(len(extension.value) for extension in task.extensions.values())


def load_owners(uow: UnitOfWork, tasks: Sequence[Task]) -> None:
    """Load the entities and users that these tasks link, one statement per table, for later calls of `find`.

    The inbox is left out: it counts as no case.
    """
    inbox = uow.home.inbox_case
    for repository, fields in (
        (uow.contacts, ("contact",)),
        (uow.categories, ("category",)),
        (uow.cases, ("case", "entity")),
    ):
        keys = {getattr(task, field) for task in tasks for field in fields} - {None}
        if repository is uow.cases:
            keys.discard(inbox)
        if keys:
            repository.load(sorted(keys))
    uow.users.remember(uid for task in tasks for uid in (task.creator, task.assignee))


def load_shown(uow: UnitOfWork, tasks: Sequence[Task]) -> None:
    """Load templates, categories, cases and users of tasks, one statement per table, for later calls of `find`."""
    pointers: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (uow.templates, ("template",)),
        (uow.categories, ("category",)),
        (uow.cases, ("case",)),
        (uow.users, ("assignee", "creator", "starter")),
    )
    for repository, fields in pointers:
        repository.load(sorted({getattr(task, field) for task in tasks for field in fields} - {None}))


def _found(uow: UnitOfWork, command: List) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field, name in command.people.items():
        found[field] = uuid_of(name) or _uid(persons.by_id_or_login(uow, name))
    repositories: dict[str, Any] = {
        "case": uow.cases,
        "stage": uow.stages,
        "contact": uow.contacts,
        "parent": uow.tasks,
    }
    for field, key in command.refs.items():
        number = key if isinstance(key, int) else _number(repositories[field].find(key))
        if references.hidden(uow, field, [number]):
            number = NOTHING
        found |= {"contacts": (number,)} if field == "contact" else {field: number}
    return found


def _uid(user: User | None) -> str:
    return str(NOTHING) if user is None else user.uid


def _number(entity: Any) -> int:
    return NOTHING if entity is None else int(entity.number)


def count(uow: UnitOfWork, wanted: TaskFilter) -> int:
    """The number of matching tasks. `wanted` must contain the condition on visibility."""
    return uow.tasks.count(wanted)


def page(
    uow: UnitOfWork, wanted: TaskFilter, sorts: Sequence[Sort], *, limit: int, offset: int = 0
) -> tuple[list[Task], bool]:
    """Matching tasks without extensions, and whether the page ended early at PAGE_BYTES.

    For readers. `wanted` must contain the condition on visibility.
    """
    if not limit:
        return [], False
    return uow.tasks.plain_page(wanted, sorts, limit=limit, offset=offset, max_bytes=PAGE_BYTES)


def queried(
    uow: UnitOfWork, wanted: TaskFilter, orders: Sequence[Order], *, limit: int, offset: int = 0
) -> tuple[list[Task], bool]:
    """The same as `page`, in an order of any fields of conditions; the oldest first where there is none, the last of
    ties by uid."""
    if not limit:
        return [], False
    return uow.tasks.queried(wanted, orders, limit=limit, offset=offset, max_bytes=PAGE_BYTES)


def queried_numbers(uow: UnitOfWork, wanted: TaskFilter, orders: Sequence[Order], *, limit: int) -> list[int]:
    """The numbers of the first tasks of such a page. The command reads or is exclusive."""
    return uow.tasks.queried_numbers(wanted, orders, limit=limit)


def first_ready(uow: UnitOfWork, wanted: TaskFilter, *, limit: int) -> list[int] | None:
    """The numbers of so many ready tasks, the oldest first, or None where they aren't found at once. `wanted` must say
    that they are ready; the command reads or is exclusive."""
    return uow.tasks.first_ready(wanted, limit=limit)


def with_ways(uow: UnitOfWork, wanted: TaskFilter) -> TaskFilter:
    """The filter with word on whether few tasks are visible, for lists by conditions that no index finds."""
    seen = uow.tasks.few_seen(wanted)
    return wanted if seen is None else replace(wanted, is_few=True, reached=seen)
