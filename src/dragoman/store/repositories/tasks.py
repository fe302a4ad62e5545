"""Tasks in the store: by key like everything else, and by condition for lists, cases and searches."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.domain.clock import Moment
from dragoman.domain.task import ENDED, Kind, Task
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.repositories.task_filters import TaskFilter, plainly
from dragoman.store.repositories.task_pages import count_of, fetch, page_of, rows_of
from dragoman.store.repositories.task_sorts import OF_THE_TASK, SORTS, Sort
from dragoman.store.unit.mappings import MAPPINGS

T = tables.task.c

TOGETHER = 256
"""The longest page that is read as one text, which must not become too long."""


class Tasks(Repository[Task]):
    """The tasks of one tenant."""

    mapping = MAPPINGS["task"]

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
        keys = _until_number([*sorts, Sort("number", descending=sorts[-1].descending if sorts else False)])
        connection, wanted = self._connection(), plainly(wanted)
        dialect, has_cursor = connection.dialect, after is not None
        if self._overlay.group.only_reads and limit <= TOGETHER:
            ask = rows_of(dialect, self.tenant, wanted, keys, limit=limit, offset=offset, has_cursor=has_cursor)
            return self.of_rows(fetch(connection, ask, after))
        ask = page_of(dialect, self.tenant, wanted, keys, limit=limit, offset=offset, has_cursor=has_cursor)
        return self.of_numbers([row[0] for row in self.by_text(ask.text, ask.parameters(after))])

    def count(self, wanted: TaskFilter) -> int:
        """How many tasks match."""
        # Most of the time nothing is marked as removed. An index then tells the number alone, without the rows.
        marked = sa.select(sa.literal(1)).where(T.tenant == self.tenant, T.removed_at.is_not(None)).limit(1)
        with_removed = self.by_condition(marked).first() is None
        ask = count_of(self._connection().dialect, self.tenant, plainly(wanted), with_removed=with_removed)
        [(count,)] = self.by_text(ask.text, ask.parameters())
        return int(count)

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

    def of_category(self, category: int, lock: Lock = Lock.NONE, *, limit: int | None = None) -> list[Task]:
        """The tasks of a category, by number."""
        return self._where(T.category == category, lock, limit)

    def open_children(self, parent: int, lock: Lock = Lock.NONE) -> list[Task]:
        """The children of a task that have not ended, by number."""
        return self._where(sa.and_(T.parent == parent, T.state.not_in(sorted(ENDED))), lock, None)

    def children(self, parent: int, lock: Lock = Lock.NONE) -> list[Task]:
        """All parts of a task, by number."""
        return self._where(T.parent == parent, lock, None)

    def open_parts(self, parents: Sequence[int], at: Moment) -> dict[int, int]:
        """For each of these tasks how many parts of it are open at a moment: not ended, and their time isn't over."""
        statement = sa.select(T.parent, sa.func.count()).where(
            T.tenant == self.tenant,
            T.parent.in_(parents),
            T.state.not_in(sorted(ENDED)),
            sa.or_(T.expires_at.is_(None), T.expires_at > at, T.kind == Kind.BATCH),
            T.removed_at.is_(None),
        )
        return {int(parent): int(count) for parent, count in self.by_condition(statement.group_by(T.parent))}

    def counted_by(self, column: str, values: Sequence[str]) -> dict[str, tuple[int, int]]:
        """For each value that some tasks have in a column: how many, and the lowest of their numbers."""
        named = T[column]
        wanted = list(values) if isinstance(named.type, sa.Text) else [int(value) for value in values]
        statement = sa.select(named, sa.func.count(), sa.func.min(T.number)).where(
            T.tenant == self.tenant, T.removed_at.is_(None), named.in_(wanted)
        )
        found = self.by_condition(statement.group_by(named))
        return {str(value): (int(count), int(number)) for value, count, number in found}

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


def _until_number(sorts: Sequence[Sort]) -> tuple[Sort, ...]:
    """The keys that decide: no two tasks have the same number."""
    place = next(index for index, sort in enumerate(sorts) if sort.key == "number")
    return tuple(sorts[: place + 1])
