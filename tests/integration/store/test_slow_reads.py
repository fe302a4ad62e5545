"""A read that takes too long is ended, and never holds up reads of named rows and lists that go by an index."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from dragoman.command import EXCLUSIVE, QUICK, Keys, Lock
from dragoman.domain.clock import SystemClock
from dragoman.domain.errors import Unavailable
from dragoman.store.store import READERS, Store
from dragoman.store.unit.overlay import Overlay, Stamp
from dragoman.store.unit.work import Work
from tests.integration.store.test_lanes import LaneWorld

STAMP = Stamp("anna", "test", "test")
ENDLESS = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(60)",
}


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    made = Store(database_url, SystemClock(), patience_seconds=0.3)
    yield made
    made.close()


def test_a_query_that_takes_too_long_is_ended_and_not_tried_again(store: Store) -> None:
    runs = []

    def search(overlay: Overlay) -> Any:
        runs.append(1)
        connection: sa.Connection = overlay.group.connection
        return connection.exec_driver_sql(ENDLESS[connection.dialect.name]).scalar()

    reader = store._transactions(writes=False, lane=False)
    work = Work(1, EXCLUSIVE, search, STAMP)
    reader.run([work])
    with pytest.raises(Unavailable) as error:
        work.unwrap()
    assert (error.value.code, len(runs)) == ("query_too_slow", 1)

    reader.run([after := Work(1, EXCLUSIVE, lambda overlay: 7, STAMP)])  # with a time of its own
    assert after.unwrap() == 7
    reader.close()


@pytest.fixture
def served(database_url: str) -> Iterator[LaneWorld]:
    running = LaneWorld(database_url)
    yield running
    running.close()


def test_named_rows_and_quick_lists_pass_slow_ones(served: LaneWorld) -> None:
    go_on = threading.Event()

    def read(keys: Any, run: Any) -> Work:
        work = Work(served.tenant, keys, run, STAMP)
        work.future = threading.Event()
        served.app.store.read(work)
        served.app.store.wake()
        return work

    slow = [read(EXCLUSIVE, lambda overlay: go_on.wait(20)) for _ in range(READERS["slow"] + 2)]
    for keys in (Keys().also("task", [1], Lock.NONE), QUICK):
        quick = read(keys, lambda overlay: "found")
        assert quick.future.wait(20)
        assert quick.unwrap() == "found"
    assert not any(work.future.is_set() for work in slow)
    go_on.set()
    assert all(work.future.wait(20) for work in slow)
