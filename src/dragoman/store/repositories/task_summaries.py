"""Sums over all tasks of a tenant, or of one assignee, by state, age and day."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dragoman.domain.clock import TICKS_PER_SECOND, Moment
from dragoman.store import tables
from dragoman.store.repositories.task_filters import ended_is

T = tables.task.c
PLACE = "place"
GROUP: sa.ColumnElement[Any] = sa.literal_column(PLACE)
"""By name: an expression with parameters isn't the same for PostgreSQL when it stands there twice."""

PIECE_SECONDS = 900
"""Ends are summed by quarters of an hour: every zone's day begins with one."""
PIECE = PIECE_SECONDS * TICKS_PER_SECOND


def open_by_state_and_age(
    connection: Connection, tenant: int, assignee: str | None, since: Sequence[Moment]
) -> list[tuple[str, int, int]]:
    """State, age and how many open tasks. The age is the place of the first moment in `since`, latest first, that the
    creation isn't before; their number for older ones."""
    age = _place(T.created_at, since)
    statement = sa.select(T.state, age, sa.func.count()).where(*_mine(tenant, assignee), ended_is(False))
    rows = connection.execute(statement.group_by(T.state, GROUP))
    return [(str(state), int(place), int(count)) for state, place, count in rows]


def overdue_by_week(
    connection: Connection, tenant: int, assignee: str | None, now: Moment, since: Sequence[Moment]
) -> dict[int, int]:
    """Age, as above but of the due time, and how many open tasks were due before now."""
    age = _place(T.due_at, since)
    statement = sa.select(age, sa.func.count()).where(*_mine(tenant, assignee), ended_is(False), T.due_at < now)
    return {int(place): int(count) for place, count in connection.execute(statement.group_by(GROUP))}


def ended_by_piece(
    connection: Connection, tenant: int, assignee: str | None, since: Moment
) -> list[tuple[Moment, int]]:
    """Where each piece of time begins in which tasks ended, and how many."""
    begun = since - since % PIECE
    piece = ((T.completed_at - begun) // PIECE).label(PLACE)
    mine = (*_mine(tenant, assignee), ended_is(True), T.completed_at >= since)
    statement = sa.select(piece, sa.func.count()).where(*mine)
    rows = connection.execute(statement.group_by(GROUP))
    return [(Moment(begun + int(place) * PIECE), int(count)) for place, count in rows]


def _mine(tenant: int, assignee: str | None) -> list[sa.ColumnElement[bool]]:
    own = [] if assignee is None else [T.assignee == assignee]
    return [T.tenant == tenant, T.removed_at.is_(None), *own]


def _place(moment: sa.ColumnElement[Any], since: Sequence[Moment]) -> sa.ColumnElement[Any]:
    cases: list[tuple[Any, Any]] = [
        (moment >= bound, sa.literal_column(str(place))) for place, bound in enumerate(since)
    ]
    return sa.case(*cases, else_=sa.literal_column(str(len(since)))).label(PLACE)
