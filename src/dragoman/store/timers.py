"""What is due by itself: tasks and cases whose moment has come. Their own columns are the timers, so that moving a
moment moves the timer, and a timer can't outlive or miss what it is about."""

import sqlalchemy as sa

from dragoman.domain.clock import Moment
from dragoman.domain.task import ENDED, Kind, Task
from dragoman.store import tables
from dragoman.store.repository import Repository
from dragoman.store.shapes import SHAPES

T = tables.task.c
C = tables.case.c


class Timers(Repository[Task]):
    """The timers of one tenant. Every command that asks here goes alone."""

    shape = SHAPES["task"]

    def expiring(self, at: Moment, limit: int) -> list[int]:
        """Numbers of open tasks whose time is over. A batch's task is not for timers."""
        is_open = T.state.not_in(sorted(ENDED))
        return self._tasks(T.expires_at, at, limit, sa.and_(is_open, T.kind != str(Kind.BATCH)))

    def waking(self, at: Moment, limit: int) -> list[int]:
        """Numbers of suspended tasks that go on now."""
        return self._tasks(T.resume_at, at, limit, T.suspended.is_(sa.true()))

    def going(self, at: Moment, limit: int) -> list[int]:
        """Numbers of ended tasks that are to be deleted now."""
        is_ended = T.state.in_(sorted(ENDED))
        return self._tasks(T.delete_at, at, limit, sa.and_(is_ended, T.kind != str(Kind.BATCH)))

    def completing(self, at: Moment, limit: int) -> list[int]:
        """Numbers of cases that complete by themselves now."""
        statement = sa.select(C.number).where(
            C.tenant == self.tenant,
            C.auto_complete_at.is_not(None),
            C.auto_complete_at <= at,
            C.completed_at.is_(None),
            C.removed_at.is_(None),
        )
        found = self.by_condition(statement.order_by(C.auto_complete_at, C.number).limit(limit))
        return [int(row[0]) for row in found]

    def _tasks(
        self, column: sa.ColumnElement[Moment | None], at: Moment, limit: int, condition: sa.ColumnElement[bool]
    ) -> list[int]:
        statement = sa.select(T.number).where(
            T.tenant == self.tenant, column.is_not(None), column <= at, condition, T.removed_at.is_(None)
        )
        return [int(row[0]) for row in self.by_condition(statement.order_by(column, T.number).limit(limit))]
