"""Rows of a list as people read them: a task with the names of what it links."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dragoman.command import Keys, Lock
from dragoman.domain.access import Permission
from dragoman.domain.task import Task, Verb
from dragoman.usecases.tasks import lifecycle, lists, references
from dragoman.usecases.uow import UnitOfWork


class Row(msgspec.Struct, frozen=True):
    """One task. A name is None where there is no such link, or the reader may not see what is linked."""

    task: Task
    category: str | None
    case: str | None
    contact: str | None
    assignee: str | None
    creator: str | None
    verbs: frozenset[Verb] = frozenset()  # those that the reader may use on it now
    may_edit: bool = False


class RowPage(msgspec.Struct, frozen=True):
    """Rows in order. `after` is the position of the next page, None on the last."""

    rows: list[Row]
    after: tuple[Any, ...] | None


def row_page(uow: UnitOfWork, command: lists.List) -> RowPage:
    """The rows of a page of tasks. For readers; the number of statements doesn't depend on that of the rows."""
    page = lists.list_page(uow, command)
    return RowPage(rows(uow, page.items), page.after)


class Some(msgspec.Struct, frozen=True):
    """Tasks by number."""

    numbers: tuple[int, ...]

    def keys(self) -> Keys:
        return Keys(owners=lifecycle.SEEN_OWNERS).also("task", self.numbers, Lock.NONE)


def some(uow: UnitOfWork, command: Some) -> list[Row]:
    """The rows of those that the reader may see. For readers; the number of statements doesn't depend on theirs."""
    found = (lifecycle.find_visible(uow, number) for number in command.numbers)
    return rows(uow, [task for task in found if task is not None])


def rows(uow: UnitOfWork, tasks: Sequence[Task]) -> list[Row]:
    """The rows of these tasks, which the reader may see."""
    lists.load_owners(uow, tasks)
    named = {uid for task in tasks for uid in (task.assignee, task.creator)}
    people = {uid: _name(uow, uid) for uid in named}
    return [_row(uow, task, people) for task in tasks]


def _row(uow: UnitOfWork, task: Task, people: Mapping[str | None, str | None]) -> Row:
    category = None if task.category is None else uow.categories.find(task.category)
    case = _linked(uow, "case", None if task.case == uow.home.inbox_case else task.case)
    contact = _linked(uow, "contact", task.contact)
    granted = lifecycle.allowed(uow, task)
    return Row(
        task=task,
        category=None if category is None else category.title,
        case=None if case is None else case.title,
        contact=None if contact is None else contact.display_name,
        assignee=people[task.assignee],
        creator=people[task.creator],
        verbs=lifecycle.possible(uow, task, granted),
        may_edit=Permission.EDIT in granted,
    )


def _linked(uow: UnitOfWork, field: str, number: int | None) -> Any:
    if number is None or references.hidden(uow, field, [number]):
        return None
    return (uow.cases if field == "case" else uow.contacts).find(number)


def _name(uow: UnitOfWork, uid: str | None) -> str | None:
    user = None if uid is None else uow.users.find(uid)
    return None if user is None else user.display_name or user.login
