"""Writing many rows with one statement: the same change for each, the values from a list.

Every statement is compiled once and handed to the driver as text, since SQLAlchemy's handling of parameters costs
more than the write itself (by profile, a quarter of the lane's time). SQLite takes them row by row in one call;
PostgreSQL takes them all as one JSON text, which spares it a message and a plan a row.
"""

import operator
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import astuple

from dragoman.store.engine import driver

Rows = list[dict[str, Any]]


def insert(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Add these rows; each names every column."""
    if rows:
        _execute(connection, _insert(connection.dialect, table), rows)


def insert_structs(connection: sa.Connection, table: sa.Table, rows: Sequence[msgspec.Struct]) -> None:
    """The same for rows whose fields are the columns: no dict is made of any."""
    if rows:
        compiled = _insert(connection.dialect, table)
        fields = compiled.fields
        if fields is None:
            driver.execute(connection, compiled.text, (msgspec.json.encode(rows).decode(),))
        elif compiled.names == rows[0].__struct_fields__:
            driver.execute_many(connection, compiled.text, list(map(astuple, rows)))
        else:
            driver.execute_many(connection, compiled.text, [fields(row) for row in rows])


def insert_owned(
    connection: sa.Connection, table: sa.Table, owner: tuple[Any, ...], rows: Sequence[msgspec.Struct]
) -> None:
    """Add rows that begin with the values of their owner; their fields are the columns behind those."""
    if not rows:
        return
    text = _insert_owned(connection.dialect, table, len(owner), rows[0].__struct_fields__)
    if _takes_json(connection.dialect):
        driver.execute(connection, text, (*owner, msgspec.json.encode(rows).decode()))
    else:
        driver.execute_many(connection, text, [owner + astuple(row) for row in rows])


def insert_listed(
    connection: sa.Connection, table: sa.Table, tenant: int, listed: dict[str, list[int]], *, short: bool = False
) -> None:
    """Add a row for each number listed under a text, to a table of a tenant, a text and a number; in this order.

    The list goes as one JSON text on both engines: for rows as small as these, one call a row is most of the cost. Of
    `short` lists SQLite takes each row by itself, since it parses each list.
    """
    if listed and short and not _takes_json(connection.dialect):
        rows = [(tenant, text, number) for text, numbers in listed.items() for number in numbers]
        driver.execute_many(connection, _insert(connection.dialect, table).text, rows)
    elif listed:
        text = _insert_listed(connection.dialect, table)
        driver.execute(connection, text, (tenant, msgspec.json.encode(listed).decode()))


def update(
    connection: sa.Connection, table: sa.Table, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> Callable[[], int]:
    """Set these columns where key and row version are the old ones; the result counts the changed rows.

    A row has the values of the columns, then those of `versioned`.
    """
    compiled = _update(connection.dialect, table, columns)
    if compiled.values is None:
        names = (*columns, *_old(table))
        return _execute(connection, compiled, [dict(zip(names, row, strict=True)) for row in rows])
    return driver.counted(connection, driver.execute_many(connection, compiled.text, rows))


def delete(connection: sa.Connection, table: sa.Table, columns: tuple[str, ...], rows: Rows) -> Callable[[], int]:
    """Delete the rows whose columns equal the `old_…` values; the result counts them."""
    return _execute(connection, _delete(connection.dialect, table, columns), rows) if rows else int


def versioned(table: sa.Table) -> tuple[str, ...]:
    """The columns that name one state of one row: its key and its row version."""
    return (*(column.name for column in table.primary_key), "row_version")


def _old(table: sa.Table) -> tuple[str, ...]:
    return tuple(f"old_{name}" for name in versioned(table))


class Compiled:
    """A statement as the driver's text; for one that takes its rows one by one, how to lay out a row's values."""

    __slots__ = ("fields", "names", "text", "values")

    def __init__(self, text: str, names: Sequence[str] | None) -> None:
        self.text = text
        self.names = None if names is None else tuple(names)
        self.values = operator.itemgetter(*names) if names is not None else None
        self.fields = operator.attrgetter(*names) if names is not None else None


def _execute(connection: sa.Connection, compiled: Compiled, rows: Rows) -> Callable[[], int]:
    values = compiled.values
    if values is None:
        cursor = driver.execute(connection, compiled.text, (msgspec.json.encode(rows).decode(),))
    else:
        cursor = driver.execute_many(connection, compiled.text, [values(row) for row in rows])
    return driver.counted(connection, cursor)


@lru_cache(maxsize=256)
def _insert(dialect: sa.Dialect, table: sa.Table) -> Compiled:
    names = table.columns.keys()
    if not _takes_json(dialect):
        return _compiled(dialect, sa.insert(table), names)
    rows = given({name: table.c[name] for name in names})
    return _compiled(dialect, sa.insert(table).from_select(names, sa.select(*rows.columns)))


@lru_cache(maxsize=16)
def _insert_owned(dialect: sa.Dialect, table: sa.Table, owners: int, fields: tuple[str, ...]) -> str:
    names = tuple(table.columns.keys())
    if names[owners:] != fields:
        raise TypeError(f"{fields} are not the columns of {table.name}")
    if not _takes_json(dialect):
        return _compiled(dialect, sa.insert(table), names).text
    owner: list[Any] = [sa.cast(sa.bindparam(name), table.c[name].type) for name in names[:owners]]
    rows = given({name: table.c[name] for name in fields})
    return str(sa.insert(table).from_select(names, sa.select(*owner, *rows.columns)).compile(dialect=dialect))


@lru_cache(maxsize=16)
def _insert_listed(dialect: sa.Dialect, table: sa.Table) -> str:
    rows: Any = sa.bindparam("rows", type_=sa.Text())
    if _takes_json(dialect):
        lists = sa.func.json_each(sa.cast(rows, sa.JSON())).table_valued("key", "value", name="lists")
        numbers: Any = sa.func.json_array_elements_text(lists.c.value).table_valued("value", name="numbers")
    else:
        lists = sa.func.json_each(rows).table_valued("key", "value", name="lists")
        numbers = sa.func.json_each(lists.c.value).table_valued("value", name="numbers")
    tenant: Any = sa.cast(sa.bindparam("tenant"), sa.BigInteger())
    found = sa.select(tenant, lists.c.key, sa.cast(numbers.c.value, sa.BigInteger()))
    statement = sa.insert(table).from_select(table.columns.keys(), found.select_from(lists.join(numbers, sa.true())))
    return str(statement.compile(dialect=dialect))


@lru_cache(maxsize=2048)
def _update(dialect: sa.Dialect, table: sa.Table, columns: tuple[str, ...]) -> Compiled:
    keys = versioned(table)
    if not _takes_json(dialect):
        same = [table.c[name] == sa.bindparam(f"old_{name}") for name in keys]
        new: list[Any] = [(table.c[name], sa.bindparam(name)) for name in columns]  # in the order of the rows
        return _compiled(dialect, sa.update(table).where(*same).ordered_values(*new), (*columns, *_old(table)))
    sources = {name: table.c[name] for name in columns} | {f"old_{name}": table.c[name] for name in keys}
    rows = given(sources)
    same = [table.c[name] == rows.c[f"old_{name}"] for name in keys]
    return _compiled(dialect, sa.update(table).where(*same).values({name: rows.c[name] for name in columns}))


@lru_cache(maxsize=256)
def _delete(dialect: sa.Dialect, table: sa.Table, columns: tuple[str, ...]) -> Compiled:
    if not _takes_json(dialect):
        same = [table.c[name] == sa.bindparam(f"old_{name}") for name in columns]
        return _compiled(dialect, sa.delete(table).where(*same))
    rows = given({f"old_{name}": table.c[name] for name in columns})
    same = [table.c[name] == rows.c[f"old_{name}"] for name in columns]
    return _compiled(dialect, sa.delete(table).where(*same))


def _takes_json(dialect: sa.Dialect) -> bool:
    return dialect.name == "postgresql"


def given(columns: dict[str, sa.Column[Any]]) -> Any:
    """PostgreSQL's table of the rows of a JSON text, the parameter `rows`, with these columns."""
    rows = sa.cast(sa.bindparam("rows", type_=sa.Text()), sa.JSON())
    named = [sa.column(name, _plain(column.type)) for name, column in columns.items()]
    return sa.func.json_to_recordset(rows).table_valued(*named, name="given").render_derived(with_types=True)


def _plain(type_: Any) -> Any:
    return sa.Text() if isinstance(type_, sa.Text) else type_


def _compiled(dialect: sa.Dialect, statement: Any, names: Sequence[str] | None = None) -> Compiled:
    compiled = statement.compile(dialect=dialect, column_keys=names)
    return Compiled(str(compiled), None if _takes_json(dialect) else compiled.positiontup)
