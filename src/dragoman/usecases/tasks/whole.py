"""A task with everything that its page shows, read at once: names, subtasks, history, and what may be done with it.

The number of statements depends neither on the size of the task nor on that of its history.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from dragoman.command import Key, Keys, Lock, Ref
from dragoman.domain.access import Permission
from dragoman.domain.case import Case
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact
from dragoman.domain.digest import hour_of
from dragoman.domain.errors import Conflict
from dragoman.domain.message import Which
from dragoman.domain.task import Task, Verb
from dragoman.domain.work_item import EVERYBODY
from dragoman.store.repositories.messages import Start
from dragoman.store.repositories.names import DIGEST, PARENT, Named, Subtask
from dragoman.store.unit.overlay import HistoryRow
from dragoman.usecases.events.history import may_see
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import references
from dragoman.usecases.uow import UnitOfWork

ROWS = 50
"""Of history, on one page."""
ROWS_BESIDE = 3
"""Of history, at the side of a list."""
LONGEST = 65_536
"""Characters of the changes of one row of history that are shown."""
LONGEST_MESSAGE = 65_536
"""Characters of a message that are shown."""
SUBTASKS = 100
GROUP = "group:"

_values = msgspec.json.Decoder(dict[str, tuple[Any, Any]])


class Look(msgspec.Struct, frozen=True):
    """One task; its history below a revision. `is_beside`: as it is shown at the side of a list, with its last changes
    and without messages."""

    task: Ref
    before: int | None = None
    is_beside: bool = False

    def keys(self) -> Keys:
        return Keys(owners=tasks.SEEN_OWNERS).also("task", [self.task], Lock.NONE)


class Whole(msgspec.Struct, frozen=True):
    """A task as its page shows it. What the reader may not see is None, and has no name."""

    task: Task
    is_deleted: bool
    granted: frozenset[Permission]
    verbs: frozenset[Verb]
    is_deletable: bool
    names: Mapping[Named, str]
    contact: Contact | None
    case: Case | None
    subtasks: list[Subtask]
    has_more_subtasks: bool
    history: list[HistoryRow]
    older: int | None  # the revision below which the history goes on
    inbox: int  # the case of tasks that belong to none
    messages: list[Start] = []

    @property
    def parent(self) -> int | None:
        """The number of the task that it is a part of."""
        return self.task.parent if (PARENT, str(self.task.parent)) in self.names else None

    def sealed_at(self, revision: int) -> Moment | None:
        """The full hour whose digest covers a row of the history; None for one that none covers yet."""
        end = self.names.get((DIGEST, str(revision)))
        return hour_of(Moment(int(end))) if end else None

    def name(self, kind: str, key: Key | None) -> str | None:
        """What a user, group, category, stage or template is called."""
        return self.names.get((kind, str(key)))


def look(uow: UnitOfWork, command: Look) -> Whole:
    """The task, also a deleted one with its history. NotFound for one that the principal may not see."""
    present = uow.tasks.find(command.task)
    task = uow.history.deleted("task", command.task) if present is None else present
    if task is None or not may_see(uow, "task", task):
        raise uow.tasks.missing(command.task)
    granted = tasks.allowed(uow, task)
    history, older = _history(uow, task.number, command)
    revisions = [row.revision for row in history]
    around = uow.names.around(task, _named(task, history), uow.principal, subtasks=SUBTASKS + 1, revisions=revisions)
    return Whole(
        task=task,
        is_deleted=present is None,
        granted=granted,
        verbs=frozenset() if present is None else tasks.possible(uow, task),
        is_deletable=present is not None and Permission.DELETE in granted and _is_deletable(task),
        names=around.names,
        contact=_visible(uow, "contact", task.contact),
        case=_visible(uow, "case", None if task.case == uow.home.inbox_case else task.case),
        subtasks=around.subtasks[:SUBTASKS],
        has_more_subtasks=len(around.subtasks) > SUBTASKS,
        history=history,
        older=older,
        inbox=uow.home.inbox_case,
        messages=[] if command.is_beside else _messages(uow, present),
    )


def _messages(uow: UnitOfWork, task: Task | None) -> list[Start]:
    """Input, output and fault, those there are."""
    if task is None or not task.messages:
        return []
    starts = {each.which: each for each in uow.messages.starts(task.uid, longest=LONGEST_MESSAGE)}
    return [starts[which] for which in Which if which in task.messages and which in starts]


def _history(uow: UnitOfWork, number: int, asked: Look) -> tuple[list[HistoryRow], int | None]:
    limit = ROWS_BESIDE if asked.is_beside else ROWS
    rows = uow.history.newest("task", number, before=asked.before, limit=limit + 1, longest=LONGEST)
    return rows[:limit], rows[limit - 1].revision if len(rows) > limit else None


def _is_deletable(task: Task) -> bool:
    try:
        task.must_be_deletable()
    except Conflict:
        return False
    return True


def _visible(uow: UnitOfWork, field: str, number: int | None) -> Any:
    if number is None or references.hidden(uow, field, [number]):
        return None
    return (uow.contacts if field == "contact" else uow.cases).find(number)


def _named(task: Task, history: Iterable[HistoryRow]) -> dict[str, set[str | int]]:
    """Kind -> keys of what the page names."""
    users: set[Any] = {task.assignee, task.creator, task.starter}
    groups: set[Any] = set()
    categories: set[Any] = {task.category}
    for item in task.work_items:
        if item.holder.startswith(GROUP):
            groups.add(item.holder.removeprefix(GROUP))
        elif item.holder != EVERYBODY:
            users.add(item.holder)
    for row in history:
        users.add(row.actor)
        changes = _values.decode(row.changes) if row.changes else {}
        for values in (changes.get(name, ()) for name in ("assignee", "creator", "starter")):
            users.update(value for value in values if isinstance(value, str))
        categories.update(value for value in changes.get("category", ()) if isinstance(value, int))
    kinds = {"user": users, "group": groups, "category": categories, "stage": {task.stage}, "template": {task.template}}
    return {kind: keys - {None} for kind, keys in kinds.items()}
