"""Tasks in the store: by key like everything else, and by condition for lists, cases and searches."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from dragoman.domain.access import SEEING, SEEING_INACTIVE, Principal
from dragoman.domain.clock import Moment
from dragoman.domain.contact import ContactKind
from dragoman.domain.task import ENDED, State, Task
from dragoman.store import tables
from dragoman.store.keys import Lock
from dragoman.store.repository import Repository
from dragoman.store.shapes import SHAPES
from dragoman.store.words import LONGEST

LAST = 9_223_372_036_854_775_807
T = tables.task.c
CONTACT = tables.contact.c
USER = tables.user.c


def _text(one: "sa.Select[Any]") -> sa.ColumnElement[Any]:
    """What another table says, "" when it says nothing: no null, which the engines sort differently."""
    return sa.func.coalesce(one.scalar_subquery(), "")


_CONTACT_NAME = sa.case(
    (CONTACT.kind == str(ContactKind.COMPANY), sa.func.coalesce(CONTACT.company_name, "")),
    else_=sa.func.trim(
        sa.func.coalesce(CONTACT.first_name, "") + " " + sa.func.coalesce(CONTACT.last_name, ""),
    ),
)
_OF_CONTACT = _text(sa.select(_CONTACT_NAME).where(CONTACT.tenant == T.tenant, CONTACT.number == T.contact))
_OF_ASSIGNEE = _text(
    sa.select(sa.func.coalesce(USER.last_name, "") + " " + USER.display_name).where(
        USER.tenant == T.tenant, USER.uid == T.assignee
    )
)

SortKey = Literal[
    "number",
    "title",
    "due",
    "without_due",
    "priority",
    "created",
    "modified",
    "category",
    "contact",
    "without_contact",
    "assignee",
    "without_assignee",
    "ended",
    "state",
]

SORTS: dict[str, sa.ColumnElement[Any]] = {
    "number": T.number,
    "title": sa.func.coalesce(T.title, ""),
    # The expression of the index task_by_state_due, to the letter: a task without a due time comes last.
    "due": sa.func.coalesce(T.due_at, sa.literal_column(str(LAST))),
    "priority": sa.func.coalesce(T.priority, sa.literal_column("0")),
    "created": T.created_at,
    "modified": T.modified_at,
    "category": sa.func.coalesce(T.category, sa.literal_column("0")),
    "state": T.state,
    "ended": sa.case((T.state.in_(sorted(ENDED)), 1), else_=0),
    "contact": _OF_CONTACT,
    "assignee": _OF_ASSIGNEE,
    # Before one of the above, these put what has none at one end, whichever way the above goes.
    "without_due": sa.case((T.due_at.is_(None), 1), else_=0),
    "without_contact": sa.case((_OF_CONTACT == "", 1), else_=0),
    "without_assignee": sa.case((_OF_ASSIGNEE == "", 1), else_=0),
}
"""What a list can be sorted by: the only expressions that ever stand in an ORDER BY."""

OF_THE_TASK: dict[str, Callable[[Task], Any]] = {
    "number": lambda task: task.number,
    "title": lambda task: task.title or "",
    "due": lambda task: LAST if task.due_at is None else task.due_at,
    "priority": lambda task: task.priority or 0,
    "created": lambda task: task.created_at,
    "modified": lambda task: task.modified_at,
    "category": lambda task: task.category or 0,
    "state": lambda task: str(task.state),
}
"""The same, of a task that is loaded: the table need not be asked again for a cursor. A test holds the two together."""


class TaskFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions, all of which must hold; one that is None or empty asks nothing."""

    states: tuple[State, ...] = ()
    is_open: bool | None = None
    assignee: str | None = None
    unassigned: bool = False
    creator: str | None = None
    category: int | None = None
    or_no_category: bool = False  # beside those of `category`
    case: int | None = None
    stage: int | None = None
    parent: int | None = None
    contacts: tuple[int, ...] | None = None
    contact_or_persons_of: int | None = None  # a contact; for a company also its persons
    entity: tuple[str, int] | None = None  # kind and number of a case or opportunity
    kind: str | None = None
    suspended: bool | None = None
    priority: int | None = None
    type: str | None = None
    due_from: Moment | None = None
    due_to: Moment | None = None  # both inclusive
    created_from: Moment | None = None
    created_to: Moment | None = None
    modified_from: Moment | None = None
    modified_to: Moment | None = None
    words: tuple[str, ...] = ()  # folded; each must begin a word of title or description
    visible_to: Principal | None = None


