"""Selecting by a list of keys with one text whatever their number, so that the database plans it once.

The text goes to the driver as it is: it takes the tenant, then the list, an array or, on SQLite, JSON.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


def among(dialect: sa.Dialect, column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """The condition that the column has one of the listed keys."""
    keys: sa.BindParameter[Any] = sa.bindparam("keys")
    if dialect.name == "postgresql":
        element = sa.Text() if isinstance(column.type, sa.Text) else column.type
        return column == sa.any_(sa.cast(keys, postgresql.ARRAY(element)))
    return column.in_(sa.select(sa.func.json_each(keys).table_valued("value").c.value))


def as_parameter(dialect: sa.Dialect, keys: Sequence[Any]) -> Any:
    """The list as the driver takes it."""
    return keys if dialect.name == "postgresql" else msgspec.json.encode(keys).decode()


def driver_text(dialect: sa.Dialect, statement: sa.Select[Any]) -> str:
    """The statement as text. TypeError unless its parameters are the tenant and then the list."""
    compiled = statement.compile(dialect=dialect)
    if list(compiled.positiontup or ()) != ["tenant", "keys"]:
        raise TypeError("the driver must take the tenant first, then the keys")
    return str(compiled)
