"""Requests for query tables of any noun, in all their spellings: what stands in one, and how it is read in the order of
the page's checks (page, 13; page 2, J).

What a request names can be checked only against a table, which may be one that an administrator has defined; so a
command carries the texts, and `read` looks at them within the unit of work.
"""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.wire import negotiation
from dragoman.dialects.ibm_htm.wire.expressions import tables
from dragoman.dialects.ibm_htm.wire.expressions.columns import View
from dragoman.dialects.ibm_htm.wire.expressions.parser import Scope, parse
from dragoman.dialects.ibm_htm.wire.expressions.tables import Attribute, Order, QueryTable
from dragoman.dialects.ibm_htm.wire.expressions.tree import Tree, both
from dragoman.dialects.ibm_htm.wire.parameters import boolean, natural
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain.clock import Moment

MOST = 10_000
"""The most items in one reply, and the most that are read where no column of the store decides."""

WHERE_CLAUSES = ("whereClause", "orderByClause")
"""Parameters of the lists by where clause, which query tables don't have (page 2, C)."""
QUERY_FILTERS = ("queryFilter", "interactionFilter", "selectedAttributes", "sortAttributes")
"""Parameters of query tables, which the lists by where clause don't have."""


class Texts(msgspec.Struct, frozen=True):
    """What a request says of a page, as it says it. `table` is the name of the query table."""

    table: str = ""
    interaction: str | None = None
    filter: str | None = None
    attributes: str | None = None
    sorts: str | None = None
    offset: str | None = None
    size: str | None = None
    of_all: bool = False

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Asked(msgspec.Struct, frozen=True):
    """The same, read. `size` None: as many as there are, up to MOST."""

    table: QueryTable
    attributes: tuple[Attribute, ...] = ()
    orders: tuple[Order, ...] = ()
    offset: int = 0
    size: int | None = None
    tree: Tree | None = None

    @property
    def limit(self) -> int:
        """The most items that the reply has."""
        return MOST if self.size is None else min(self.size, MOST)


class Page(msgspec.Struct, frozen=True):
    """Items of a page: what is shown of each, by the names of attributes."""

    asked: Asked
    items: list[Mapping[str, Any]]


def texts(request: Request, interactions: Collection[str]) -> Texts:
    """What stands in the request. Invalid for parameters that exclude each other, or have a value that they can't."""
    negotiation.check(request, negotiation.JSON)
    refuse(request, WHERE_CLAUSES)
    name = next(iter(request.path.values()), None) or request.first("queryTableName")
    if not name:
        raise refusals.missing_parameter("queryTableName")
    return of_page(request, name, interactions)


def of_page(request: Request, table: str, interactions: Collection[str]) -> Texts:
    """What stands in the parameters of a query table of this name."""
    interaction = request.first("interactionFilter")
    if interaction is not None and interaction not in interactions:
        raise refusals.unknown_value("interactionFilter", interaction, interactions)
    return Texts(
        table,
        interaction,
        request.first("queryFilter"),
        request.first("selectedAttributes"),
        request.first("sortAttributes"),
        request.first("offset"),
        request.first("size"),
        boolean(request, "admin", default=False),
    )


def refuse(request: Request, names: Collection[str]) -> None:
    """Invalid (`parameters_at_odds`) for a parameter of the sibling spelling: without it the list would be wider."""
    for name in names:
        if name in request.query:
            raise refusals.of_other_queries(name)


def read(found: Texts, table: QueryTable, views: Mapping[str, View], now: Moment) -> Asked:
    """The page that is asked for. Invalid for the first fault: attributes, sort, offset, size, then the filter."""
    return Asked(
        table,
        tables.selected(table, found.attributes),
        tables.sorted_by(table, found.sorts),
        natural("offset", found.offset) or 0,
        natural("size", found.size),
        condition(found.filter, table, views, now),
    )


def condition(text: str | None, table: QueryTable, views: Mapping[str, View], now: Moment) -> Tree | None:
    """The filter of a request together with that of a composite table, which speaks of all columns."""
    limited = table.limited()
    asked = parse(text, Scope("queryFilter", {limited.name: limited, **views}, limited, now))
    own = parse(table.filter, Scope("queryFilter", {table.view.name: table.view, **views}, table.view, now))
    return both(own, asked)


def render(page: Page, request: Request) -> Reply:
    """The answer of 9.2."""
    asked, table = page.asked, page.asked.table
    body: dict[str, Any] = {
        "identifier": table.key_source,
        "query": table.name,
        "entityTypeName": table.view.name,
        "offset": asked.offset,
        "size": len(page.items),
    }
    if asked.size is not None:
        body["requestedSize"] = asked.size
    body["attributeInfo"] = [attribute.info() for attribute in asked.attributes]
    body["items"] = [tables.item(table, asked.attributes, values) for values in page.items]
    return Reply(200, json.encode(body), "application/json")


def render_count(number: int, request: Request) -> Reply:
    """How many there are."""
    return Reply(200, json.encode({"count": number}), "application/json")
