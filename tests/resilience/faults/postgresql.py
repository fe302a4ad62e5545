"""A PostgreSQL server of a test's own, that can be stopped, frozen and started again on what it had."""

import os
import signal
from pathlib import Path
from typing import Self

import psycopg

from tests.support.postgres import PATIENCE_SECONDS, PostgreSQL


class Stoppable(PostgreSQL):
    """As an installation has it, but for being stopped."""

    def __init__(self) -> None:
        super().__init__(durable=True)

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    def shut_down(self) -> None:
        """End at once without a checkpoint, as `pg_ctl stop -m immediate` does: the next start recovers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(PATIENCE_SECONDS)

    def start_again(self) -> None:
        """On the same data, at the same place."""
        self._start()

    def freeze(self) -> None:
        """Let every process of it stand still: connections stay open, and nobody answers."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on where they stood."""
        self._signal_all(signal.SIGCONT)

    def connections(self, database: str) -> int:
        """How many a server has to a database."""
        count = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        with psycopg.connect(self.url("postgres").replace("+psycopg", "")) as connection:
            row = connection.execute(count, [database]).fetchone()
        assert row is not None
        return int(row[0])

    def _signal_all(self, what: signal.Signals) -> None:
        assert self._process is not None
        for process in (self._process.pid, *_children(self._process.pid)):
            os.kill(process, what)


def _children(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(child) for child in children.split()]
