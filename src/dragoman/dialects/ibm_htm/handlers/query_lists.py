"""The lists of query tables, and of a table's attributes (rows 34, 35, 38, 39 and their likes of other nouns)."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.wire import negotiation
from dragoman.dialects.ibm_htm.wire.expressions.tables import AUTHORIZATION_TYPES, KINDS, QueryTable
from dragoman.dialects.ibm_htm.wire.parameters import boolean
from dragoman.dialects.kit import Reply, Request, json

FILTERS = ("authorizationType", "content", "kind", "processAppName", "sourceAttributes", "userParametersAllowed")
"""Parameters of a list of query tables."""


class Name(msgspec.Struct, frozen=True):
    """A query table by name."""

    name: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Describe(msgspec.Struct, frozen=True):
    """Which query tables are listed: each condition that there is must hold."""

    kind: str | None = None
    authorization: str | None = None
    attributes: frozenset[str] = frozenset()

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_name(request: Request) -> Name:
    """GET …/query/{query}/attributes and …/queryTable/{query}/attributes."""
    negotiation.check(request, negotiation.JSON)
    return Name(request.path["query"])


def parse(request: Request) -> Describe:
    """GET …/queries and …/queryTables. Invalid for a kind or a sort of authorization that there isn't."""
    negotiation.check(request, negotiation.JSON)
    for name, known in (("kind", KINDS), ("authorizationType", AUTHORIZATION_TYPES)):
        value = request.first(name)
        if value is not None and value not in known:
            raise refusals.unknown_value(name, value, known)
    boolean(request, "userParametersAllowed", default=False)
    wanted = frozenset(
        name.strip().upper()
        for parameter in ("sourceAttributes", "content")
        for name in (request.first(parameter) or "").split(",")
        if name.strip()
    )
    return Describe(request.first("kind"), request.first("authorizationType"), wanted)


def fitting(command: Describe, known: Iterable[QueryTable]) -> list[QueryTable]:
    """Those that are to be listed."""
    return [
        table
        for table in known
        if command.kind in (None, table.kind)
        and command.authorization in (None, table.authorization)
        and command.attributes <= {name for each in table.attributes for name in (each.name, each.source)}
    ]


def named(name: str, known: Iterable[QueryTable]) -> QueryTable:
    """The table of this name. NotFound when there is none."""
    found = next((table for table in known if table.name == name), None)
    if found is None:
        raise refusals.no_query(name)
    return found


def fixed(*known: QueryTable) -> Callable[[Any], tuple[QueryTable, ...]]:
    """The tables of a noun of which an administrator can define none."""
    return lambda _: known


def render_attributes(table: QueryTable, request: Request) -> Reply:
    items = [attribute.info() for attribute in table.attributes]
    body = {"identifier": "name", "query": table.name, **table.facts(), "items": items}
    return Reply(200, json.encode(body), "application/json")


def render(found: list[QueryTable], request: Request) -> Reply:
    """Their names, kinds and keys."""
    items = [
        {"name": each.name, "displayName": each.display_name or each.name, "description": each.description}
        | each.facts()
        for each in found
    ]
    return Reply(200, json.encode({"identifier": "name", "items": items}), "application/json")
