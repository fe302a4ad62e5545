"""A page of tasks as one statement whose cost doesn't depend on the number of tasks.

Few matches are sorted; otherwise the page is read along an index in the requested order. If an index has that order
only within each state, one walk per state is read and the walks are merged.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.domain.clock import FOREVER, Moment
from dragoman.domain.task import ENDED, OPEN, State
from dragoman.store import tables
from dragoman.store.engine import driver
from dragoman.store.engine.key_lists import among, driver_text, each_of
from dragoman.store.repositories import task_timers
from dragoman.store.repositories.task_filters import TaskFilter, columns_of, conditions, ended_is, finds_few
from dragoman.store.repositories.task_sorts import SORTS, Sort, beyond, beyond_hour, changing, hidden, order
from dragoman.store.repositories.task_visibility import naming, private_links
from dragoman.store.unit.mappings import MAPPINGS

T = tables.task.c
Conditions = list[sa.ColumnElement[bool]]


REMEMBERED = 512
"""Maximum cached statements: compiling one costs more than the rest of a page."""

ROWS = msgspec.json.Decoder(list[Any])
VERSION = ("number", "row_version", "head_hash")
URGENCY = (Sort("due"), Sort("priority", descending=True), Sort("created"), Sort("number"))
"""The order of an inbox, in which an index goes."""
BY_END = frozenset({"due", "priority", "modified"})
"""Keys in whose order an index goes among open tasks, and among ended ones."""
BY_END_ON_SQLITE = BY_END | {"title"}


class Ask(msgspec.Struct, frozen=True):
    """The texts and parameters of a statement; those of a cursor are filled in by name."""

    text: str
    names: tuple[str, ...]
    values: dict[str, Any]

    def parameters(
        self,
        now: Moment,
        after: tuple[Any, ...] | None = None,
        known_until: Moment = FOREVER,
        part: tuple[int, int] = (0, 0),
    ) -> tuple[Any, ...]:
        """What the driver takes, in its order. `part`: limit and offset, of a `Cut`."""
        known = self.values | {"now": now, "known_until": known_until}
        known |= {"page_limit": part[0], "page_offset": part[1]}
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
    return as_ask(dialect, _page(found, tenant, wanted, keys, limit=limit, offset=offset, has_cursor=has_cursor))


LENGTHS = (11, 26, 51, 101, 251, 501, 1_001, 2_001, 5_001, 10_001)
"""Lengths of pages that stand in statements. Another one is a parameter beside the next of these."""


MOST = 1 << 62
"""More than there can be, and a number that both engines take."""


class Cut(NamedTuple):
    """How a statement cuts out its page. `length` stands in the text: PostgreSQL guesses the worst of a parameter.
    With `is_part` the page is a part of what that leaves, by the parameters `page_limit` and `page_offset`."""

    length: int
    is_part: bool


def cut_of(limit: int, offset: int) -> Cut:
    """So that there are few texts, however long pages are and wherever they begin."""
    last = limit + offset
    length = next((each for each in LENGTHS if last <= each), None)
    if length is None:
        length = min(1 << (last - 1).bit_length(), MOST)
    return Cut(length, is_part=bool(offset) or length != limit)


@lru_cache(REMEMBERED)
def versions_of(
    dialect: sa.Dialect,
    tenant: int,
    wanted: TaskFilter,
    keys: tuple[Sort, ...],
    cut: Cut,
    *,
    has_cursor: bool,
) -> Ask:
    """The versions of the tasks of a page (`known_tasks.Version`), in order; `fetch` runs it."""
    walks = _walks(tenant, wanted, keys)
    inner = partial(_page, tenant=tenant, wanted=wanted, keys=keys, limit=cut.length, offset=0, has_cursor=has_cursor)
    named = _named(keys)
    if len(walks) == 1 and not _is_sorted(wanted, keys):
        columns = [T[name] for name in VERSION]
        found: sa.FromClause = _part(inner([*columns, *named]).subquery("page"), keys, cut)
        version = [found.c[name] for name in VERSION]
        place = found.c
    else:  # whatever is sorted first is more than the page
        page = _part(inner([T.number.label("found"), *named]).subquery("page"), keys, cut)
        task = tables.task.alias("shown")
        # An outer join: SQLite starts with its left side.
        found = sa.outerjoin(page, task, sa.and_(task.c.tenant == tenant, task.c.number == page.c.found))
        version = [task.c[name] for name in VERSION]
        place = page.c
    if dialect.name != "sqlite":
        return as_ask(dialect, sa.select(*version).select_from(found).order_by(*_in_order(place, keys)))
    line = sa.func.json_array(*version)
    lines = sa.func.group_concat(line, sa.literal_column("char(10)")).aggregate_order_by(*_in_order(place, keys))
    return as_ask(dialect, sa.select(lines).select_from(found))


def _part(page: sa.Subquery, keys: Sequence[Sort], cut: Cut) -> sa.Subquery:
    if not cut.is_part:
        return page
    limit, offset = (sa.bindparam(name, None, sa.BigInteger()) for name in ("page_limit", "page_offset"))
    return sa.select(page).order_by(*_in_order(page.c, keys)).limit(limit).offset(offset).subquery("part")


def _in_order(columns: Any, keys: Sequence[Sort]) -> list[sa.ColumnElement[Any]]:
    return [order(key, columns[f"key_{place}"]) for place, key in enumerate(keys)]


def fetch(connection: sa.Connection, text: str, parameters: tuple[Any, ...]) -> list[Any]:
    """The rows of a statement that gives them as lines on SQLite.

    SQLite gives them as one text. Its driver lets go of the interpreter at each row and waits to have it back: when
    others want it, too, a page of fifty rows took longer by that than by all else.
    """
    found = driver.fetch(connection, text, parameters)
    return ROWS.decode_lines(found[0][0] or "") if connection.dialect.name == "sqlite" else found


@lru_cache(maxsize=4)
def tasks_of(dialect: sa.Dialect) -> str:
    """The rows of listed tasks, in any order; `fetch` runs it, with the tenant and the numbers."""
    columns = MAPPINGS["task"].columns
    if dialect.name == "postgresql":
        return driver_text(dialect, sa.select(*columns).where(*each_of(tables.task, "number")))
    line = sa.func.json_array(*columns)
    lines = sa.select(sa.func.group_concat(line, sa.literal_column("char(10)")))
    return driver_text(dialect, lines.where(T.tenant == sa.bindparam("tenant"), among(dialect, T.number)))


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
        return as_ask(dialect, counts[0])
    first, second = (count.scalar_subquery() for count in counts)
    return as_ask(dialect, sa.select(first + second))


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
    return as_ask(dialect, together)


@lru_cache(REMEMBERED)
def marked_of(dialect: sa.Dialect, tenant: int) -> Ask:
    """Whether any task is marked as removed."""
    marked = sa.select(sa.literal(1).label("is_marked")).where(T.tenant == tenant, T.removed_at.is_not(None))
    return as_ask(dialect, marked.limit(sa.literal_column("1")))


@lru_cache(REMEMBERED)
def changed_of(dialect: sa.Dialect, tenant: int) -> Ask:
    """Whether timers are due that change tasks."""
    return as_ask(dialect, task_timers.is_any_changed(tenant))


@lru_cache(REMEMBERED)
def lacking_of(dialect: sa.Dialect, tenant: int) -> Ask:
    """Whether something is private, and whether timers are due that change or delete tasks, as one row."""
    private = sa.or_(*(found.exists() for found in private_links(tenant)))
    asked = (private, task_timers.is_any_changed(tenant).exists(), task_timers.is_any_deleted(tenant))
    labelled: list[Any] = [each.label(f"has_{place}") for place, each in enumerate(asked)]
    together: sa.Select[Any] = sa.select(*labelled)
    return as_ask(dialect, together)


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
    along = few and wanted.named and wanted.lateral and keys[0].key == "number" and not wanted.sample
    if along:
        walks = _walks(tenant, replace(wanted, named=False), keys)
    by_hour = _by_hour(wanted, keys)
    for walk in walks:
        walk.conditions.append(T.removed_at.is_(None))
        if has_cursor:
            walk.conditions.append(beyond(keys, walk.sorts))
            walk.conditions.extend(beyond_hour(key) for key in by_hour)
    if len(walks) > 1:
        names = [column.name for column in columns]
        statement = _together([_beginning(walk, keys, offset + limit, by_hour) for walk in walks], keys, names)
    else:
        found = sa.select(*columns).where(*walks[0].conditions)
        if along:
            return (
                _along_named(found, tenant, wanted, keys[0]).limit(sa.literal_column(str(limit))).offset(offset or None)
            )
        hours = [order(key, tables.changed_hour) for key in by_hour]
        statement = found.order_by(*hours, *(hidden(key) if few else order(key) for key in keys))
    # In the text, since PostgreSQL plans a statement again each time if its limit is a parameter.
    statement = statement.limit(sa.literal_column(str(limit)))
    return statement.offset(offset) if offset else statement


def leads_walk(keys: Sequence[Sort], *, on_sqlite: bool = False) -> bool:
    """Whether an index goes in this order, at least among open tasks and among ended ones."""
    flipped = tuple(Sort(key.key, not key.descending) for key in keys)
    names = [key.key for key in keys]
    known = names[0] in ("number", "created") or URGENCY in (tuple(keys), flipped)
    return known or (names[1:] == ["number"] and names[0] in (BY_END_ON_SQLITE if on_sqlite else BY_END))


def _along_named(found: "sa.Select[Any]", tenant: int, wanted: TaskFilter, key: Sort) -> "sa.Select[Any]":
    """A page in the order of numbers, read along the tasks that name the reader; PostgreSQL stops when it is full."""
    assert wanted.visible_to is not None  # noqa: S101 - it names him
    [number] = naming(tenant, wanted.visible_to, only_open=wanted.asks_open).subquery("naming").c
    # Or each way would be walked in the order of numbers.
    known: sa.Label[Any] = (sa.literal_column("0") + number).label("number")
    named = sa.select(known).distinct().order_by(order(key, known)).subquery("named_in_order")
    [place] = named.c
    at_place = sa.and_(T.tenant == tenant, T.number == place)
    return found.select_from(named.join(tables.task, at_place)).order_by(order(key, place))


def _is_sorted(wanted: TaskFilter, keys: Sequence[Sort]) -> bool:
    """Whether all that match are found before they are put in order."""
    by_number = keys[0].key == "number"
    return finds_few(wanted, by_number=by_number) and not (by_number and _is_of_one(wanted))


def as_ask(dialect: sa.Dialect, statement: "sa.Select[Any]") -> Ask:
    """The statement as the driver takes it."""
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


def _by_end(wanted: TaskFilter, keys: Sequence[Sort]) -> bool:
    """Whether the order's index begins with whether tasks have ended."""
    return keys[0].key in BY_END_ON_SQLITE and leads_walk(keys, on_sqlite=not wanted.lateral)


