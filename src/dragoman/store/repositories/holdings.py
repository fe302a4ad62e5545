"""What a user holds: open tasks and cases assigned to him, and roles on open tasks."""

from typing import Any

import sqlalchemy as sa

from dragoman.domain.task import ENDED, State, Task
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.as_of import case_is_over
from dragoman.store.unit.mappings import MAPPINGS

T, C, W = tables.task.c, tables.case.c, tables.work_item.c


class Holdings(Repository[Task]):
    """The holdings of users of one tenant. For exclusive commands."""

    mapping = MAPPINGS["task"]

    def tasks(self, user: str, *, with_roles: bool, after: int, limit: int) -> list[int]:
        """Numbers of open tasks behind `after` that are assigned to him, or on which he has a role."""
        found = sa.select(T.number.label("number")).where(*self._assigned(user))
        if with_roles:
            found = found.union(sa.select(W.task.label("number")).where(*self._roles(user)))  # type: ignore[assignment]
        every = found.subquery()
        statement = sa.select(every.c.number).where(every.c.number > after).order_by(every.c.number)
        return [int(row[0]) for row in self.by_condition(statement.limit(limit))]

    def cases(self, user: str, *, after: int, limit: int) -> list[int]:
        """Numbers of open cases behind `after` that are assigned to him."""
        statement = sa.select(C.number).where(*self._cases(user), C.number > after).order_by(C.number)
        return [int(row[0]) for row in self.by_condition(statement.limit(limit))]

    def counts(self, user: str) -> tuple[int, int, int]:
        """How many open tasks and cases are his, and how many roles on open tasks he has."""
        return (
            self._count(sa.select(T.number).where(*self._assigned(user))),
            self._count(sa.select(C.number).where(*self._cases(user))),
            self._count(sa.select(W.task, W.role).where(*self._roles(user))),
        )

    def _count(self, rows: "sa.Select[Any]") -> int:
        return int(self.by_condition(sa.select(sa.func.count()).select_from(rows.subquery())).scalar_one())

    def _assigned(self, user: str) -> tuple[sa.ColumnElement[bool], ...]:
        claimed = T.state == State.CLAIMED.value  # open ones with an assignee are
        return T.tenant == self.tenant, T.assignee == user, claimed, T.removed_at.is_(None)

    def _roles(self, user: str) -> tuple[sa.ColumnElement[bool], ...]:
        is_open = (
            sa.exists()
            .where(T.tenant == W.tenant, T.number == W.task, T.state.not_in(sorted(ENDED)), T.removed_at.is_(None))
            .correlate(tables.work_item)
        )
        return W.tenant == self.tenant, W.holder == user, is_open

    def _cases(self, user: str) -> tuple[sa.ColumnElement[bool], ...]:
        is_over = case_is_over(self._overlay.group.now)
        return C.tenant == self.tenant, C.assignee == user, C.completed_at.is_(None), C.removed_at.is_(None), ~is_over
