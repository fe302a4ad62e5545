"""Statements as the driver takes them, past SQLAlchemy: what every group of commands runs.

The texts are SQLAlchemy's (decision 0012); only its way of running one is left out, which took longer than a lone
update's own work. Errors are raised as SQLAlchemy raises them, so that callers handle one kind.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

CURSOR = "dragoman_cursor"


def execute(connection: sa.Connection, text: str, values: Sequence[Any]) -> Any:
    """Run a statement; the driver's cursor, good until the next one. DBAPIError when the database refuses."""
    try:
        cursor = _cursor(connection)
        cursor.execute(text, values)
    except Exception as error:  # house: ok, because only the driver's own errors are converted below
        raise _converted(connection, text, error) from error
    return cursor


def execute_many(connection: sa.Connection, text: str, rows: Sequence[Sequence[Any]]) -> Any:
    """The same for each of these rows; the cursor has the number of changed rows."""
    try:
        cursor = _cursor(connection)
        cursor.executemany(text, rows)
    except Exception as error:  # house: ok, because only the driver's own errors are converted below
        raise _converted(connection, text, error) from error
    return cursor


def fetch(connection: sa.Connection, text: str, values: Sequence[Any]) -> list[Any]:
    """The rows that a statement selects, as the driver gives them."""
    cursor = execute(connection, text, values)
    try:
        rows: list[Any] = cursor.fetchall()
    except Exception as error:  # house: ok, because only the driver's own errors are converted below
        raise _converted(connection, text, error) from error
    return rows


def _cursor(connection: sa.Connection) -> Any:
    """One for all statements of a connection, kept as long as it is: making one costs as much as a small statement."""
    known = connection.info
    cursor = known.get(CURSOR)
    if cursor is None:
        cursor = known[CURSOR] = connection.connection.cursor()
    return cursor


def _converted(connection: sa.Connection, text: str, error: Exception) -> Exception:
    """The error as SQLAlchemy would raise it; one that isn't the driver's stays what it is."""
    dialect = connection.dialect
    base = dialect.loaded_dbapi.Error
    if not isinstance(error, base):
        return error
    gone = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    converted = sa.exc.DBAPIError.instance(
        text, None, error, base, hide_parameters=True, connection_invalidated=gone, dialect=dialect
    )
    if gone:
        connection.invalidate(error)
    return converted