def _by_hour(wanted: TaskFilter, keys: Sequence[Sort]) -> Sequence[Sort]:
    """The moment of change, where the order's index has its hours: an engine then sorts hour by hour."""
    is_led = wanted.lateral and keys[0].key == "modified" and leads_walk(keys) and not finds_few(wanted)
    return keys[:1] if is_led else ()


def _walks_of(tenant: int, wanted: TaskFilter, keys: Sequence[Sort]) -> list[Conditions]:
    if wanted.timers == "alone":
        return [all_conditions(tenant, wanted)]
    if _is_of_one(wanted) and keys[0].key == "number":
        return [_of_state(tenant, wanted, state) for state in _states(wanted)]
    if _by_end(wanted, keys) and not finds_few(wanted):
        wanted = replace(wanted, by_change=keys[0].key == "modified")
        by_state = [key.key for key in keys] == ["due", "number"]
        if wanted.states and by_state:
            return [_of_state(tenant, wanted, state) for state in wanted.states]
        if wanted.is_open is None:
            ends = [False] if wanted.is_overdue else sorted({state in ENDED for state in wanted.states or State})
            return [[*all_conditions(tenant, wanted), ended_is(has_ended)] for has_ended in ends]
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


def _beginning(walk: Walk, keys: Sequence[Sort], limit: int, by_hour: Sequence[Sort]) -> "sa.Select[Any]":
    """The first ones of a walk, with what they are sorted by."""
    found = sa.select(T.number.label("found"), *_named(keys, walk.sorts)).where(*walk.conditions)
    hours = (order(key, tables.changed_hour) for key in by_hour)
    first = found.order_by(*hours, *(order(key, walk.sorts[key.key]) for key in keys)).limit(limit)
    return sa.select(first.subquery())


def _named(keys: Sequence[Sort], sorts: Mapping[str, sa.ColumnElement[Any]] = SORTS) -> "list[sa.Label[Any]]":
    return [sorts[key.key].label(f"key_{place}") for place, key in enumerate(keys)]


def _together(beginnings: Sequence["sa.Select[Any]"], keys: Sequence[Sort], names: Sequence[str]) -> "sa.Select[Any]":
    found = sa.union_all(*beginnings).subquery().c
    return sa.select(*(found[name] for name in names)).order_by(*_in_order(found, keys))
