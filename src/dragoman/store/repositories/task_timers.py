"""Which tasks of a list due timers have changed or ended that have not fired yet (`domain.task.Task.as_of`), as SQL.

A statement that asks names `now` as a parameter. The sets are empty but for moments, and found by the timers' indexes;
each is looked up once a statement, not once a row.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any, Final, Literal
from weakref import WeakValueDictionary

import sqlalchemy as sa

from dragoman.domain.task import State
from dragoman.domain.timing import WAKES
from dragoman.store import tables
from dragoman.store.unit.as_of import awake, case_is_over, expired, for_people, gone, is_open, is_open_part, step

T = tables.task.c
NOW: Final = sa.bindparam("now", None, sa.BigInteger(), unique=False)

What = Literal["expired", "released", "awake"]
"""What a timer did to a task: it ended it, woke it without its claim, or just woke it."""
EXPIRED: Final[What] = "expired"
RELEASED: Final[What] = "released"
AWAKE: Final[What] = "awake"


def _shared(build: Callable[..., sa.CTE]) -> Callable[..., sa.CTE]:
    """Within a statement it must be one and the same, whatever other threads and tenants ask for meanwhile: it is kept
    as long as a statement has it."""
    known: WeakValueDictionary[tuple[int, bool], sa.CTE] = WeakValueDictionary()
    guard = Lock()

    def found(tenant: int, *, lateral: bool) -> sa.CTE:
        with guard:
            kept = known.get((tenant, lateral))
            if kept is None:
                kept = known[tenant, lateral] = build(tenant, lateral=lateral)
            return kept

    return found


def changed(tenant: int, *what: What, lateral: bool) -> "sa.Select[tuple[int]]":
    """Numbers of the tasks that timers, their own or those of what they are parts of, changed so.

    `lateral` is set for PostgreSQL: it expects many rows of a recursion, and would read the whole table for each step.
    """
    due = _due(tenant, lateral=lateral)
    return sa.select(due.c.number).where(due.c.what.in_(what)) if what else sa.select(due.c.number)


@_shared
def _due(tenant: int, *, lateral: bool) -> sa.CTE:
    own = tables.task.alias("own")
    there = sa.and_(own.c.tenant == tenant, own.c.removed_at.is_(None))
    released = sa.and_(own.c.state == str(State.CLAIMED), own.c.timing.like(f'%"{WAKES}":%'))
    woken = sa.case((released, sa.literal(RELEASED, sa.Text())), else_=sa.literal(AWAKE, sa.Text()))
    first = sa.union_all(
        sa.select(own.c.number, sa.literal(EXPIRED, sa.Text()).label("what")).where(there, expired(own, NOW)),
        sa.select(own.c.number, woken).where(there, is_open(own), awake(own, NOW), sa.not_(expired(own, NOW))),
    ).cte("first_due")
    due = sa.select(first.c.number, first.c.what).cte("due", recursive=True)
    part = step(due, "number", _tasks(tenant, "part", only_open=True), "parent", lateral=lateral)
    follows = sa.or_(due.c.what == EXPIRED, part.found.c.suspended.is_(sa.true()))
    reached = sa.case((due.c.what == EXPIRED, sa.literal(EXPIRED, sa.Text())), else_=sa.literal(AWAKE, sa.Text()))
    return due.union(sa.select(part.found.c.number, reached).select_from(part.source).where(part.condition, follows))


def deleted(tenant: int, *, lateral: bool) -> "sa.Select[tuple[int]]":
    """Numbers of the tasks that are gone with their parts: their time to be deleted has come, or their case is over."""
    return sa.select(_deleted(tenant, lateral=lateral).c.number)


@_shared
def _deleted(tenant: int, *, lateral: bool) -> sa.CTE:
    own, case = tables.task.alias("ended"), tables.case.alias("case_over")
    over = sa.select(case.c.number).where(case.c.tenant == tenant, case_is_over(NOW, case)).cte("over")
    held = step(over, "number", _tasks(tenant, "held_task"), "case", lateral=lateral)
    first = sa.union_all(
        sa.select(own.c.number).where(own.c.tenant == tenant, gone(own, NOW)),
        sa.select(held.found.c.number).select_from(held.source).where(held.condition),
    ).cte("first_deleted")
    found = sa.select(first.c.number).cte("deleted", recursive=True)
    part = step(found, "number", _tasks(tenant, "deleted_part"), "parent", lateral=lateral)
    return found.union(sa.select(part.found.c.number).select_from(part.source).where(part.condition))


def _tasks(tenant: int, name: str, *, only_open: bool = False) -> "sa.Select[Any]":
    """Tasks that stand for no batch."""
    task = tables.task.alias(name)
    rows = sa.select(task.c.number, task.c.parent, task.c.case, task.c.suspended)
    rows = rows.where(task.c.tenant == tenant, for_people(task), task.c.removed_at.is_(None))
    return rows.where(is_open_part(task)) if only_open else rows


def is_any_changed(tenant: int) -> "sa.Select[Any]":
    """Whether a timer is due that changes a task: a look into two indexes."""
    own = tables.task.alias("own")
    there: sa.Select[Any] = sa.select(sa.literal_column("1")).where(own.c.tenant == tenant, own.c.removed_at.is_(None))
    timers = sa.or_(there.where(expired(own, NOW)).exists(), there.where(awake(own, NOW)).exists())
    return sa.select(sa.literal(1).label("is_any_due")).where(timers)


def is_any_deleted(tenant: int) -> sa.ColumnElement[bool]:
    """Whether a timer is due that deletes tasks, or a case is over with all that it holds."""
    own, case = tables.task.alias("ended"), tables.case.alias("case_over")
    return sa.or_(
        sa.select(own.c.number).where(own.c.tenant == tenant, gone(own, NOW)).exists(),
        sa.select(case.c.number).where(case.c.tenant == tenant, case_is_over(NOW, case)).exists(),
    )
