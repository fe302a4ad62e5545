"""PostgreSQL's connection, which does not wait for ever, and sends what it can at once.

The server ends a statement that takes too long by itself; a server that hangs, or that a cut cable hides, ends
nothing. So the driver's one place of waiting has a time, too: a second more than the server has.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import count
from types import MethodType
from typing import Any, Self, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout
from psycopg.generators import send
from psycopg.pq import TransactionStatus

R = TypeVar("R")
GRACE_SECONDS = 1.0
REMEMBERED = 1_024
_PLACE = re.compile("%[s%]")


@lru_cache(REMEMBERED)
def with_numbers(text: str) -> str:
    """The statement with PostgreSQL's own parameters ($1) instead of the driver's (%s).

    The driver reads a long statement with its own ones, such as that of a list, again each time.
    """
    numbers = count(1)
    return _PLACE.sub(lambda found: "%" if found[0] == "%%" else f"${next(numbers)}", text)


def _end_by_sync(pipeline: Any) -> PQGen[None]:
    """What the driver runs at the end of a pipeline, without the flush that it sends behind the sync.

    PostgreSQL (seen in 15.18) starts the time of `idle_in_transaction_session_timeout` with the answer to the sync and
    ends it with the next message, but for a flush does not start it again: a process that is stopped then keeps its
    locks (`findings/postgres-flush-ends-the-idle-limit.sh`).
    """
    try:
        pipeline._enqueue_sync()
        yield from pipeline._communicate_gen()
    finally:
        if pipeline.result_queue:
            yield from send(pipeline.pgconn)
        yield from pipeline._fetch_gen(flush=False)


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

    def quick_cursor(self) -> "QuickCursor":
        """A cursor whose first statement in a transaction takes one round trip."""
        return QuickCursor(self)

    @property
    def begins(self) -> bool:
        """Whether the next statement begins a transaction."""
        return not self.autocommit and self.pgconn.transaction_status == TransactionStatus.IDLE

    @contextmanager
    def pipeline(self) -> Iterator[psycopg.Pipeline]:
        """The driver's pipeline, which leaves the transaction with its time limit."""
        with super().pipeline() as pipeline:
            vars(pipeline)["_exit_gen"] = MethodType(_end_by_sync, pipeline)
            yield pipeline

    @contextmanager
    def _pipeline_nolock(self) -> Iterator[psycopg.Pipeline]:
        """The same within `executemany`."""
        with super()._pipeline_nolock() as pipeline:
            vars(pipeline)["_exit_gen"] = MethodType(_end_by_sync, pipeline)
            yield pipeline

    def _start_query(self) -> PQGen[None]:
        """What the driver runs before each statement: in a pipeline it would wait here for the result of BEGIN."""
        if self._pipeline is not None and self.begins:
            yield from self._exec_command(self._get_tx_start_command())
        else:
            yield from super()._start_query()

    def wait(self, gen: PQGen[R], interval: float = 0.1, timeout: float | None = None) -> R:
        """What the driver calls for each answer."""
        try:
            return super().wait(gen, interval, self.patience_seconds if timeout is None else timeout)
        except _WaitTimeout:
            self.pgconn.finish()  # or the rollback would wait, too
            raise


class QuickCursor(psycopg.RawCursor[Any]):
    """Sends BEGIN together with the first statement of a transaction."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        connection = self.connection
        if isinstance(connection, Connection) and connection.begins:
            with connection.pipeline():
                return super().execute(with_numbers(query), params, **options)
        return super().execute(with_numbers(query), params, **options)

    def executemany(self, query: Any, params_seq: Iterable[Sequence[Any]], **options: Any) -> None:  # type: ignore[override]  # by place
        super().executemany(with_numbers(query), params_seq, **options)
