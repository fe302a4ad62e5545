"""Filters and orders of tasks: what the table knows by itself is left to it, the rest is looked at task by task."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from dragoman.dialects.carrierx_batch.wire.filter import WORDS, Comparison, Literal, member
from dragoman.dialects.carrierx_batch.wire.ids import partner_sid
from dragoman.dialects.carrierx_batch.wire.paging import Ordering
from dragoman.dialects.carrierx_batch.wire.statuses import STATUS_WORDS
from dragoman.dialects.carrierx_batch.wire.tasks import NAMES
from dragoman.dialects.kit.times import render_millis
from dragoman.domain.bulk import Batch, Method
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid
from dragoman.domain.limits import uuid_of
from dragoman.domain.people import Tenant
from dragoman.usecases.batches.lists import NEWEST_FIRST, BatchSort, Column, Condition, DataOf, Matches, Operator, Value

TEXTS: dict[str, Column] = {"field": "field", "method": "method", "status": "status", "task_sid": "uid", "type": "type"}
COUNTS: dict[str, Column] = {
    "failure": "unsuccessful",
    "processed": "settled",
    "success": "success",
    "total": "total",
}
MOMENTS: dict[str, Column] = {"date_created": "created_at", "date_modified": "modified_at"}
REVIEW = "review"
SID = "task_sid"
COLUMNS: dict[str, Column] = TEXTS | COUNTS | MOMENTS | {REVIEW: "review"}
SORTABLE = (*COLUMNS, "partner_sid")
WORDS_IN_ORDER = sorted(set(STATUS_WORDS.values()))
STATUS_RANKS = tuple((str(status), WORDS_IN_ORDER.index(word)) for status, word in STATUS_WORDS.items())
"""Statuses are sorted by their words."""
ORDERS: dict[str, Operator] = {"gt": "gt", "ge": "ge", "lt": "lt", "le": "le"}
TICKS = 10_000  # of a millisecond, the least that is shown of a moment
INTEGERS = range(-(2**63), 2**63)


def sort_of(order: Ordering | None) -> BatchSort | None:
    """How the list is sorted; None for any order. All tasks have one partner."""
    if order is None or order.attribute == "partner_sid":
        return NEWEST_FIRST
    if order.attribute is None:
        return None
    ranks = STATUS_RANKS if order.attribute == "status" else ()
    return BatchSort(COLUMNS[order.attribute], order.descending, ranks)


def split(comparisons: Iterable[Comparison]) -> tuple[tuple[Condition, ...], tuple[Comparison, ...]]:
    """What the table can answer, and what it can't."""
    conditions: list[Condition] = []
    rest: list[Comparison] = []
    for comparison in comparisons:
        known = _conditions(comparison)
        if known is None:
            rest.append(comparison)
        else:
            conditions.extend(known)
    return tuple(conditions), tuple(rest)


def matcher(comparisons: tuple[Comparison, ...], owner: Tenant) -> Matches | None:
    """Looks at one task; None when there is nothing to look at."""
    if not comparisons:
        return None
    inside = any(comparison.path[0] == "data" and len(comparison.path) > 1 for comparison in comparisons)

    def matches(batch: Batch, data_of: DataOf) -> bool:
        text = data_of(batch) if inside else None
        data = None if text is None else msgspec.json.decode(text)
        return all(each.holds(_actual(each.path, batch, data, owner)) for each in comparisons)

    return matches


def _actual(path: tuple[str, ...], batch: Batch, data: Any, owner: Tenant) -> Any:
    name, *inner = path
    if name == "data" and inner:
        return member(data, tuple(inner))
    return member(_VALUES[name](batch, owner), tuple(inner))


def _plain(name: str) -> Callable[[Batch, Tenant], Any]:
    column = COLUMNS[name]
    if name in MOMENTS:
        return lambda batch, owner: render_millis(getattr(batch, column))
    return lambda batch, owner: getattr(batch, column)


_VALUES: dict[str, Callable[[Batch, Tenant], Any]] = {name: _plain(name) for name in COLUMNS} | {
    "status": lambda batch, owner: STATUS_WORDS[batch.status],
    "partner_sid": lambda batch, owner: partner_sid(owner),
    # Nothing but null can be equal to these, so it is enough to know whether they are.
    "data": lambda batch, owner: None if batch.method is Method.DELETE else {},
    "entries": lambda batch, owner: None if batch.method is Method.POST else [],
    "error_details": lambda batch, owner: [],
}
if set(_VALUES) != set(NAMES):
    raise TypeError("each attribute of a task can be filtered")


def _conditions(comparison: Comparison) -> list[Condition] | None:
    """The comparison as conditions on columns; None when it must be looked at. An empty list holds always."""
    name, operator, values = comparison.path[0], comparison.operator, comparison.values
    if comparison.path == ("status",):
        shown = (str(status) for status, word in STATUS_WORDS.items() if comparison.holds(word))
        return [Condition("status", "in", tuple(shown))]  # several statuses are shown by one word
    if len(comparison.path) > 1 or name not in COLUMNS or operator in ("like", "ilike"):
        return None
    column = COLUMNS[name]
    if name in MOMENTS:
        _must_be_moments(name, values)
        return _of_moment(column, operator, values)
    converted = [_converted(name, value) for value in values]
    if any(isinstance(value, float) for value in converted):
        return None
    fitting = tuple(value for value in converted if not isinstance(value, Literal | float))
    if operator == "in":
        return [Condition(column, "in", fitting)]
    if not fitting:
        return [] if operator == "ne" else [_never(column)]
    if operator in ORDERS and (fitting[0] is None or isinstance(fitting[0], bool)):
        return [_never(column)]
    return [Condition(column, ORDERS.get(operator, "ne" if operator == "ne" else "eq"), fitting)]


def _must_be_moments(name: str, values: tuple[Literal, ...]) -> None:
    """Invalid for a text that is no moment: it would match nothing, which reads as if there were nothing."""
    for value in values:
        if not value.is_word and value.moment is None:
            message = f"filter: {name} is compared with a moment, not with {value.text[:64]}"
            raise Invalid("bad_parameter", message, parameter="filter")


def _converted(name: str, value: Literal) -> Value | float | Literal:
    """What is looked for in the column; the literal itself when it can't stand there, a float when it needs a look."""
    if value.is_word:
        word = WORDS[value.text]
        return word if word is None or name == REVIEW else value
    if name in TEXTS:
        return (uuid_of(value.text) or value.text) if name == SID else value.text
    number = value.number if name in COUNTS else None
    if number is None:
        return value
    return number if isinstance(number, int) and number in INTEGERS else float(number)


def _of_moment(column: Column, operator: str, values: tuple[Literal, ...]) -> list[Condition] | None:
    """Moments are compared as they are shown, cut to the millisecond."""
    if operator in ("in", "ne"):
        return None
    moment = values[0].moment
    if moment is None:
        return [_never(column)]
    floor = Moment(moment // TICKS * TICKS)
    ceiling = Moment(-(-moment // TICKS) * TICKS)
    match operator:
        case "ge":
            return [Condition(column, "ge", (ceiling,))]
        case "gt":
            return [Condition(column, "ge", (floor + TICKS,))]
        case "lt":
            return [Condition(column, "lt", (ceiling,))]
        case "le":
            return [Condition(column, "lt", (floor + TICKS,))]
    if moment != floor:
        return [_never(column)]
    return [Condition(column, "ge", (floor,)), Condition(column, "lt", (floor + TICKS,))]


def _never(column: Column) -> Condition:
    return Condition(column, "in", ())
