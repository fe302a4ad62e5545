"""Tasks and cases as due timers leave them, for whatever loads them (`domain.task.Task.as_of`).

A reader is given them so. A writer is given none before their timers fired (`TimersDue`): so what it changes has the
history that the timer writes, and the timer finds nothing left to do. A task that is no part and waits for no parts
costs a few comparisons; the others one statement a group.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.domain.case import Case
from dragoman.domain.clock import Moment
from dragoman.domain.task import ENDED, OPEN, Kind, Task
from dragoman.store import tables
from dragoman.store.engine import driver
from dragoman.store.engine.key_lists import among, as_parameter
from dragoman.store.unit.mappings import MAPPINGS

T = tables.task.c
NEVER: Final = Moment(-(2**62))
"""Nothing was due by then."""


class TimersDue(Exception):
    """A command is to change tasks or cases (`numbers`) whose timers are due and have not fired yet."""

    def __init__(self, entity: str, numbers: frozenset[int]) -> None:
        super().__init__(f"{entity} {sorted(numbers)}")
        self.entity = entity
        self.numbers = numbers


class Overdue:
    """What is due among loaded rows: the entities as they are seen, and the numbers whose timers have to fire."""

    def __init__(self, connection: sa.Connection, tenant: int, now: Moment) -> None:
        self._connection = connection
        self._tenant = tenant
        self._now = now
        self.numbers: set[int] = set()

    def cases(self, cases: Sequence[Case]) -> list[Case]:
        """The cases that are not over. Over is over, whether its timer can fire or not."""
        seen = []
        for case in cases:
            left = case.as_of(self._now)
            if left is None:
                continue
            if left is not case:
                self.numbers.add(case.number)
            seen.append(left)
        return seen

    def tasks(self, tasks: list[Task]) -> list[Task]:
        """The tasks that are left; the same list when no timer reaches any of them."""
        now = self._now
        parts, waiting, is_any_due = [], [], False
        for task in tasks:
            if task.parent is not None:
                parts.append(task)
            if task.open_children:
                waiting.append(task)
            if task.suspended or not (task.expires_at is task.delete_at is task.escalate_at is None):
                is_any_due = is_any_due or task.has_due(now)
        above, over = self._above(parts) if parts else ({}, frozenset())
        expired = self._expired_parts(waiting) if waiting else {}
        if not is_any_due and not above and not expired:
            return tasks
        return [left for task in tasks if (left := self._left(task, above, over, expired)) is not None]

    def _left(
        self, task: Task, above: dict[int, Task], over: frozenset[int], expired: dict[int, list[int]]
    ) -> Task | None:
        chain = _chain(task, above)
        left = task.as_of(self._now, chain, over)
        if left is not task:
            self.numbers.update(each.number for each in (*chain, task) if each.has_due(self._now))
        children = expired.get(task.number, [])
        self.numbers.update(children)
        if left is None or not task.open_children:
            return left
        if left.is_open or not task.is_open:
            return replace(left, open_children=task.open_children - len(children)) if children else left
        batches = self._rows(_open_batches, [task])  # all other parts ended with it
        return replace(left, open_children=len(batches))

    def _above(self, parts: list[Task]) -> tuple[dict[int, Task], frozenset[int]]:
        """By number all tasks that these are parts of, at any depth, and those of them whose case is over; empty when
        no timer of any of them or of its case is due."""
        due = self._rows(_due_above, parts, self._now)
        if not due:
            return {}, frozenset()
        decode = MAPPINGS["task"].decode
        above = {task.number: task for row in self._rows(_all_above, parts) for task in [decode(row)]}
        return above, frozenset(int(number) for number, is_over in due if is_over)

    def _expired_parts(self, waiting: list[Task]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for parent, number in self._rows(_expired_children, waiting, self._now):
            found.setdefault(int(parent), []).append(int(number))
        return found

    def _rows(self, make: Any, tasks: list[Task], *more: Any) -> list[Any]:
        dialect = self._connection.dialect
        text, names = make(dialect)
        keys = as_parameter(dialect, sorted({task.number for task in tasks}))
        values = {"tenant": self._tenant, "keys": keys, "now": self._now}
        return driver.fetch(self._connection, text, tuple(values[name] for name in names))


def _chain(task: Task, above: dict[int, Task]) -> list[Task]:
    """What a task is a part of, the top first."""
    chain: dict[int, Task] = {}
    parent = task.parent
    while parent is not None and parent in above and parent not in chain:
        chain[parent] = above[parent]
        parent = above[parent].parent
    return list(chain.values())[::-1]


Text = tuple[str, tuple[str, ...]]


def _ask(dialect: sa.Dialect, statement: "sa.Select[Any]") -> Text:
    compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    names = tuple(compiled.positiontup)
    literal = {name: value for name, value in compiled.params.items() if name not in ("tenant", "keys", "now")}
    if literal:
        raise TypeError(f"these can't be parameters: {sorted(literal)}")
    return str(compiled), names


def _up(dialect: sa.Dialect) -> sa.CTE:
    """These tasks and what they are parts of, at any depth: a ring ends where it began."""
    tenant = sa.bindparam("tenant", type_=sa.BigInteger())
    first = sa.select(T.number, T.parent).where(T.tenant == tenant, among(dialect, T.number))
    up = first.cte("up", recursive=True)
    rows = sa.select(T.number, T.parent).where(T.tenant == tenant, T.removed_at.is_(None))
    over = step(up, "parent", rows, "number", lateral=dialect.name == "postgresql")
    found = sa.select(over.found.c.number, over.found.c.parent).select_from(over.source)
    return up.union(found.where(over.condition))


class Step(NamedTuple):
    """A step of a recursion: what it selects from, the rows that it finds, and what must hold of them."""

    source: sa.FromClause
    found: sa.FromClause
    condition: sa.ColumnElement[bool]


def step(known: sa.CTE, of: str, rows: "sa.Select[Any]", column: str, *, lateral: bool) -> Step:
    """Rows whose `column` has the value that `known` has in `of`: a look into an index for each row of `known`.

    Both engines would rather read the whole table for each step, of which they expect few with many rows. PostgreSQL
    (`lateral`) keeps a look with an offset by itself; SQLite keeps the left of an outer join on the outside.
    """
    if lateral:
        one = rows.where(rows.selected_columns[column] == known.c[of]).offset(sa.literal_column("0")).lateral("step")
        # The condition once more: else it expects as many rows as pairs.
        return Step(known.join(one, sa.true()), one, one.c[column] == known.c[of])
    found = rows.subquery("step")
    joined = sa.outerjoin(known, found, found.c[column] == known.c[of])
    is_found = sa.func.coalesce(found.c.number, sa.literal_column("0")) != sa.literal_column("0")
    return Step(joined, found, is_found)


@lru_cache(maxsize=4)
def _due_above(dialect: sa.Dialect) -> Text:
    up = _up(dialect)
    now = sa.bindparam("now", None, sa.BigInteger())
    is_over = sa.not_(in_live_case(tables.task, now))
    due = sa.or_(expired(tables.task, now), awake(tables.task, now), gone(tables.task, now), is_over)
    above = (T.tenant == sa.bindparam("tenant"), T.number.in_(sa.select(up.c.number)))
    statement = sa.select(T.number, is_over).where(*above, due)
    return _ask(dialect, statement)


@lru_cache(maxsize=4)
def _all_above(dialect: sa.Dialect) -> Text:
    up = _up(dialect)
    statement = sa.select(*MAPPINGS["task"].columns).where(
        T.tenant == sa.bindparam("tenant"), T.number.in_(sa.select(up.c.number))
    )
    return _ask(dialect, statement)


@lru_cache(maxsize=4)
def _expired_children(dialect: sa.Dialect) -> Text:
    now = sa.bindparam("now", None, sa.BigInteger())
    statement = sa.select(T.parent, T.number).where(
        T.tenant == sa.bindparam("tenant"), among(dialect, T.parent), T.removed_at.is_(None), expired(tables.task, now)
    )
    return _ask(dialect, statement)


@lru_cache(maxsize=4)
def _lineages(dialect: sa.Dialect) -> Text:
    """These tasks and what they are parts of, once each."""
    up = _up(dialect)
    statement = sa.select(up.c.number, up.c.parent, T.uid).where(
        T.tenant == sa.bindparam("tenant"), T.number == up.c.number
    )
    return _ask(dialect, statement)


def top_uids(connection: sa.Connection, tenant: int, parts: Sequence[int]) -> dict[int, str]:
    """For each of these tasks the uid of the top of its hierarchy: what is a part of nothing, or of what is no more."""
    text, names = _lineages(connection.dialect)
    values = {"tenant": tenant, "keys": as_parameter(connection.dialect, sorted(parts))}
    rows = driver.fetch(connection, text, tuple(values[name] for name in names))
    parents = {int(number): parent for number, parent, _ in rows}
    uids = {int(number): str(uid) for number, _, uid in rows}
    tops = _tops(parents)
    return {part: uids[tops[part]] for part in parts if part in tops}


def _tops(parents: dict[int, int | None]) -> dict[int, int]:
    """The top above each number. Each is passed once, so that deep hierarchies take no longer than broad ones."""
    tops: dict[int, int] = {}
    for number in parents:
        way: dict[int, None] = {}
        at = number
        while at not in tops and at not in way:
            way[at] = None
            above = parents[at]
            if above is None or above not in parents:
                break
            at = above
        top = tops.get(at, at)
        tops.update(dict.fromkeys(way, top))
    return tops


@lru_cache(maxsize=4)
def _numbers_above(dialect: sa.Dialect) -> Text:
    return _ask(dialect, sa.select(_up(dialect).c.number))


def numbers_above(connection: sa.Connection, tenant: int, part: int) -> list[int]:
    """The task and what it is a part of, at any depth."""
    text, names = _numbers_above(connection.dialect)
    values = {"tenant": tenant, "keys": as_parameter(connection.dialect, [part])}
    return [int(row[0]) for row in driver.fetch(connection, text, tuple(values[name] for name in names))]


@lru_cache(maxsize=4)
def _open_batches(dialect: sa.Dialect) -> Text:
    statement = sa.select(T.number).where(
        T.tenant == sa.bindparam("tenant"),
        among(dialect, T.parent),
        T.removed_at.is_(None),
        is_open(tables.task),
        sa.not_(for_people(tables.task)),
    )
    return _ask(dialect, statement)


# The same as conditions on rows, for lists and for the above


def _states(states: Iterable[str]) -> list[sa.ColumnElement[str]]:
    return [sa.literal_column(f"'{state}'", sa.Text()) for state in sorted(states)]


def for_people(task: sa.FromClause) -> sa.ColumnElement[bool]:
    """A task that represents no batch: timers don't change batches' tasks (`Task.stands_for_batch`)."""
    return task.c.kind != sa.literal_column(f"'{Kind.BATCH}'", sa.Text())


def is_open(task: sa.FromClause) -> sa.ColumnElement[bool]:
    """`Task.is_open`."""
    return task.c.state.in_(_states(OPEN))


def is_open_part(task: sa.FromClause) -> sa.ColumnElement[bool]:
    """The same, written so that no index of states is used: parts are found by their parent."""
    return (sa.literal_column("''", sa.Text()) + task.c.state).in_(_states(OPEN))


def expired(task: sa.FromClause, now: Any) -> sa.ColumnElement[bool]:
    """An open task whose own time is over."""
    over = sa.and_(task.c.expires_at.is_not(None), task.c.expires_at <= now)
    return sa.and_(is_open(task), over, for_people(task))


def awake(task: sa.FromClause, now: Any) -> sa.ColumnElement[bool]:
    """A task whose suspension is over."""
    return sa.and_(task.c.suspended.is_(sa.true()), task.c.resume_at.is_not(None), task.c.resume_at <= now)


def gone(task: sa.FromClause, now: Any) -> sa.ColumnElement[bool]:
    """An ended task whose time of deletion has come."""
    over = sa.and_(task.c.delete_at.is_not(None), task.c.delete_at <= now)
    return sa.and_(task.c.state.in_(_states(ENDED)), over, for_people(task))


def case_is_over(now: Any, case: sa.FromClause = tables.case) -> sa.ColumnElement[bool]:
    """`Case.is_over`."""
    over = sa.and_(case.c.expires_at.is_not(None), case.c.expires_at <= now)
    return sa.and_(over, case.c.kind != sa.literal_column("'inbox'", sa.Text()))


def in_live_case(task: sa.FromClause, now: Any) -> sa.ColumnElement[bool]:
    """A task whose case isn't over; a batch's task outlives its case."""
    case = tables.case.c
    holder = sa.exists().where(case.tenant == task.c.tenant, case.number == task.c.case, case_is_over(now))
    return sa.or_(sa.not_(holder.correlate(task)), sa.not_(for_people(task)))
