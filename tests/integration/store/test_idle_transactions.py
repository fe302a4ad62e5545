"""PostgreSQL ends a transaction whose process is stopped, wherever that was stopped."""

import threading

import psycopg
import pytest

from dragoman.store.engine import driver, engines
from dragoman.store.engine.engines import Engine

STOPPED = 10
"""Connections: the driver's own end of a pipeline loses the time limit of most."""
LEFT = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"


@pytest.mark.parametrize("many", [False, True])
def test_a_transaction_is_ended_behind_its_first_statements(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    monkeypatch.setattr(engines, "IDLE_SECONDS", 0.3)
    engine = Engine(postgres_url, patience_seconds=0.3)
    stopped = [engine.writer() for _ in range(STOPPED)]
    for connection in stopped:
        if many:
            with driver.pipeline(connection):
                driver.execute_many(connection, "SELECT %s", [(1,), (2,)])
        else:
            driver.execute(connection, "SELECT 1", ())

    pause = threading.Event()
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as beside:
        for _ in range(200):
            [left] = beside.execute(LEFT).fetchone() or [None]
            if not left:
                break
            pause.wait(0.05)
    assert left == 0
    for connection in stopped:
        connection.invalidate()
        connection.close()