class Sort(msgspec.Struct, frozen=True):
    """One sort key and its direction."""

    key: SortKey
    descending: bool = False


class Tasks(Repository[Task]):
    """The tasks of one tenant."""

    shape = SHAPES["task"]

    def page(
        self,
        wanted: TaskFilter,
        sorts: Sequence[Sort],
        *,
        limit: int,
        offset: int = 0,
        after: tuple[Any, ...] | None = None,
    ) -> list[Task]:
        """Up to `limit` tasks in order; `after` holds the sort values and number of the last one seen."""
        keys = [*sorts, Sort("number", descending=sorts[-1].descending if sorts else False)]
        statement = sa.select(T.number).where(*self._conditions(wanted))
        if after is not None:
            statement = statement.where(_beyond(keys, after))
        statement = statement.order_by(*(_order(key) for key in keys)).limit(limit).offset(offset)
        return self.numbered(statement)

    def count(self, wanted: TaskFilter) -> int:
        """How many tasks match."""
        statement = sa.select(sa.func.count()).select_from(tables.task).where(*self._conditions(wanted))
        return int(self.by_condition(statement).scalar_one())

    def sort_values(self, task: Task, sorts: Sequence[Sort]) -> tuple[Any, ...]:
        """The sort values and the number of a task, for the cursor behind it."""
        if all(sort.key in OF_THE_TASK for sort in sorts):
            return (*(OF_THE_TASK[sort.key](task) for sort in sorts), task.number)
        row = self.by_condition(
            sa.select(*(SORTS[sort.key] for sort in sorts), T.number).where(
                T.tenant == self.tenant, T.number == task.number
            )
        ).one()
        return tuple(row)

    def of_case(self, case: int, lock: Lock = Lock.NONE, *, limit: int | None = None) -> list[Task]:
        """The tasks of a case, by number."""
        return self._where(T.case == case, lock, limit)

    def of_stage(self, stage: int, lock: Lock = Lock.NONE) -> list[Task]:
        """The tasks of a stage, by number."""
        return self._where(T.stage == stage, lock, None)

    def of_contact(self, contact: int, lock: Lock = Lock.NONE, *, limit: int | None = None) -> list[Task]:
        """The tasks that link a contact, by number."""
        return self._where(T.contact == contact, lock, limit)

    def of_category(self, category: int, lock: Lock = Lock.NONE, *, limit: int | None = None) -> list[Task]:
        """The tasks of a category, by number."""
        return self._where(T.category == category, lock, limit)

    def open_children(self, parent: int, lock: Lock = Lock.NONE) -> list[Task]:
        """The children of a task that have not ended, by number."""
        return self._where(sa.and_(T.parent == parent, T.state.not_in(sorted(ENDED))), lock, None)

    def children(self, parent: int, lock: Lock = Lock.NONE) -> list[Task]:
        """All parts of a task, by number."""
        return self._where(T.parent == parent, lock, None)

    def late_contacts(self, contacts: Sequence[int], at: Moment) -> set[int]:
        """Those of the contacts that have an open task whose due time is past."""
        statement = sa.select(T.contact).where(
            T.tenant == self.tenant,
            T.contact.in_(contacts),
            T.state.not_in(sorted(ENDED)),
            T.due_at < at,
            T.removed_at.is_(None),
        )
        return {int(row[0]) for row in self.by_condition(statement.distinct())}

    def _where(self, condition: sa.ColumnElement[bool], lock: Lock, limit: int | None) -> list[Task]:
        statement = sa.select(T.number).where(T.tenant == self.tenant, condition, T.removed_at.is_(None))
        return self.numbered(statement.order_by(T.number).limit(limit), lock)

    def _conditions(self, wanted: TaskFilter) -> list[sa.ColumnElement[bool]]:
        conditions = [T.tenant == self.tenant, T.removed_at.is_(None)]
        conditions += _equalities(wanted)
        conditions += _ranges(wanted)
        conditions += self._links(wanted)
        conditions += [self._has_word(word) for word in wanted.words]
        if wanted.visible_to is not None and not wanted.visible_to.is_admin:
            conditions.append(self._visible(wanted.visible_to))
        return conditions

    def _links(self, wanted: TaskFilter) -> list[sa.ColumnElement[bool]]:
        conditions: list[sa.ColumnElement[bool]] = []
        if wanted.contacts is not None:
            conditions.append(T.contact.in_(wanted.contacts))
        if wanted.contact_or_persons_of is not None:
            number = wanted.contact_or_persons_of
            persons = sa.select(tables.contact.c.number).where(
                tables.contact.c.tenant == self.tenant, tables.contact.c.company == number
            )
            conditions.append(sa.or_(T.contact == number, T.contact.in_(persons)))
        if wanted.entity is not None:
            kind, number = wanted.entity
            case = tables.case.c
            held = sa.select(case.number).where(case.tenant == self.tenant, case.number == number, case.kind == kind)
            conditions.append(sa.or_(T.case.in_(held), sa.and_(T.entity_kind == kind, T.entity == number)))
        return conditions

    def _has_word(self, beginning: str) -> sa.ColumnElement[bool]:
        word, beginning = tables.task_word.c, beginning[:LONGEST]
        # The successor of a prefix in byte order: no LIKE, whose rules differ between the engines.
        found = sa.select(word.task).where(word.tenant == self.tenant, word.word >= beginning)
        return T.number.in_(found.where(word.word < beginning + "\U0010ffff"))

    def _visible(self, principal: Principal) -> sa.ColumnElement[bool]:
        """`domain.access` in SQL: who may see. A test holds the two together."""
        item, contact = tables.work_item.c, tables.contact.c
        holders = ["*", principal.user, *(f"group:{group}" for group in sorted(principal.groups))]
        mine_by = sa.select(item.task).where(item.tenant == self.tenant, item.holder.in_(holders))
        named = mine_by.where(item.role.in_(sorted(SEEING)))
        named_early = mine_by.where(item.role.in_(sorted(SEEING_INACTIVE)))
        shared = f'%"{principal.user}"%'
        private = sa.select(contact.number).where(contact.tenant == self.tenant, contact.is_private.is_(sa.true()))
        mine = private.where(sa.or_(contact.creator == principal.user, contact.shared_with.like(shared)))
        return sa.or_(
            sa.and_(T.work_item_count == 0, sa.or_(T.contact.is_(None), T.contact.not_in(private))),
            T.assignee == principal.user,
            T.creator == principal.user,
            T.starter == principal.user,
            sa.and_(T.state != str(State.INACTIVE), T.number.in_(named)),
            T.number.in_(named_early),
            T.contact.in_(mine),
        )


