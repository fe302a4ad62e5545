"""Rows of a list as people read them: a task with the names of what it links."""

from collections.abc import Sequence
from functools import cache
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
    names = _Names(uow)
    return [_row(uow, task, names) for task in tasks]


class _Names:
    """The names of what tasks link, as far as the reader may see it; each is looked up once, however many link it."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self.person = cache(self._person)
        self.category = cache(self._category)
        self.case = cache(self._case)
        self.contact = cache(self._contact)

    def _person(self, uid: str | None) -> str | None:
        user = None if uid is None else self._uow.users.find(uid)
        return None if user is None else user.display_name or user.login

    def _category(self, number: int | None) -> str | None:
        category = None if number is None else self._uow.categories.find(number)
        return None if category is None else category.title

    def _case(self, number: int | None) -> str | None:
        case = None if number == self._uow.home.inbox_case else self._linked("case", number)
        return None if case is None else case.title

    def _contact(self, number: int | None) -> str | None:
        contact = self._linked("contact", number)
        return None if contact is None else contact.display_name

    def _linked(self, field: str, number: int | None) -> Any:
        if number is None or references.hidden(self._uow, field, [number]):
            return None
        return (self._uow.cases if field == "case" else self._uow.contacts).find(number)


def _row(uow: UnitOfWork, task: Task, names: _Names) -> Row:
    granted = lifecycle.allowed(uow, task)
    return Row(
        task=task,
        category=names.category(task.category),
        case=names.case(task.case),
        contact=names.contact(task.contact),
        assignee=names.person(task.assignee),
        creator=names.person(task.creator),
        verbs=lifecycle.possible(uow, task, granted),
        may_edit=Permission.EDIT in granted,
    )
