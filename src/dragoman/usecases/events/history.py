"""The history of one entity, page by page, also after its deletion."""

from collections.abc import Iterator
from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Ref
from dragoman.domain.access import Linked, Permission, may, may_see_case, may_see_contact
from dragoman.domain.limits import PAGE_BYTES
from dragoman.domain.task import Task
from dragoman.store.unit.overlay import HistoryRow
from dragoman.usecases.uow import UnitOfWork

__all__ = ["History", "HistoryPage", "HistoryRow", "changes_of_task", "history_page", "may_see", "page_of"]

SLICE = 50  # rows, each of which may hold a megabyte


class History(msgspec.Struct, frozen=True):
    """One page of the changes of a task, case or contact, after a revision."""

    kind: str
    entity: Ref
    limit: int
    after: int = 0

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class HistoryPage(msgspec.Struct, frozen=True):
    """Rows, oldest first, ended at PAGE_BYTES; `after` is the position of the next page, None on the last."""

    items: list[HistoryRow]
    after: int | None


def history_page(uow: UnitOfWork, command: History) -> HistoryPage:
    """NotFound for an entity that never existed, or that the principal may not see."""
    repository: Any = _repositories(uow)[command.kind]
    entity = _present_or_past(uow, command.kind, command.entity)
    if entity is None or not may_see(uow, command.kind, entity):
        raise repository.missing(command.entity)
    return page_of(uow, command.kind, entity.number, command.limit, command.after)


def page_of(uow: UnitOfWork, kind: str, number: int, limit: int, after: int) -> HistoryPage:
    """One page of the changes of an entity that the caller has checked, after a revision."""
    sizes = uow.history.sizes(kind, number, after=after, limit=limit + 1)
    limit = min(limit, _within(PAGE_BYTES, sizes))
    items = uow.history.page(kind, number, after=after, limit=limit)
    return HistoryPage(items, items[-1].revision if len(sizes) > limit else None)


def _within(max_bytes: int, sizes: list[int]) -> int:
    """How many of these have no more bytes together; at least one."""
    for place, size in enumerate(sizes):
        max_bytes -= size
        if max_bytes < 0 and place:
            return place
    return max(1, len(sizes))


def _repositories(uow: UnitOfWork) -> dict[str, Any]:
    return {"task": uow.tasks, "case": uow.cases, "contact": uow.contacts}


def _present_or_past(uow: UnitOfWork, kind: str, key: Ref) -> Any:
    present = _repositories(uow)[kind].find(key)
    return uow.history.deleted(kind, key) if present is None else present


def may_see(uow: UnitOfWork, kind: str, entity: Any) -> bool:
    """Whether the principal may see a task, case or contact that is there or was deleted."""
    principal = uow.principal
    if kind == "contact":
        return may_see_contact(principal, entity)
    if kind == "case":
        return may_see_case(principal, entity)
    return may(principal, Permission.SEE, entity, _linked(uow, entity))


def changes_of_task(uow: UnitOfWork, number: int) -> Iterator[HistoryRow]:
    """Every change of a task that the caller has checked, oldest first."""
    after = 0
    while rows := uow.history.page("task", number, after=after, limit=SLICE):
        yield from rows
        if len(rows) < SLICE:
            return
        after = rows[-1].revision


def _linked(uow: UnitOfWork, task: Task) -> Linked:
    """The linked entities, including deleted ones, so that private ones keep hiding the task."""
    keys = (("contact", task.contact), ("case", task.case), ("case", task.entity))
    return Linked(*(None if key is None else _present_or_past(uow, kind, key) for kind, key in keys))
