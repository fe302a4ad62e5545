"""Hints between the processes on one PostgreSQL database: NOTIFY after a commit, on a connection of its own.

A hint may get lost, and nothing depends on it: who hears none looks by himself. It is never sent in a transaction that
does other work, since one with a pending NOTIFY locks the whole instance until it has committed.
"""

import logging
import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from dragoman.domain.clock import uptime

log = logging.getLogger(__name__)

CHANNEL = "dragoman_events"
PAUSE_SECONDS = 0.05
"""Between two hints about the same tenant: at most 20 a second."""
REOPEN_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Pauses before a lost connection is opened again; the last one stays."""
CLOSING_SECONDS = 1.0


class Notices:
    """The thread of one process that sends hints about tenants, and calls `heard` with those of other processes."""

    def __init__(self, engine: sa.Engine, heard: Callable[[int], None]) -> None:
        self._engine = engine
        self._heard = heard
        self._pending: set[int] = set()
        self._bell, self._ring = socket.socketpair()
        self._bell.setblocking(False)
        self._ring.setblocking(False)
        self._is_stopped = False
        self._sent_at = 0.0
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def send(self, tenant: int) -> None:
        """Hint at a commit. From any thread; costs a set's look-up while an earlier hint still waits."""
        if tenant not in self._pending:
            self._pending.add(tenant)
            self._wake()

    def stop(self) -> None:
        """Send and hear no more."""
        self._is_stopped = True
        self._wake()

    def close(self) -> None:
        """Wait for the end of the connection, but not where the database doesn't answer."""
        self.stop()
        self._thread.join(CLOSING_SECONDS)

    def _wake(self) -> None:
        with suppress(OSError):  # it has enough to wake up for
            self._ring.send(b"!")

    def _run(self) -> None:
        failures = 0
        while not self._is_stopped:
            began_at = uptime()
            try:
                self._serve()
            except Exception as error:  # house: ok, because polling suffices whatever is wrong with the hints
                log.info("events.not_notified", extra={"error": type(error).__name__})
            failures = 1 if uptime() - began_at > REOPEN_SECONDS[-1] else failures + 1
            self._rest(REOPEN_SECONDS[min(failures, len(REOPEN_SECONDS)) - 1])
        self._bell.close()
        self._ring.close()

    def _rest(self, seconds: float) -> None:
        """Wait before the connection is opened again. Hints of the meantime are dropped."""
        until = uptime() + seconds
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._bell, selectors.EVENT_READ)
            while not self._is_stopped and (left := until - uptime()) > 0:
                waiting.select(left)
                self._answer_bell()
        self._pending.clear()

    def _serve(self) -> None:
        """Open the connection; send and hear until it is lost, or the process stops."""
        fairy = self._engine.raw_connection()
        connection: Any = fairy.driver_connection
        try:
            connection.autocommit = True
            connection.add_notify_handler(lambda notice: self._hear(connection, notice.pid, notice.payload))
            connection.execute(f"LISTEN {CHANNEL}")
            with selectors.DefaultSelector() as waiting:
                waiting.register(self._bell, selectors.EVENT_READ)
                waiting.register(connection.fileno(), selectors.EVENT_READ)
                while not self._is_stopped:
                    waiting.select(self._pause())
                    self._answer_bell()
                    self._receive(connection)
                    self._send(connection)
        finally:
            fairy.invalidate()

    def _pause(self) -> float | None:
        """How long to wait for something to do: hints that wait are sent behind the pause."""
        return max(0.0, self._sent_at + PAUSE_SECONDS - uptime()) if self._pending else None

    def _answer_bell(self) -> None:
        with suppress(BlockingIOError):
            while self._bell.recv(1024):
                pass

    def _receive(self, connection: Any) -> None:
        connection.pgconn.consume_input()
        while (notice := connection.pgconn.notifies()) is not None:
            self._hear(connection, notice.be_pid, notice.extra.decode())

    def _hear(self, connection: Any, sender: int, payload: str) -> None:
        if sender != connection.pgconn.backend_pid and payload.isdecimal():
            self._heard(int(payload))

    def _send(self, connection: Any) -> None:
        if not self._pending or uptime() < self._sent_at + PAUSE_SECONDS:
            return
        tenants = [str(self._pending.pop()) for _ in range(len(self._pending))]
        self._sent_at = uptime()
        connection.execute("SELECT pg_notify(%s, tenant) FROM unnest(%s::text[]) AS tenant", (CHANNEL, tenants))
