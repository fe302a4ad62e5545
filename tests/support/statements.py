"""The statements that a block of a test sends to databases."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from dragoman.store.engine import driver


@contextmanager
def counting(engine: sa.Engine | None = None) -> Iterator[list[str]]:
    """The reading statements of the block, from all threads: of one engine, or of all that this process has."""
    statements: list[str] = []
    execute = driver.execute

    def noted(connection: sa.Connection, text: str, values: Any) -> Any:
        note(connection, None, text)
        return execute(connection, text, values)

    def note(connection: sa.Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        if engine in (None, connection.engine) and statement.lstrip().startswith(("SELECT", "WITH")):
            statements.append(" ".join(statement.split()))

    driver.execute = noted
    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        driver.execute = execute
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def fewest(ask: Callable[[], object], most: int, tries: int = 40) -> list[str]:
    """The reading statements of a request, the fewest of some tries, of which one with at most so many is the last.

    Workers of the same process ask now and then, and whose a session is is looked up once a second, which on a busy
    machine is in each request.
    """
    found: list[list[str]] = []
    while len(found) < tries and (not found or len(found[-1]) > most):
        with counting() as statements:
            ask()
        found.append([each for each in statements if not each.startswith("SELECT tenant.tenant")])
    return min(found, key=len)
