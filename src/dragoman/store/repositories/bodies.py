"""What lies beside tasks in tables of their own. It outlives a task for a while, so that a task comes back whole."""

from typing import TypeVar

import sqlalchemy as sa

from dragoman.domain.clock import Moment
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository

E = TypeVar("E")
S = tables.tombstone.c


class Bodies(Repository[E]):
    """Rows by the task's uid and one name more."""

    def has_deleted(self, before: Moment) -> bool:
        """Whether there are rows of tasks that were deleted before a moment. For readers and exclusive commands."""
        table = self.mapping.table
        statement = sa.select(table.c.task).where(table.c.tenant == self.tenant, self._is_gone(before)).limit(1)
        return self.by_condition(statement).first() is not None

    def forget_deleted(self, before: Moment) -> int:
        """Delete the rows of tasks that were deleted before a moment. The command must be exclusive."""
        table = self.mapping.table
        statement = sa.delete(table).where(table.c.tenant == self.tenant, self._is_gone(before))
        return int(self.by_condition(statement).rowcount)

    def _is_gone(self, before: Moment) -> sa.ColumnElement[bool]:
        """By the tombstone of its task: there are fewer rows than tombstones."""
        table = self.mapping.table
        left = sa.exists().where(S.tenant == self.tenant, S.entity == "task", S.uid == table.c.task, S.at < before)
        return left.correlate(table)
