"""A case as its page shows it: its stages with their tasks, and its last changes."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Ref
from dragoman.domain.access import may_edit_case, may_see_contact
from dragoman.domain.case import Case, Stage
from dragoman.domain.contact import Contact
from dragoman.domain.task import Task
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.repositories.task_sorts import Sort
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.events import history as histories
from dragoman.usecases.events.history import HistoryRow
from dragoman.usecases.identity import called
from dragoman.usecases.uow import UnitOfWork

MOST_TASKS = 200
MOST_CHANGES = 50


class Look(msgspec.Struct, frozen=True):
    case: Ref

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class OneCase(msgspec.Struct, frozen=True):
    """A case, the contact that the principal may see, stages, the newest tasks, and the newest changes. `has_more`:
    there are more tasks than these."""

    case: Case
    contact: Contact | None
    stages: list[Stage]
    tasks: list[Task]
    has_more: bool
    changes: list[HistoryRow]
    names: dict[str, str]
    may_edit: bool


def look(uow: UnitOfWork, command: Look) -> OneCase:
    """NotFound for a case that the principal may not see."""
    case = cases.get(uow, command.case)
    contact = None if case.contact is None else uow.contacts.find(case.contact)
    if contact is not None and not may_see_contact(uow.principal, contact):
        contact = None
    wanted = TaskFilter(case=case.number, visible_to=uow.principal)
    found, _ = uow.tasks.plain_page(
        wanted, [Sort("number", descending=True)], limit=MOST_TASKS + 1, offset=0, max_bytes=2**24
    )
    after = max(0, case.revision - MOST_CHANGES)
    rows = histories.page_of(uow, "case", case.number, MOST_CHANGES, after).items[::-1]
    uids = {case.creator, case.assignee, *(task.assignee for task in found), *(row.actor for row in rows)}
    names = called.names(uow, uids | called.in_changes(row.changes for row in rows))
    stages = uow.stages.of_case(case.number)
    may_edit = may_edit_case(uow.principal, case)
    return OneCase(case, contact, stages, found[:MOST_TASKS], len(found) > MOST_TASKS, rows, names, may_edit)
