"""Pages of lists whose clients send conditions and orders in a language of their own: by any field, and by offset.

The last of ties is the uid, so that pages never overlap.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.domain.access import Principal
from dragoman.domain.condition import OF_TIMERS, Comparison, Condition, Field, leaves
from dragoman.domain.task import State
from dragoman.store import tables
from dragoman.store.repositories.task_conditions import expression
from dragoman.store.repositories.task_filters import TaskFilter, conditions, finds_few, task_scope
from dragoman.store.repositories.task_pages import REMEMBERED, VERSION, Ask
from dragoman.store.repositories.task_visibility import oldest, reach

T = tables.task.c

LONGEST_REMEMBERED = 100
"""How many conditions and values an expression may have whose statement is kept: one of a thousand takes as much room
as all others."""


class Order(msgspec.Struct, frozen=True):
    """A field to sort by. What has no value comes last, and first in descending order."""

    field: Field
    descending: bool = False


OLDEST_FIRST = (Order(Field("number")),)
"""The order of a list that asks for none: numbers are drawn in the order of commits, and no two tasks have the same."""
FEW = 20_000
"""So many tasks are all looked at; a list of more goes along the index of its order."""
WALKED = 1_000
"""So many of the oldest ready tasks are looked at before those that one sees."""
FIRST = (1_024, FEW)
"""So many of the oldest of few tasks are looked at, for a list that begins with these."""
NEVER_NULL = frozenset({"number", "created"})
LAST_TIE = Order(Field("uid"))


def is_by_timers(order: Order) -> bool:
    """Whether due timers change what is sorted by."""
    return order.field.name in OF_TIMERS


def versions_of(
    dialect: sa.Dialect, tenant: int, wanted: TaskFilter, orders: tuple[Order, ...], *, limit: int, offset: int
) -> Ask:
    """The statement for the versions of the tasks of a page (`known_tasks.Version`), in order."""
    find = _remembered if is_short(wanted) else _versions_of
    return find(dialect, tenant, wanted, orders or OLDEST_FIRST, limit=limit, offset=offset)


@lru_cache(REMEMBERED)
def ready_of(dialect: sa.Dialect, tenant: int, wanted: TaskFilter, limit: int) -> Ask:
    """The numbers of so many that match among the oldest ready tasks. Where many are offered to the one who asks, they
    are found at once, however many of his others are claimed already."""
    ready = tables.task.alias("ready").c
    oldest_ready = sa.select(ready.number).where(
        ready.tenant == tenant, ready.assignee.is_(None), ready.state == str(State.READY)
    )
    first = oldest_ready.order_by(ready.number).limit(sa.literal_column(str(WALKED))).subquery("walked")
    [number] = first.c
    found = sa.select(T.number).select_from(first.join(tables.task, sa.and_(T.tenant == tenant, T.number == number)))
    found = found.where(*_conditions(tenant, wanted)).order_by(number)
    return _ask(dialect, found.limit(sa.literal_column(str(limit))))


@lru_cache(REMEMBERED)
def reach_of(dialect: sa.Dialect, tenant: int, principal: Principal) -> Ask:
    """Up to how many tasks the principal sees, counted no further than FEW for each way to them."""
    counts: sa.ColumnElement[int] = sa.literal_column("0")
    for way in reach(tenant, principal):
        first = way.limit(sa.literal_column(str(FEW + 1))).subquery()
        counts = counts + sa.select(sa.func.count()).select_from(first).scalar_subquery()
    return _ask(dialect, sa.select(counts.label("look_0")))


def is_short(wanted: TaskFilter) -> bool:
    """Whether its statement is worth keeping."""
    return wanted.where is None or sum(map(_size, leaves(wanted.where))) <= LONGEST_REMEMBERED


def _size(leaf: Condition) -> int:
    return max(1, len(leaf.values)) if isinstance(leaf, Comparison) else 1


def _versions_of(
    dialect: sa.Dialect, tenant: int, wanted: TaskFilter, orders: tuple[Order, ...], *, limit: int, offset: int
) -> Ask:
    keys = orders if orders == OLDEST_FIRST else (*orders, LAST_TIE)
    if wanted.timers == "both":
        found = _merged(tenant, replace(wanted, first=0), keys)
    elif wanted.first:
        found = _along(tenant, wanted)
    else:
        is_few = finds_few(wanted)
        order = [_ordered(key, value, is_hidden=is_few) for key, value in _values(tenant, wanted, keys)]
        found = sa.select(*(T[name] for name in VERSION)).where(*_conditions(tenant, wanted)).order_by(*order)
    # In the text, since PostgreSQL plans a statement again each time if its limit is a parameter.
    found = found.limit(sa.literal_column(str(limit))).offset(sa.literal_column(str(offset)))
    return _ask(dialect, found)


def _ask(dialect: sa.Dialect, statement: "sa.Select[Any]") -> Ask:
    compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    values = {name: str(value) if isinstance(value, str) else value for name, value in compiled.params.items()}
    return Ask(str(compiled), tuple(compiled.positiontup), values)


_remembered = lru_cache(REMEMBERED)(_versions_of)


def _along(tenant: int, wanted: TaskFilter) -> "sa.Select[Any]":
    """Those among the oldest that match, in their order: an engine may end with the page."""
    assert wanted.visible_to is not None  # noqa: S101 - those that he sees
    known = oldest(tenant, wanted.visible_to, wanted.first)
    [number] = known.c
    found = sa.select(*(T[name] for name in VERSION))
    found = found.select_from(known.join(tables.task, sa.and_(T.tenant == tenant, T.number == number)))
    return found.where(*_conditions(tenant, wanted)).order_by(number)


def _merged(tenant: int, wanted: TaskFilter, keys: Sequence[Order]) -> "sa.Select[Any]":
    """Those that no due timer changes, as stored, and those that one changes, as it leaves them."""
    halves = []
    for each in (replace(wanted, timers="apart"), replace(wanted, timers="alone")):
        values = [value.label(f"key_{place}") for place, (_, value) in enumerate(_values(tenant, each, keys))]
        halves.append(sa.select(*(T[name].label(name) for name in VERSION), *values).where(*_conditions(tenant, each)))
    both = sa.union_all(*halves).subquery("both").c
    order = [_ordered(key, both[f"key_{place}"], is_hidden=False) for place, key in enumerate(keys)]
    return sa.select(*(both[name] for name in VERSION)).order_by(*order)


def _values(tenant: int, wanted: TaskFilter, keys: Sequence[Order]) -> list[tuple[Order, sa.ColumnElement[Any]]]:
    scope = task_scope(tenant, wanted)
    return [(key, expression(key.field, scope)) for key in keys]


def _ordered(key: Order, value: sa.ColumnElement[Any], *, is_hidden: bool) -> sa.ColumnElement[Any]:
    """`is_hidden`: for few tasks, found by another index than the one of the order."""
    if key.field.name in NEVER_NULL:
        value = sa.literal_column("0") + value if is_hidden else value
        return value.desc() if key.descending else value.asc()  # as its index is written
    return value.desc().nulls_first() if key.descending else value.asc().nulls_last()


def _conditions(tenant: int, wanted: TaskFilter) -> list[sa.ColumnElement[bool]]:
    return [T.tenant == tenant, *conditions(tenant, wanted), T.removed_at.is_(None)]
