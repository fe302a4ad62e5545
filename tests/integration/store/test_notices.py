"""Hints between processes on PostgreSQL: heard by the others, collected, and again after a lost connection."""

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from dragoman.store.engine import notices
from dragoman.store.engine.engines import Engine
from dragoman.store.engine.notices import Notices

PATIENCE_SECONDS = 30.0
OTHERS = "SELECT {} FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
LISTENING = OTHERS.format("count(*)") + " AND query LIKE 'LISTEN%'"


@contextmanager
def process(engine: Engine) -> Iterator[tuple[Notices, "queue.Queue[int]"]]:
    """One that is connected, and what it hears."""
    heard: queue.Queue[int] = queue.Queue()
    before = connected(engine)
    one = Notices(engine.raw, heard.put)
    one.start()
    while connected(engine) <= before:
        pass
    try:
        yield one, heard
    finally:
        one.close()


def connected(engine: Engine) -> int:
    with engine.writer() as connection:
        return int(connection.execute(sa.text(LISTENING)).scalar_one())


def test_others_hear_of_commits_once_for_many_and_again_after_a_lost_connection(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "REOPEN_SECONDS", (0.01,))
    monkeypatch.setattr(notices, "PAUSE_SECONDS", 0.3)
    engine = Engine(postgres_url)
    with process(engine) as (one, own), process(engine) as (_, heard):
        one.send(7)
        assert heard.get(timeout=PATIENCE_SECONDS) == 7
        for _ in range(500):
            one.send(7)
            one.send(8)
        assert sorted(heard.get(timeout=PATIENCE_SECONDS) for _ in range(2)) == [7, 8]
        assert heard.empty()  # they came as one
        with engine.writer() as connection:
            connection.execute(sa.text(OTHERS.format("pg_terminate_backend(pid)")))
        while heard.empty():  # hints of the meantime are dropped
            one.send(9)
            time.sleep(0.001)
        assert heard.get() == 9
        assert own.empty()  # nobody hears of himself


def test_a_process_stops_where_the_database_is_away() -> None:
    engine = Engine("postgresql://nobody@127.0.0.1:1/none")
    one = Notices(engine.raw, lambda _: None)
    one.start()
    one.send(1)
    one.close()
    assert not one._thread.is_alive()
