"""Selecting by a list of keys with one text whatever their number, so that the database plans it once.

The text goes to the driver as it is: it takes the tenant, then the list, an array or, on SQLite, JSON.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


def among(dialect: sa.Dialect, column: sa.Column[Any], parameter: str = "keys") -> sa.ColumnElement[bool]:
    """The condition that the column has one of the listed keys, which this parameter holds."""
    keys: sa.BindParameter[Any] = sa.bindparam(parameter)
    if dialect.name == "postgresql":
        element = sa.Text() if isinstance(column.type, sa.Text) else column.type
        return column == sa.any_(sa.cast(keys, postgresql.ARRAY(element)))
    return column.in_(sa.select(sa.func.json_each(keys).table_valued("value").c.value))


def each_of(table: sa.Table, column: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """The conditions on tenant and key for PostgreSQL, which can look up rows by both together only.

    With a condition on the tenant alone its planner, which knows nothing of a new table, finds the tenant's rows by
    any index that begins with it, reads them all, and keeps this plan while the table grows.
    """
    element = sa.Text() if isinstance(table.c[column].type, sa.Text) else table.c[column].type
    tenant: Any = sa.cast(sa.bindparam("tenant"), sa.BigInteger())
    keys: sa.BindParameter[Any] = sa.bindparam("keys")
    key = sa.func.unnest(sa.cast(keys, postgresql.ARRAY(element)), type_=element)
    named = sa.select(tenant.label("tenant"), key.label("key")).subquery("named")
    return table.c.tenant == named.c.tenant, table.c[column] == named.c.key


def among_values(dialect: sa.Dialect, column: sa.Column[Any], values: Sequence[str]) -> sa.ColumnElement[bool]:
    """The condition that a column that isn't the key has one of these texts, for a statement of SQLAlchemy's.

    A sub-select: PostgreSQL, which knows little of a table that grows, would compare each row with each of the list.
    """
    listed: sa.ColumnElement[Any]
    if dialect.name == "postgresql":
        listed = sa.func.unnest(sa.literal(list(values), postgresql.ARRAY(sa.Text()))).column_valued("listed")
    else:
        listed = sa.func.json_each(msgspec.json.encode(values).decode()).table_valued("value").c.value
    return column.in_(sa.select(listed))


def each_value(dialect: sa.Dialect, values: Sequence[int]) -> sa.ColumnElement[int]:
    """A column with each of these numbers, to select from."""
    if dialect.name == "postgresql":
        return sa.func.unnest(sa.literal(list(values), postgresql.ARRAY(sa.BigInteger()))).column_valued("listed")
    return sa.func.json_each(msgspec.json.encode(values).decode()).table_valued("value").c.value


def each_place(dialect: sa.Dialect) -> sa.Subquery:
    """A table of keys of history: `tenant` and `entity`, which are parameters, with the `number` and `revision` of each
    pair of a JSON array of arrays, the parameter `places`.

    PostgreSQL takes the list apart where it selects the tenant, for the reason of `each_of`.
    """
    tenant: Any = sa.cast(sa.bindparam("tenant"), sa.BigInteger()).label("tenant")
    entity: Any = sa.cast(sa.bindparam("entity"), sa.Text()).label("entity")
    places: sa.BindParameter[Any] = sa.bindparam("places", type_=sa.Text())
    numbers: list[Any]
    if dialect.name == "postgresql":
        pairs = sa.func.json_array_elements(sa.cast(places, sa.JSON()), type_=sa.JSON()).label("pair")
        listed = sa.select(tenant, entity, pairs).subquery("listed")
        tenant, entity, pair = listed.c
        numbers = [sa.cast(pair.op("->>")(sa.literal_column(at)), sa.BigInteger()) for at in "01"]
    else:
        pair = sa.func.json_each(places).table_valued("value").c.value
        numbers = [sa.func.json_extract(pair, sa.literal_column(f"'$[{at}]'")) for at in "01"]
    number, revision = numbers
    return sa.select(tenant, entity, number.label("number"), revision.label("revision")).subquery("named")


def as_parameter(dialect: sa.Dialect, keys: Sequence[Any]) -> Any:
    """The list as the database reads it from text: an array, or JSON."""
    if dialect.name != "postgresql":
        return msgspec.json.encode(keys).decode()
    return "{" + ",".join(_quoted(key) if isinstance(key, str) else str(key) for key in keys) + "}"


def _quoted(text: str) -> str:
    """Text as an item of PostgreSQL's arrays."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def driver_text(
    dialect: sa.Dialect, statement: sa.Select[Any] | sa.Insert, parameters: tuple[str, ...] = ("tenant", "keys")
) -> str:
    """The statement as text. TypeError unless these are its parameters, in this order."""
    compiled = statement.compile(dialect=dialect)
    if tuple(compiled.positiontup or ()) != parameters:
        raise TypeError(f"the driver must take {parameters}, not {compiled.positiontup}")
    return str(compiled)
