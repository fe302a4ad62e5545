"""A page of tasks as one statement whose cost doesn't depend on the number of tasks.

Few matches are sorted; otherwise the page is read along an index in the requested order. If an index has that order
only within each state, one walk per state is read and the walks are merged.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.domain.clock import FOREVER, Moment
from dragoman.domain.task import ENDED, OPEN, State
from dragoman.store import tables
from dragoman.store.engine import driver
from dragoman.store.repositories import task_timers
from dragoman.store.repositories.task_filters import TaskFilter, columns_of, conditions, ended_is, finds_few
from dragoman.store.repositories.task_sorts import SORTS, Sort, beyond, changing, hidden, order
from dragoman.store.unit.mappings import MAPPINGS

T = tables.task.c
Conditions = list[sa.ColumnElement[bool]]


REMEMBERED = 512
"""Maximum cached statements: compiling one costs more than the rest of a page."""

ROWS = msgspec.json.Decoder(list[Any])


class Ask(msgspec.Struct, frozen=True):
    """The texts and parameters of a statement; those of a cursor are filled in by name."""

    text: str
    names: tuple[str, ...]
    values: dict[str, Any]

    def parameters(
        self, now: Moment, after: tuple[Any, ...] | None = None, known_until: Moment = FOREVER
    ) -> tuple[Any, ...]:
        """What the driver takes, in its order."""
        known = self.values | {"now": now, "known_until": known_until}
        if after is not None:
            known = known | {f"after_{place}": value for place, value in enumerate(after)}
        return tuple(known[name] for name in self.names)


@lru_cache(REMEMBERED)
def page_of(
    dialect: sa.Dialect,
    tenant: int,
    wanted: TaskFilter,
    keys: tuple[Sort, ...],
    *,
    limit: int,
    offset: int,
    has_cursor: bool,
) -> Ask:
    """The numbers of a page, in the order of the keys, of which `number` is the last."""
    found = [T.number.label("found")]
    return _ask(dialect, _page(found, tenant, wanted, keys, limit=limit, offset=offset, has_cursor=has_cursor))


@lru_cache(REMEMBERED)
def rows_of(
    dialect: sa.Dialect,
    tenant: int,
    wanted: TaskFilter,
    keys: tuple[Sort, ...],
    *,
    limit: int,
    offset: int,
    has_cursor: bool,
) -> Ask:
    """The tasks of the same page, in one statement; `fetch` runs it."""
    page_of = partial(_page, tenant=tenant, wanted=wanted, keys=keys, limit=limit, offset=offset, has_cursor=has_cursor)
    is_walk = len(_walks(tenant, wanted, keys)) == 1 and not _is_sorted(wanted, keys)
    if dialect.name == "sqlite":
        return _ask(dialect, _as_text(page_of, tenant, keys, is_walk=is_walk))
    if len(_walks(tenant, wanted, keys)) == 1:
        return _ask(dialect, page_of(MAPPINGS["task"].columns))
    page, task = page_of([T.number.label("found"), *_named(keys)]).subquery("page"), tables.task.alias("shown")
    of_page = sa.and_(task.c.tenant == tenant, task.c.number == page.c.found)
    return _ask(dialect, sa.select(*_columns(task)).where(of_page).order_by(*_in_order(page.c, keys)))


def _as_text(
    page_of: Callable[[Sequence[sa.ColumnElement[Any]]], "sa.Select[Any]"],
    tenant: int,
    keys: tuple[Sort, ...],
    *,
    is_walk: bool,
) -> "sa.Select[Any]":
    """A page as lines of JSON. Only a walk makes them on its way: whatever is sorted first is more than the page."""
    found: sa.FromClause
    line: sa.ColumnElement[Any]
    if is_walk:
        page = page_of([sa.func.json_array(*_columns(tables.task)).label("line"), *_named(keys)]).subquery("page")
        line, found = page.c.line, page
    else:
        page, task = page_of([T.number.label("found"), *_named(keys)]).subquery("page"), tables.task.alias("shown")
        line = sa.func.json_array(*_columns(task))
        # An outer join: SQLite starts with its left side.
        found = sa.outerjoin(page, task, sa.and_(task.c.tenant == tenant, task.c.number == page.c.found))
    lines = sa.func.group_concat(line, sa.literal_column("char(10)")).aggregate_order_by(*_in_order(page.c, keys))
    return sa.select(lines).select_from(found)


def _columns(task: sa.FromClause) -> list[sa.ColumnElement[Any]]:
    return [task.c[name] for name in MAPPINGS["task"].fields]


def _in_order(columns: Any, keys: Sequence[Sort]) -> list[sa.ColumnElement[Any]]:
    return [order(key, columns[f"key_{place}"]) for place, key in enumerate(keys)]


def fetch(connection: sa.Connection, text: str, parameters: tuple[Any, ...]) -> list[Any]:
    """The rows of a page, for the task's mapping to decode.

    SQLite gives them as one text. Its driver lets go of the interpreter at each row and waits to have it back: when
    others want it, too, a page of fifty rows took longer by that than by all else.
    """
    found = driver.fetch(connection, text, parameters)
    return ROWS.decode_lines(found[0][0] or "") if connection.dialect.name == "sqlite" else found


@lru_cache(REMEMBERED)
def count_of(dialect: sa.Dialect, tenant: int, wanted: TaskFilter, *, with_removed: bool) -> Ask:
    """How many match, those that are marked as removed among them or not."""
    counts = []
    for each in _each(wanted):
        conditions = all_conditions(tenant, each)
        if not with_removed:
            conditions.append(T.removed_at.is_(None))
        counts.append(sa.select(sa.func.count()).select_from(tables.task).where(*conditions))
    if len(counts) == 1:
        return _ask(dialect, counts[0])
    first, second = (count.scalar_subquery() for count in counts)
    return _ask(dialect, sa.select(first + second))


@lru_cache(REMEMBERED)
def bounded_counts_of(dialect: sa.Dialect, tenant: int, wanted: tuple[TaskFilter, ...], most: int) -> Ask:
    """How many match each of the filters, up to this many, as one row."""
    counts: list[sa.ColumnElement[int]] = []
    for filter_ in wanted:
        parts = []
        for each in _each(filter_):
            found: sa.Select[Any] = sa.select(sa.literal_column("1").label("one")).select_from(tables.task)
            found = found.where(*all_conditions(tenant, each), T.removed_at.is_(None))
            first = found.limit(sa.literal_column(str(most))).subquery()
            parts.append(sa.select(sa.func.count()).select_from(first).scalar_subquery())
        counts.append(parts[0] if len(parts) == 1 else parts[0] + parts[1])
    labelled: list[Any] = [count.label(f"count_{place}") for place, count in enumerate(counts)]
    together: sa.Select[Any] = sa.select(*labelled)
    return _ask(dialect, together)


@lru_cache(REMEMBERED)
def marked_of(dialect: sa.Dialect, tenant: int) -> Ask:
    """Whether any task is marked as removed."""
    marked = sa.select(sa.literal(1).label("is_marked")).where(T.tenant == tenant, T.removed_at.is_not(None))
    return _ask(dialect, marked.limit(sa.literal_column("1")))


@lru_cache(REMEMBERED)
def changed_of(dialect: sa.Dialect, tenant: int) -> Ask:
    """Whether timers are due that change tasks."""
    return _ask(dialect, task_timers.is_any_changed(tenant))


def _each(wanted: TaskFilter) -> list[TaskFilter]:
    """What together makes up what is wanted: no task matches two of them."""
    if wanted.timers != "both":
        return [wanted]
    return [replace(wanted, timers="apart"), replace(wanted, timers="alone")]


def _page(
    columns: Sequence[sa.ColumnElement[Any]],
    tenant: int,
    wanted: TaskFilter,
    keys: tuple[Sort, ...],
    *,
    limit: int,
    offset: int,
    has_cursor: bool,
) -> "sa.Select[Any]":
    """What selects a page. Of several walks it can select no other columns than `found` and those of `_named`."""
    walks = _walks(tenant, wanted, keys)
    few = len(walks) == 1 and _is_sorted(wanted, keys)
    for walk in walks:
        walk.conditions.append(T.removed_at.is_(None))
        if has_cursor:
            walk.conditions.append(beyond(keys, walk.sorts))
    if len(walks) > 1:
        names = [column.name for column in columns]
        statement = _together([_beginning(walk, keys, offset + limit) for walk in walks], keys, names)
    else:
        found = sa.select(*columns).where(*walks[0].conditions)
        statement = found.order_by(*(hidden(key) if few else order(key) for key in keys))
    # In the text, since PostgreSQL plans a statement again each time if its limit is a parameter.
    statement = statement.limit(sa.literal_column(str(limit)))
    return statement.offset(offset) if offset else statement


def _is_sorted(wanted: TaskFilter, keys: Sequence[Sort]) -> bool:
    """Whether all that match are found before they are put in order."""
    by_number = keys[0].key == "number"
    return finds_few(wanted, by_number=by_number) and not (by_number and _is_of_one(wanted))


def _ask(dialect: sa.Dialect, statement: "sa.Select[Any]") -> Ask:
    compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    values = {name: str(value) if isinstance(value, str) else value for name, value in compiled.params.items()}
    return Ask(str(compiled), tuple(compiled.positiontup), values)


def all_conditions(tenant: int, wanted: TaskFilter) -> Conditions:
    """What must hold of a task that matches, removal aside."""
    return [T.tenant == tenant, *conditions(tenant, wanted)]


class Walk(NamedTuple):
    """What must hold of the tasks of a walk, and what they are sorted by."""

    conditions: Conditions
    sorts: dict[str, sa.ColumnElement[Any]]


def _walks(tenant: int, wanted: TaskFilter, keys: Sequence[Sort]) -> list[Walk]:
    return [
        Walk(conditions, _sorts(tenant, each)) for each in _each(wanted) for conditions in _walks_of(tenant, each, keys)
    ]


def _sorts(tenant: int, wanted: TaskFilter) -> dict[str, sa.ColumnElement[Any]]:
    if wanted.timers != "alone":
        return SORTS
    seen = columns_of(tenant, wanted)
    return SORTS | changing(seen.state, seen.suspended, seen.assignee)


def _walks_of(tenant: int, wanted: TaskFilter, keys: Sequence[Sort]) -> list[Conditions]:
    if wanted.timers == "alone":
        return [all_conditions(tenant, wanted)]
    if _is_of_one(wanted) and keys[0].key == "number":
        return [_of_state(tenant, wanted, state) for state in _states(wanted)]
    if keys[0].key == "due" and not finds_few(wanted):
        if len(wanted.states) > 1:
            return [_of_state(tenant, wanted, state) for state in wanted.states]
        if not wanted.states and wanted.is_open is None:
            return [[*all_conditions(tenant, wanted), ended_is(has_ended)] for has_ended in (False, True)]
    return [all_conditions(tenant, wanted)]


def _is_of_one(wanted: TaskFilter) -> bool:
    """Whether only the condition on the assignee is selective."""
    named = wanted.unassigned or wanted.assignee is not None
    return named and not finds_few(replace(wanted, assignee=None))


def _states(wanted: TaskFilter) -> Collection[State]:
    if wanted.states:
        return wanted.states
    return sorted(State) if wanted.is_open is None else sorted(OPEN if wanted.is_open else ENDED)


def _of_state(tenant: int, wanted: TaskFilter, state: State) -> Conditions:
    if wanted.is_open is not None and (state in OPEN) is not wanted.is_open:
        return [sa.false()]
    return all_conditions(tenant, replace(wanted, states=(state,), is_open=None))


def _beginning(walk: Walk, keys: Sequence[Sort], limit: int) -> "sa.Select[Any]":
    """The first ones of a walk, with what they are sorted by."""
    found = sa.select(T.number.label("found"), *_named(keys, walk.sorts)).where(*walk.conditions)
    first = found.order_by(*(order(key, walk.sorts[key.key]) for key in keys)).limit(limit)
    return sa.select(first.subquery())


def _named(keys: Sequence[Sort], sorts: Mapping[str, sa.ColumnElement[Any]] = SORTS) -> "list[sa.Label[Any]]":
    return [sorts[key.key].label(f"key_{place}") for place, key in enumerate(keys)]


def _together(beginnings: Sequence["sa.Select[Any]"], keys: Sequence[Sort], names: Sequence[str]) -> "sa.Select[Any]":
    found = sa.union_all(*beginnings).subquery().c
    return sa.select(*(found[name] for name in names)).order_by(*_in_order(found, keys))
