"""Statements as the driver takes them, past SQLAlchemy: what every group of commands runs.

The texts are SQLAlchemy's (decision 0012); only its way of running one is left out, which took longer than a lone
update's own work. Errors are raised as SQLAlchemy raises them, so that callers handle one kind.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import sqlalchemy as sa

CURSOR = "dragoman_cursor"
PIPELINE = "dragoman_pipeline"


def execute(connection: sa.Connection, text: str, values: Sequence[Any]) -> Any:
    """Run a statement; the driver's cursor, good until the next one. DBAPIError when the database refuses."""
    try:
        cursor = _cursor(connection)
        cursor.execute(text, values)
    except Exception as error:  # house: ok, because only the driver's own errors are converted below
        raise_converted(connection, text, error)
    return cursor


def execute_many(connection: sa.Connection, text: str, rows: Sequence[Sequence[Any]]) -> Any:
    """The same for each of these rows; the cursor has the number of changed rows."""
    try:
        cursor = _cursor(connection)
        cursor.executemany(text, rows)
    except Exception as error:  # house: ok, because only the driver's own errors are converted below
        raise_converted(connection, text, error)
    return cursor


@contextmanager
def pipeline(connection: sa.Connection) -> Iterator[None]:
    """Send the statements of the block without waiting for their results, where the driver can; wait at its end.

    Inside, results can't be read. After one that fails the others aren't executed; the error is raised at the latest
    when the block ends.
    """
    raw: Any = connection.connection.dbapi_connection
    if not hasattr(raw, "pipeline"):
        yield
        return
    known = connection.info  # which a connection that is lost meanwhile does not give
    known[PIPELINE] = True
    try:
        with raw.pipeline():
            yield
    except Exception as error:  # house: ok, because only the driver's own errors are converted below
        raise_converted(connection, "", error)
    finally:
        known.pop(PIPELINE, None)


def counted(connection: sa.Connection, cursor: Any) -> Callable[[], int]:
    """How many rows a statement touched; in a pipeline this is known after its end, and -1 before."""
    if PIPELINE in connection.info:
        return lambda: int(cursor.rowcount)
    count = int(cursor.rowcount)
    return lambda: count


def fetch(connection: sa.Connection, text: str, values: Sequence[Any]) -> list[Any]:
    """The rows that a statement selects, as the driver gives them."""
    cursor = execute(connection, text, values)
    try:
        rows: list[Any] = cursor.fetchall()
    except Exception as error:  # house: ok, because only the driver's own errors are converted below
        raise_converted(connection, text, error)
    return rows


def _cursor(connection: sa.Connection) -> Any:
    """One for all statements of a connection, kept as long as it is: making one costs as much as a small statement. In
    a pipeline each statement has its own, which gets the result."""
    known = connection.info
    if PIPELINE in known:
        return connection.connection.cursor()
    cursor = known.get(CURSOR)
    if cursor is None:
        raw: Any = connection.connection.dbapi_connection
        cursor = known[CURSOR] = raw.quick_cursor() if hasattr(raw, "quick_cursor") else connection.connection.cursor()
    return cursor


def raise_converted(connection: sa.Connection, text: str, error: Exception) -> NoReturn:
    """Raise the error as SQLAlchemy would; one that isn't the driver's stays what it is, and is not its own cause."""
    dialect = connection.dialect
    base = dialect.loaded_dbapi.Error
    if not isinstance(error, base):
        raise error
    gone = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    converted = sa.exc.DBAPIError.instance(
        text, None, error, base, hide_parameters=True, connection_invalidated=gone, dialect=dialect
    )
    if gone:
        connection.invalidate(error)
    raise converted from error
