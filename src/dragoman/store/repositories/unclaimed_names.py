"""Names of people that match no user, and the tasks that carry them. All conditions need exclusive commands."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from dragoman.domain.people import UnclaimedName, UnclaimedTask
from dragoman.domain.task import OPEN, Kind, State
from dragoman.store import tables
from dragoman.store.engine.engines import json_word
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS
from dragoman.store.unit.overlay import MustBeExclusive

N, U, T = tables.unclaimed_name.c, tables.unclaimed_task.c, tables.task.c

IS_FREE = sa.and_(T.assignee.is_(None), T.state.in_([str(State.INACTIVE), str(State.READY)]), T.kind == str(Kind.WORK))


class Carried(NamedTuple):
    """The open tasks that carry a name: those of no user and the first of them, and those that somebody has."""

    free: int
    first: int | None
    taken: int


NOT_CARRIED = Carried(0, None, 0)


class UnclaimedNames(Repository[UnclaimedName]):
    """Names that match no user, by dialect and name."""

    mapping = MAPPINGS["unclaimed_name"]

    def all(self, dialect: str | None = None) -> list[UnclaimedName]:
        """Every name, or those of a dialect."""
        condition = sa.true() if dialect is None else N.dialect == dialect
        statement = sa.select(*self.mapping.columns).where(N.tenant == self.tenant, condition)
        return [self.mapping.decode(row) for row in self.by_condition(statement)]

    def count(self) -> int:
        """How many there are, without those of this command: what it has changed stays one change."""
        connection = self._overlay.group.connection
        if connection is None:
            raise MustBeExclusive
        return int(connection.execute(sa.select(sa.func.count()).where(N.tenant == self.tenant)).scalar_one())

    def oldest(self) -> UnclaimedName | None:
        """The one to forget first: of those that no open task has been seen with the one sent longest ago, else of
        all."""
        mine = (U.tenant == N.tenant, U.dialect == N.dialect, U.name == N.name)
        seen = sa.select(sa.literal(1)).select_from(tables.unclaimed_task).where(*mine, U.task.in_(_open(self.tenant)))
        every = sa.select(N.dialect, N.name).where(N.tenant == self.tenant).order_by(N.last_seen_at).limit(1)
        idle = every.where(~seen.correlate(tables.unclaimed_name).exists())
        key = self.by_condition(idle).first() or self.by_condition(every).first()
        return None if key is None else self.find(tuple(key))


def _open(tenant: int) -> sa.Select[tuple[int]]:
    return sa.select(T.number).where(T.tenant == tenant, T.removed_at.is_(None), T.state.in_(sorted(OPEN)))


COUNTED = (
    sa.func.coalesce(sa.func.sum(sa.case((IS_FREE, 1), else_=0)), 0),
    sa.func.min(sa.case((IS_FREE, T.number), else_=None)),
    sa.func.count(),
)


def _carried(counts: Sequence[Any]) -> Carried:
    free, first, every = counts
    return Carried(int(free), first, int(every) - int(free))


class UnclaimedTasks(Repository[UnclaimedTask]):
    """Which tasks were seen with which names."""

    mapping = MAPPINGS["unclaimed_task"]

    def carried(self, dialect: str, path: tuple[str, ...]) -> dict[str, Carried]:
        """Of each name of a dialect, what carries it at this path of the dialect's facts."""
        statement = sa.select(U.name, *COUNTED).where(
            U.tenant == self.tenant, U.dialect == dialect, T.number == U.task, *self._carry(dialect, path, U.name)
        )
        return {name: _carried(counts) for name, *counts in self.by_condition(statement.group_by(U.name))}

    def carried_among(self, dialect: str, path: tuple[str, ...], name: str, numbers: list[int]) -> Carried:
        """Of these tasks, what carries the name."""
        mine = T.number.in_(numbers)
        return _carried(self.by_condition(sa.select(*COUNTED).where(mine, *self._carry(dialect, path, name))).one())

    def free_among(self, dialect: str, path: tuple[str, ...], name: str, numbers: list[int]) -> list[int]:
        """Of these tasks, those that carry the name and can be assigned."""
        statement = sa.select(T.number).where(T.number.in_(numbers), IS_FREE, *self._carry(dialect, path, name))
        return [row[0] for row in self.by_condition(statement.order_by(T.number))]

    def _carry(self, dialect: str, path: tuple[str, ...], name: Any) -> tuple[sa.ColumnElement[bool], ...]:
        kept = sa.cast(json_word(T.extras, (dialect, *path)), sa.Text())
        return T.tenant == self.tenant, T.removed_at.is_(None), T.state.in_(sorted(OPEN)), kept == name

    def of_name(self, dialect: str, name: str, *, after: int = 0, limit: int) -> list[int]:
        """The numbers of tasks behind a number that were seen with the name, open or not.

        A join with the tasks themselves would let PostgreSQL, which expects a name to be rare, read the table for each.
        """
        statement = sa.select(U.task).where(*self._of(dialect, name), U.task > after).order_by(U.task).limit(limit)
        return [row[0] for row in self.by_condition(statement)]

    def has(self, dialect: str, name: str) -> bool:
        """Whether any task was seen with the name, open or not."""
        return self.by_condition(sa.select(U.task).where(*self._of(dialect, name)).limit(1)).first() is not None

    def forget(self, dialect: str, name: str) -> None:
        """Forget which tasks were seen with the name."""
        self.by_condition(sa.delete(tables.unclaimed_task).where(*self._of(dialect, name)))

    def _of(self, dialect: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
        return U.tenant == self.tenant, U.dialect == dialect, U.name == name
