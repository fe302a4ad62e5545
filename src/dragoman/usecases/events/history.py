"""The history of one entity, page by page, also when it was deleted."""

from collections.abc import Iterator
from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Ref
from dragoman.domain.access import Permission, may_see_case, may_see_contact, require, require_to
from dragoman.domain.contact import Contact
from dragoman.domain.errors import NotFound
from dragoman.domain.task import Task
from dragoman.store.unit.overlay import HistoryRow
from dragoman.usecases.uow import UnitOfWork

__all__ = ["History", "HistoryPage", "HistoryRow", "changes_of_task", "history_page"]

SLICE = 1_000


class History(msgspec.Struct, frozen=True):
    """One page of the changes of a task, case or contact, behind a revision."""

    kind: str
    entity: Ref
    limit: int
    after: int = 0

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class HistoryPage(msgspec.Struct, frozen=True):
    """Rows, oldest first; `after` is where the next page begins, None on the last."""

    items: list[HistoryRow]
    after: int | None


def history_page(uow: UnitOfWork, command: History) -> HistoryPage:
    """NotFound when there never was such a thing; Forbidden for who may not see it."""
    entity = _present_or_past(uow, command.kind, command.entity)
    if entity is None:
        raise NotFound(f"{command.kind}_not_found", f"There is no {command.kind} {command.entity}.")
    _require_see(uow, command.kind, entity)
    rows = uow.history.page(command.kind, entity.number, after=command.after, limit=command.limit + 1)
    items = rows[: command.limit]
    return HistoryPage(items, items[-1].revision if len(rows) > len(items) else None)


def _present_or_past(uow: UnitOfWork, kind: str, key: Ref) -> Any:
    repository: Any = {"task": uow.tasks, "case": uow.cases, "contact": uow.contacts}[kind]
    present = repository.find(key)
    return uow.history.deleted(kind, key) if present is None else present


def _require_see(uow: UnitOfWork, kind: str, entity: Any) -> None:
    principal = uow.principal
    if kind == "contact":
        require_to(may_see_contact(principal, entity), principal, "see this contact")
    elif kind == "case":
        require_to(may_see_case(principal, entity), principal, "see this case")
    else:
        require(principal, Permission.SEE, entity, _contact(uow, entity))


def _contact(uow: UnitOfWork, task: Task) -> Contact | None:
    """The task's contact, also a deleted one: what was private stays so."""
    if task.contact is None:
        return None
    contact: Contact | None = _present_or_past(uow, "contact", task.contact)
    return contact


def changes_of_task(uow: UnitOfWork, number: int) -> Iterator[HistoryRow]:
    """Every change of a task that the caller has checked, oldest first."""
    after = 0
    while rows := uow.history.page("task", number, after=after, limit=SLICE):
        yield from rows
        if len(rows) < SLICE:
            return
        after = rows[-1].revision
