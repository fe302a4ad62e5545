"""What due timers change of a task, as stored or as they leave it, as SQL."""

from typing import Any, Final

import msgspec
import sqlalchemy as sa

from dragoman.store import tables
from dragoman.store.repositories import task_timers
from dragoman.store.unit.as_of import expired

T = tables.task.c


class Columns(msgspec.Struct, frozen=True):
    """What timers change, as stored or as they leave it."""

    state: sa.ColumnElement[Any]
    suspended: sa.ColumnElement[Any]
    assignee: sa.ColumnElement[Any]
    completed_at: sa.ColumnElement[Any]
    activated_at: sa.ColumnElement[Any]
    state_changed_at: sa.ColumnElement[Any]


STORED: Final = Columns(
    T.state, T.suspended, T.assignee, T.completed_at, T.activated_at, sa.func.coalesce(T.state_changed_at, T.created_at)
)


def expired_parts() -> sa.ColumnElement[int]:
    """How many parts of a task count as open until their timers fire; used only for tasks with open parts."""
    part = tables.task.alias("part")
    of_task = sa.and_(part.c.tenant == T.tenant, part.c.parent == T.number, part.c.removed_at.is_(None))
    found = sa.select(sa.func.count()).select_from(part).where(of_task, expired(part, task_timers.NOW))
    return found.correlate(tables.task).scalar_subquery()
