"""Which batches a list holds, and in which order: conditions, sorts and their SQL."""

from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from dragoman.domain.access import Principal
from dragoman.domain.bulk import Batch
from dragoman.domain.clock import TICKS_PER_SECOND
from dragoman.store import tables

B = tables.batch.c

SUMS: dict[str, sa.ColumnElement[Any]] = {
    "settled": B.processed + sa.func.coalesce(B.skipped, 0),
    "unsuccessful": B.failure + sa.func.coalesce(B.skipped, 0),
}

Column = Literal[
    "number",
    "uid",
    "method",
    "type",
    "field",
    "review",
    "status",
    "total",
    "processed",
    "success",
    "failure",
    "settled",
    "unsuccessful",
    "created_at",
    "modified_at",
    "creator",
    "origin_batch",
    "priority",
]
"""What batches are picked and sorted by."""

MOMENTS = frozenset({"created_at", "modified_at"})
MILLISECOND = TICKS_PER_SECOND // 1_000
"""As exactly as the clients of batches compare moments."""

Operator = Literal["eq", "ne", "gt", "ge", "lt", "le", "in"]
Value = str | int | bool | None


class Condition(msgspec.Struct, frozen=True):
    """One column compared with one value, or for `in` with several. No order holds against null."""

    column: Column
    operator: Operator
    values: tuple[Value, ...]


class BatchFilter(msgspec.Struct, frozen=True):
    """Conditions, all of which must hold, on batches whose task a principal may see (None: all of them)."""

    conditions: tuple[Condition, ...] = ()
    visible_to: Principal | None = None


class BatchSort(msgspec.Struct, frozen=True):
    """By a column; null comes before all else. Among equals the newest comes first. `ranks`: where each value stands,
    if not by itself."""

    column: Column = "number"
    descending: bool = True
    ranks: tuple[tuple[str, int], ...] = ()

    def value(self, batch: Batch) -> Any:
        """The batch's own value, as it is sorted."""
        value = getattr(batch, self.column)
        if self.ranks:
            return dict(self.ranks)[value]
        return _least(self.column) if value is None else value


NEWEST_FIRST = BatchSort()


def order(sort: BatchSort, *, backwards: bool = False) -> list[sa.ColumnElement[Any]]:
    """What a list is ordered by."""
    keys = [] if sort.column == "number" else [(_key(sort), sort.descending)]
    keys.append((B.number, sort.descending if sort.column == "number" else True))
    return [key.desc() if descending is not backwards else key.asc() for key, descending in keys]


def beyond(sort: BatchSort, edge: Batch, *, backwards: bool = False) -> sa.ColumnElement[bool]:
    """What follows a batch in this order, or comes ahead of it."""
    number_falls = (sort.descending if sort.column == "number" else True) is not backwards
    further = B.number < edge.number if number_falls else B.number > edge.number
    if sort.column == "number":
        return further
    key, value = _key(sort), sort.value(edge)
    value = int(value) if isinstance(value, bool) else value
    past = key < value if sort.descending is not backwards else key > value
    return sa.or_(past, sa.and_(key == value, further))


def condition(wanted: Condition) -> sa.ColumnElement[bool]:
    """The condition on rows."""
    column, values = _column(wanted.column), wanted.values
    if wanted.operator == "in":
        return _one_of(column, values)
    [value] = values
    if wanted.operator == "eq":
        return _equal(column, value)
    if wanted.operator == "ne":
        return column.is_not(None) if value is None else sa.or_(column.is_(None), column != value)
    if value is None:
        return sa.false()
    match wanted.operator:
        case "gt":
            return column > value
        case "ge":
            return column >= value
        case "lt":
            return column < value
        case _:
            return column <= value


def _key(sort: BatchSort) -> sa.ColumnElement[Any]:
    known = _column(sort.column)
    if sort.ranks:
        return sa.case(dict(sort.ranks), value=known)
    if sort.column == "review":
        return sa.case((known.is_(sa.true()), 1), else_=0)
    is_nullable = sort.column in SUMS or tables.batch.c[sort.column].nullable
    return sa.func.coalesce(known, _least(sort.column)) if is_nullable else known


def _column(column: Column) -> sa.ColumnElement[Any]:
    """A column, or a sum of two; null where its first is."""
    if column in SUMS:
        return SUMS[column]
    known: sa.ColumnElement[Any] = B[column]
    return known


def _least(column: Column) -> Value:
    """The value that replaces null in an order: the engines sort null differently."""
    return "" if column in ("uid", "method", "type", "field", "status") else -1


def _one_of(column: sa.ColumnElement[Any], values: tuple[Value, ...]) -> sa.ColumnElement[bool]:
    """A list of any length is one expression: SQLite takes no more than 1,000 in a row."""
    words = {value for value in values if value is None or isinstance(value, bool)}
    plain = {value for value in values if value is not None and not isinstance(value, bool)}
    return sa.or_(column.in_(list(plain)), *(_equal(column, word) for word in words))


def _equal(column: sa.ColumnElement[Any], value: Value) -> sa.ColumnElement[bool]:
    if value is None:
        return column.is_(None)
    return column.is_(sa.true() if value else sa.false()) if isinstance(value, bool) else column == value
