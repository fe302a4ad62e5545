"""Purge marks: rows to be deleted, marked by one statement, hidden from every read, and deleted in slices.

A slice clears its marks first, in its own transaction, so that each row is then loaded, deleted and written to history
like any other. Other transactions do not see it in between. A slice that runs twice finds nothing the second time.
"""

from typing import Any

import sqlalchemy as sa

from dragoman.domain.clock import Moment
from dragoman.domain.extension import Owner
from dragoman.domain.task import Task
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.as_of import for_people
from dragoman.store.unit.mappings import MAPPINGS

T = tables.task.c
S = tables.stage.c
X = tables.extension.c


class PurgeMarks(Repository[Task]):
    """The purge marks of one tenant, for exclusive commands."""

    mapping = MAPPINGS["task"]

    # Tasks and stages

    def tasks(self, *, case: int | None = None, contact: int | None = None, limit: int) -> list[int]:
        """Numbers of a case's or a contact's tasks."""
        statement = sa.select(T.number).where(*self._tasks(case, contact), T.removed_at.is_(None))
        return self._numbers(statement.order_by(T.number).limit(limit))

    def has_batch(self, *, case: int | None = None, contact: int | None = None) -> bool:
        """Whether one of these tasks is a batch's task."""
        statement = sa.select(T.number).where(
            *self._tasks(case, contact), sa.not_(for_people(tables.task)), T.removed_at.is_(None)
        )
        return bool(self._numbers(statement.limit(1)))

    def mark_tasks(self, at: Moment, *, case: int | None = None, contact: int | None = None) -> None:
        """Hide all of them at once."""
        self.by_condition(
            sa.update(tables.task).where(*self._tasks(case, contact), T.removed_at.is_(None)).values(removed_at=at)
        )

    def stages(self, case: int, *, limit: int) -> list[int]:
        """Numbers of a case's stages."""
        statement = sa.select(S.number).where(S.tenant == self.tenant, S.case == case, S.removed_at.is_(None))
        return self._numbers(statement.order_by(S.number).limit(limit))

    def mark_stages(self, at: Moment, case: int) -> None:
        """Hide all stages of a case at once."""
        self.by_condition(
            sa.update(tables.stage)
            .where(S.tenant == self.tenant, S.case == case, S.removed_at.is_(None))
            .values(removed_at=at)
        )

    def take_tasks(self, limit: int) -> list[int]:
        """Clear the marks of up to `limit` tasks; returns their numbers."""
        return self._take(tables.task, limit)

    def take_stages(self, limit: int) -> list[int]:
        """Clear the marks of up to `limit` stages; returns their numbers."""
        return self._take(tables.stage, limit)

    # Values of extensions

    def take_values(self, owner: Owner, limit: int) -> list[tuple[int, str]]:
        """Clear the marks of up to `limit` values; returns the number of each owner and the folded name."""
        marked = (
            sa.select(X.owner, X.folded)
            .where(X.tenant == self.tenant, X.owner_kind == str(owner), X.removed_at.is_not(None))
            .order_by(X.owner, X.folded)
            .limit(limit)
        )
        taken = self.by_condition(
            sa.update(tables.extension)
            .where(
                X.tenant == self.tenant,
                X.owner_kind == str(owner),
                X.removed_at.is_not(None),
                sa.tuple_(X.owner, X.folded).in_(marked),
            )
            .values(removed_at=None)
            .returning(X.owner, X.folded)
        )
        values = sorted((int(number), folded) for number, folded in taken)
        self._count_again(owner, sorted({number for number, _ in values}))
        return values

    def drop_value(self, owner: Owner, number: int, folded: str) -> None:
        """Delete a value whose owner is gone."""
        self.by_condition(
            sa.delete(tables.extension).where(
                X.tenant == self.tenant, X.owner_kind == str(owner), X.owner == number, X.folded == folded
            )
        )

    def _count_again(self, owner: Owner, numbers: list[int]) -> None:
        # An owner that was written meanwhile counts no marked values, and is then loaded without looking for any.
        table = MAPPINGS[str(owner)].table
        self.by_condition(
            sa.update(table)
            .where(table.c.tenant == self.tenant, table.c.number.in_(numbers), table.c.extension_count == 0)
            .values(extension_count=1)
        )

    # Both

    def is_waiting(self) -> bool:
        """Whether there is anything to sweep."""
        marked = [
            sa.select(column).where(column.table.c.tenant == self.tenant, column.is_not(None)).limit(1)
            for column in (T.removed_at, S.removed_at, X.removed_at)
        ]
        return any(self._numbers(statement) for statement in marked)

    def _tasks(self, case: int | None, contact: int | None) -> list[sa.ColumnElement[bool]]:
        if case is None and contact is None:
            raise ValueError("tasks of neither a case nor a contact would be all tasks")
        conditions = [T.tenant == self.tenant]
        if case is not None:
            conditions.append(T.case == case)
        if contact is not None:
            conditions.append(T.contact == contact)
        return conditions

    def _take(self, table: sa.Table, limit: int) -> list[int]:
        marked = (
            sa.select(table.c.number)
            .where(table.c.tenant == self.tenant, table.c.removed_at.is_not(None))
            .order_by(table.c.number)
            .limit(limit)
        )
        statement = (
            sa.update(table)
            .where(table.c.tenant == self.tenant, table.c.removed_at.is_not(None), table.c.number.in_(marked))
            .values(removed_at=None)
            .returning(table.c.number)
        )
        return sorted(self._numbers(statement))

    def _numbers(self, statement: Any) -> list[int]:
        return [int(row[0]) for row in self.by_condition(statement)]
