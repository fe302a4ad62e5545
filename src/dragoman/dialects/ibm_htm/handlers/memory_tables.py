"""Query tables whose rows are read whole and chosen in memory: of what there is little of, within MOST."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from dragoman.dialects.ibm_htm.handlers import query_requests
from dragoman.dialects.ibm_htm.handlers.query_conditions import variables
from dragoman.dialects.ibm_htm.handlers.query_requests import Asked, Page, Texts
from dragoman.dialects.ibm_htm.wire.expressions.columns import Comparable, View
from dragoman.dialects.ibm_htm.wire.expressions.evaluation import Row, Rows, selects
from dragoman.dialects.ibm_htm.wire.expressions.tables import Order, QueryTable, shown
from dragoman.dialects.ibm_htm.wire.expressions.tree import Tree, known
from dragoman.usecases.uow import UnitOfWork


def read(uow: UnitOfWork, found: Texts, table: QueryTable, views: Mapping[str, View]) -> Asked:
    """The request, with what its variables stand for."""
    asked = query_requests.read(found, table, views, uow.now)
    return asked if asked.tree is None else replace(asked, tree=known(asked.tree, variables(uow, uow.principal.user)))


def page(asked: Asked, objects: Sequence[Rows]) -> Page:
    """The objects that the filter selects, in order. They come in the order that holds where a request says none, the
    last of ties by id."""
    view = asked.table.view
    chosen = in_order(asked.orders, select(asked.tree, objects))[asked.offset : asked.offset + asked.limit]
    items: list[Mapping[str, Any]] = [
        {name: shown(column, rows[view.name][0].get(name)) for name, column in view.columns.items()} for rows in chosen
    ]
    return Page(asked, items)


def select(tree: Tree | None, objects: Sequence[Rows]) -> list[Rows]:
    """Those of the objects that the expression selects."""
    return [rows for rows in objects if selects(tree, rows)]


def in_order(orders: Sequence[Order], found: list[Rows]) -> list[Rows]:
    """Sorted stably: what has no value comes last, and first in descending order."""
    for order in reversed(orders):
        found.sort(key=lambda rows, order=order: _key(rows, order), reverse=order.descending)  # type: ignore[misc]
    return found


def _key(rows: Rows, order: Order) -> tuple[bool, Any]:
    held: Sequence[Row] = rows.get(order.view.name, ())
    value: Comparable = held[0].get(order.column.name) if held else None
    return value is None, 0 if value is None else value
