"""Orders of task lists: the only expressions in ORDER BY clauses, and their cursors."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from dragoman.domain.contact import ContactKind
from dragoman.domain.task import ENDED, State, Task
from dragoman.store import tables

LAST = 9_223_372_036_854_775_807
HIGHEST = "\U0010ffff"
"""A text that sorts after every other, in byte order."""

T = tables.task.c
CONTACT = tables.contact.c
USER = tables.user.c


def _text(one: "sa.Select[Any]") -> sa.ColumnElement[Any]:
    """A value of another table, "" instead of null, which the engines sort differently."""
    return sa.func.coalesce(one.scalar_subquery(), "")


def _or_last(moment: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A moment; tasks without it come last."""
    return sa.func.coalesce(moment, sa.literal_column(str(LAST)))


def _text_or_last(*texts: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(*texts, HIGHEST)


def _flag(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    return sa.case((condition, 1), else_=0)


def _login(person: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The login of a user; for an unknown one the id that a client sent."""
    found = sa.select(USER.login).where(USER.tenant == T.tenant, USER.uid == person)
    return _text_or_last(found.scalar_subquery(), person)


_CONTACT_NAME = sa.case(
    (CONTACT.kind == str(ContactKind.COMPANY), sa.func.coalesce(CONTACT.company_name, "")),
    else_=sa.func.trim(
        sa.func.coalesce(CONTACT.first_name, "") + " " + sa.func.coalesce(CONTACT.last_name, ""),
    ),
)
_OF_CONTACT = _text(sa.select(_CONTACT_NAME).where(CONTACT.tenant == T.tenant, CONTACT.number == T.contact))
_OF_CATEGORY = (
    sa.select(tables.category.c.title)
    .where(tables.category.c.tenant == T.tenant, tables.category.c.number == T.category)
    .scalar_subquery()
)

STATE_CODES: dict[State, int] = {
    State.INACTIVE: 1,
    State.READY: 2,
    State.RUNNING: 3,
    State.COMPLETED: 5,
    State.FAILED: 6,
    State.TERMINATED: 7,
    State.CLAIMED: 8,
    State.EXPIRED: 12,
}
"""The states as IBM numbers them, and so sorts by them (ibm-htm.md 4.1)."""


def changing(
    state: sa.ColumnElement[Any], suspended: sa.ColumnElement[Any], assignee: sa.ColumnElement[Any]
) -> dict[str, sa.ColumnElement[Any]]:
    """The keys of what timers change, by these columns: as they are stored, or as due timers leave them."""
    named = sa.func.coalesce(USER.last_name, "") + " " + USER.display_name
    of_assignee = _text(sa.select(named).where(USER.tenant == T.tenant, USER.uid == assignee))
    has_ended = state.in_(sorted(ENDED))
    return {
        "state": state,
        "state_code": sa.case({str(each): code for each, code in STATE_CODES.items()}, value=state, else_=0),
        "ended": _flag(has_ended),
        "assignee": of_assignee,
        "without_assignee": _flag(of_assignee == ""),
        "assignee_login": _login(assignee),
        "suspended": _flag(suspended.is_(sa.true())),
        "waiting": _flag(sa.and_(T.open_children > 0, sa.not_(has_ended))),
    }


SortKey = Literal[
    "number",
    "uid",
    "name",
    "title",
    "type",
    "template",
    "due",
    "without_due",
    "expires",
    "resumes",
    "priority",
    "created",
    "modified",
    "activated",
    "first_activated",
    "started",
    "completed",
    "state_changed",
    "category",
    "contact",
    "without_contact",
    "assignee",
    "without_assignee",
    "assignee_login",
    "creator_login",
    "starter_login",
    "ended",
    "state",
    "state_code",
    "suspended",
    "escalated",
    "read",
    "waiting",
]

SORTS: dict[str, sa.ColumnElement[Any]] = {
    "number": T.number,
    "uid": T.uid,
    "name": _text_or_last(T.name, T.title),
    "title": tables.title_first,
    "type": _text_or_last(T.type, _OF_CATEGORY),
    "template": _text_or_last(T.template),
    "due": tables.due_or_last,
    "expires": _or_last(T.expires_at),
    "resumes": _or_last(T.resume_at),
    "priority": sa.func.coalesce(T.priority, sa.literal_column("0")),
    "created": T.created_at,
    "modified": T.modified_at,
    "activated": _or_last(T.activated_at),
    "first_activated": _or_last(T.first_activated_at),
    "started": _or_last(sa.case((T.starter.is_(None), T.claimed_at), else_=T.activated_at)),
    "completed": _or_last(T.completed_at),
    "state_changed": sa.func.coalesce(T.state_changed_at, T.created_at),
    "category": sa.func.coalesce(T.category, sa.literal_column("0")),
    **changing(T.state, T.suspended, T.assignee),
    "ended": tables.has_ended,  # as its index has it
    "contact": _OF_CONTACT,
    "creator_login": _login(T.creator),
    "starter_login": _login(T.starter),
    "escalated": _flag(T.escalated.is_(sa.true())),
    "read": _flag(T.read.is_(sa.true())),
    # Before one of the above, these put what has none at one end, whichever way the above goes.
    "without_due": _flag(T.due_at.is_(None)),
    "without_contact": _flag(_OF_CONTACT == ""),
}
"""What a list can be sorted by."""
BY_TIMERS = frozenset(changing(T.state, T.suspended, T.assignee))
"""Keys that due timers change."""

OF_THE_TASK: dict[str, Callable[[Task], Any]] = {
    "number": lambda task: task.number,
    "title": lambda task: (task.label or "")[: tables.TITLE],
    "due": lambda task: LAST if task.due_at is None else task.due_at,
    "priority": lambda task: task.priority or 0,
    "created": lambda task: task.created_at,
    "modified": lambda task: task.modified_at,
    "category": lambda task: task.category or 0,
    "state": lambda task: str(task.state),
}
"""The same from a loaded task, for cursors without another query. A test compares the two."""


class Sort(msgspec.Struct, frozen=True):
    """One sort key and its direction."""

    key: SortKey
    descending: bool = False


INDEXED = frozenset({"number", "due", "created", "priority", "title", "modified"})
"""Keys in whose order an index goes."""


def order(sort: Sort, expression: sa.ColumnElement[Any] | None = None) -> sa.ColumnElement[Any]:
    """The key in an ORDER BY clause; `expression` may replace its own expression."""
    known = SORTS[sort.key] if expression is None else expression
    return known.desc() if sort.descending else known.asc()


def hidden(sort: Sort) -> sa.ColumnElement[Any]:
    """The same, written so that no index on this order is used: for few tasks, found by another index."""
    expression = SORTS[sort.key]
    return order(sort, unindexed(expression) if sort.key in INDEXED else expression)


def unindexed(expression: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The same value, written so that no index of it is used."""
    if isinstance(expression.type, sa.Text):
        return sa.literal_column("''", sa.Text()).concat(expression)
    return sa.literal_column("0") + expression


def beyond(sorts: Sequence[Sort], expressions: Mapping[str, sa.ColumnElement[Any]] = SORTS) -> sa.ColumnElement[bool]:
    """The condition for rows after a row in this order. Directions may differ by key. The row's values are the
    parameters `after_0`, `after_1` and so on. `expressions` replaces the stored keys.

    The condition on the first key alone is implied, but engines don't infer it. Written out, it lets an index scan
    start there, so that a page in the middle costs no more than the first.
    """
    values = [sa.bindparam(f"after_{place}", None, SORTS[sort.key].type) for place, sort in enumerate(sorts)]
    alternatives: list[sa.ColumnElement[bool]] = []
    for index, sort in enumerate(sorts):
        same = [expressions[earlier.key] == value for earlier, value in zip(sorts[:index], values, strict=False)]
        expression = expressions[sort.key]
        further = expression < values[index] if sort.descending else expression > values[index]
        alternatives.append(sa.and_(*same, further))
    first, value = expressions[sorts[0].key], values[0]
    return sa.and_(first <= value if sorts[0].descending else first >= value, sa.or_(*alternatives))


def hour_of(moment: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """As PostgreSQL computes `changed_hour`."""
    return moment.op("/")(sa.literal_column(str(tables.HOUR)))


def beyond_hour(first: Sort) -> sa.ColumnElement[bool]:
    """What `beyond` implies of the hour of change, the first key: where a scan of its index starts."""
    value = hour_of(sa.bindparam("after_0", None, sa.BigInteger()))
    return tables.changed_hour <= value if first.descending else tables.changed_hour >= value
