"""What is due by itself: tasks and cases whose moment has come. Their own columns are the timers, so that moving a
moment moves the timer, and a timer can't outlive or miss what it is about."""

from collections.abc import Sequence

import sqlalchemy as sa

from dragoman.domain.clock import Moment
from dragoman.domain.task import ENDED, OPEN, State, Task
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.as_of import for_people
from dragoman.store.unit.mappings import MAPPINGS

T = tables.task.c
C = tables.case.c

Conditions = Sequence[sa.ColumnElement[bool]]
FOR_PEOPLE = for_people(tables.task)
SUSPENDED = T.suspended.is_(sa.true())


class Timers(Repository[Task]):
    """The timers of one tenant. Exclusive commands only."""

    mapping = MAPPINGS["task"]

    def expiring(self, at: Moment, limit: int) -> list[int]:
        """Numbers of open tasks whose time is over."""
        return self._tasks(T.expires_at, at, limit, OPEN, FOR_PEOPLE)

    def waking(self, at: Moment, limit: int) -> list[int]:
        """Numbers of suspended tasks that go on now."""
        found = _tasks_at(T.resume_at, at, T.tenant == self.tenant, SUSPENDED).order_by(T.resume_at, T.number)
        return self._numbers(found.limit(limit))

    def escalating(self, at: Moment, limit: int) -> list[int]:
        """Numbers of tasks with an escalation that is due."""
        found = _tasks_at(T.escalate_at, at, T.tenant == self.tenant).order_by(T.escalate_at, T.number)
        return self._numbers(found.limit(limit))

    def going(self, at: Moment, limit: int) -> list[int]:
        """Numbers of ended tasks that are to be deleted now."""
        return self._tasks(T.delete_at, at, limit, ENDED, FOR_PEOPLE)

    def completing(self, at: Moment, limit: int) -> list[int]:
        """Numbers of cases that complete by themselves now."""
        found = _completing(at, C.tenant == self.tenant).order_by(C.auto_complete_at, C.number)
        return self._numbers(found.limit(limit))

    def ending(self, at: Moment, limit: int) -> list[int]:
        """Numbers of cases whose time is over."""
        found = _ending(at, C.tenant == self.tenant).order_by(C.expires_at, C.number)
        return self._numbers(found.limit(limit))

    def tenants_with_due(self, at: Moment) -> list[int]:
        """The numbers of all tenants that have anything due: a look into each one's indexes, in one statement."""
        tenant = tables.tenant.c.tenant
        own = T.tenant == tenant
        anything = (
            _tasks_at(T.expires_at, at, own, T.state.in_(sorted(OPEN)), FOR_PEOPLE),
            _tasks_at(T.resume_at, at, own, SUSPENDED),
            _tasks_at(T.escalate_at, at, own),
            _tasks_at(T.delete_at, at, own, T.state.in_(sorted(ENDED)), FOR_PEOPLE),
            _completing(at, C.tenant == tenant),
            _ending(at, C.tenant == tenant),
        )
        due = sa.or_(*(sa.exists(found) for found in anything))
        return self._numbers(sa.select(tenant).where(due, tables.tenant_is_enabled).order_by(tenant))

    def longest_due(self, at: Moment) -> dict[str, Moment]:
        """Since when the row waits that is due longest, for each timer that has one due in any tenant."""
        tenant = tables.tenant.c.tenant
        own = T.tenant == tenant
        expiring = [_tasks_at(T.expires_at, at, own, T.state == str(state), FOR_PEOPLE) for state in sorted(OPEN)]
        going = [_tasks_at(T.delete_at, at, own, T.state == str(state), FOR_PEOPLE) for state in sorted(ENDED)]
        walks: dict[str, tuple[sa.ColumnElement[Moment | None], list[sa.Select[tuple[int]]]]] = {
            "expire": (T.expires_at, expiring),
            "wake": (T.resume_at, [_tasks_at(T.resume_at, at, own, SUSPENDED)]),
            "escalate": (T.escalate_at, [_tasks_at(T.escalate_at, at, own)]),
            "delete": (T.delete_at, going),
            "complete": (C.auto_complete_at, [_completing(at, C.tenant == tenant)]),
            "end": (C.expires_at, [_ending(at, C.tenant == tenant)]),
        }
        firsts = [_first(name, column, found) for name, (column, each) in walks.items() for found in each]
        every = sa.union_all(*firsts).subquery()
        since = sa.select(every.c.timer, sa.func.min(every.c.since)).where(every.c.since.is_not(None))
        return {name: Moment(moment) for name, moment in self.by_condition(since.group_by(every.c.timer))}

    def _tasks(
        self,
        column: sa.ColumnElement[Moment | None],
        at: Moment,
        limit: int,
        states: frozenset[State],
        *conditions: sa.ColumnElement[bool],
    ) -> list[int]:
        # State by state: each is one walk along the index, that stops at the limit.
        walks = [
            _tasks_at(column, at, T.tenant == self.tenant, T.state == str(state), *conditions)
            .add_columns(column.label("moment"))
            .order_by(column, T.number)
            .limit(limit)
            .subquery()
            for state in sorted(states)
        ]
        found = sa.union_all(*(sa.select(walk.c.number, walk.c.moment) for walk in walks)).subquery()
        return self._numbers(sa.select(found.c.number).order_by(found.c.moment, found.c.number).limit(limit))

    def _numbers(self, statement: sa.Select[tuple[int]]) -> list[int]:
        return [int(row[0]) for row in self.by_condition(statement)]


def _tasks_at(
    column: sa.ColumnElement[Moment | None], at: Moment, *conditions: sa.ColumnElement[bool]
) -> sa.Select[tuple[int]]:
    return sa.select(T.number).where(*conditions, column.is_not(None), column <= at, T.removed_at.is_(None))


def _completing(at: Moment, own: sa.ColumnElement[bool]) -> sa.Select[tuple[int]]:
    is_open = C.completed_at.is_(None)
    return sa.select(C.number).where(
        own, is_open, C.auto_complete_at.is_not(None), C.auto_complete_at <= at, C.removed_at.is_(None)
    )


def _ending(at: Moment, own: sa.ColumnElement[bool]) -> sa.Select[tuple[int]]:
    return sa.select(C.number).where(own, C.expires_at.is_not(None), C.expires_at <= at, C.removed_at.is_(None))


def _first(
    timer: str, column: sa.ColumnElement[Moment | None], found: sa.Select[tuple[int]]
) -> sa.Select[tuple[str, Moment | None]]:
    """Tenant by tenant the earliest moment among these: one look into an index each."""
    first = found.with_only_columns(column).order_by(column).limit(1).scalar_subquery()
    return sa.select(sa.literal(timer).label("timer"), first.label("since")).select_from(tables.tenant)
