"""PostgreSQL's connection, which does not wait for ever.

The server ends a statement that takes too long by itself; a server that hangs, or that a cut cable hides, ends
nothing. So the driver's one place of waiting has a time, too: a second more than the server has.
"""

from typing import Any, Self, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout

R = TypeVar("R")
GRACE_SECONDS = 1.0


class Connection(psycopg.Connection[Any]):
    """A connection that is closed, and an OperationalError raised, when the server sends nothing for too long.

    `patience_seconds` is how long; None is for ever.
    """

    patience_seconds: float | None = None

    @classmethod
    def open(cls, *arguments: Any, patience_seconds: float, **parameters: Any) -> Self:
        """Connect, with patience beyond that of the server's `statement_timeout`."""
        connection = cls.connect(*arguments, **parameters)
        connection.patience_seconds = patience_seconds + GRACE_SECONDS
        return connection

    def wait(self, gen: PQGen[R], interval: float = 0.1, timeout: float | None = None) -> R:
        """What the driver calls for each answer."""
        try:
            return super().wait(gen, interval, self.patience_seconds if timeout is None else timeout)
        except _WaitTimeout:
            self.pgconn.finish()  # or the rollback would wait, too
            raise
