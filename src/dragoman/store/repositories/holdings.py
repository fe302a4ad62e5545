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

    def named(self, user: str, *, limit: int) -> list[tuple[int, str | None]]:
        """Number and title, or name, of the first open tasks that are assigned to him."""
        called = sa.func.coalesce(sa.func.nullif(T.title, ""), T.name)
        statement = sa.select(T.number, called).where(*self._assigned(user)).order_by(T.number).limit(limit)
        return [(int(number), title) for number, title in self.by_condition(statement)]

    def cases(self, user: str, *, after: int, limit: int) -> list[int]:
        """Numbers of open cases behind `after` that are assigned to him."""
        statement = sa.select(C.number).where(*self._cases(user), C.number > after).order_by(C.number)
        return [int(row[0]) for row in self.by_condition(statement.limit(limit))]

    def counts(self, user: str) -> tuple[int, int, int]:
        """How many open tasks and cases are his, and how many roles on open tasks he has."""
        each: tuple[sa.Select[Any], ...] = (
            sa.select(T.number).where(*self._assigned(user)),
            sa.select(C.number).where(*self._cases(user)),
            sa.select(W.task, W.role).where(*self._roles(user)),
        )
        counts = (sa.select(sa.func.count()).select_from(rows.subquery()).scalar_subquery() for rows in each)
        tasks, cases, roles = self.by_condition(sa.select(*counts)).one()
        return int(tasks), int(cases), int(roles)

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