def _equalities(wanted: TaskFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.states:
        conditions.append(T.state.in_([str(state) for state in wanted.states]))
    if wanted.is_open is not None:
        ended = sorted(str(state) for state in ENDED)
        conditions.append(T.state.not_in(ended) if wanted.is_open else T.state.in_(ended))
    if wanted.unassigned:
        conditions.append(T.assignee.is_(None))
    if wanted.category is not None:
        of_category = T.category == wanted.category
        conditions.append(sa.or_(of_category, T.category.is_(None)) if wanted.or_no_category else of_category)
    for name in (
        "assignee",
        "creator",
        "case",
        "stage",
        "parent",
        "kind",
        "suspended",
        "priority",
        "type",
    ):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(T[name] == value)
    return conditions


def _ranges(wanted: TaskFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    for column, low, high in (
        (T.due_at, wanted.due_from, wanted.due_to),
        (T.created_at, wanted.created_from, wanted.created_to),
        (T.modified_at, wanted.modified_from, wanted.modified_to),
    ):
        if low is not None:
            conditions.append(column >= low)
        if high is not None:
            conditions.append(column <= high)
    return conditions


def _order(sort: Sort) -> sa.ColumnElement[Any]:
    expression = SORTS[sort.key]
    return expression.desc() if sort.descending else expression.asc()


def _beyond(sorts: Sequence[Sort], after: tuple[Any, ...]) -> sa.ColumnElement[bool]:
    """What comes behind a row in this order, key by key, since directions may differ.

    That nothing comes before the row's first value follows, but no engine sees it by itself: said, it lets an index
    begin there, so that a page in the middle costs no more than the first.
    """
    alternatives: list[sa.ColumnElement[bool]] = []
    for index, sort in enumerate(sorts):
        same = [SORTS[earlier.key] == value for earlier, value in zip(sorts[:index], after, strict=False)]
        expression = SORTS[sort.key]
        further = expression < after[index] if sort.descending else expression > after[index]
        alternatives.append(sa.and_(*same, further))
    first, value = SORTS[sorts[0].key], after[0]
    return sa.and_(first <= value if sorts[0].descending else first >= value, sa.or_(*alternatives))
