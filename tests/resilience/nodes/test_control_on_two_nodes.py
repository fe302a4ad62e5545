"""A batch on two servers: paused, resumed and stopped through either, and read all the while by eight readers."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from tests.conftest import add_user
from tests.resilience.nodes.asking import tell, until
from tests.support.server import Server

READERS = 8
ENTRIES = 400
UNKNOWN_EVERY = 10
NOBODY = 10_000_000
RATE = 100
"""Slow enough that verbs come while it runs."""


class Readers:
    """Read a batch on both servers, in turn, until they are stopped."""

    def __init__(self, servers: tuple[Server, Server], path: str) -> None:
        self._servers, self._path = servers, path
        self._stop = threading.Event()
        self._threads = ThreadPoolExecutor(READERS)
        self._running = [self._threads.submit(self._read, servers[index % 2]) for index in range(READERS)]

    def _read(self, server: Server) -> int:
        """How many documents it saw. AssertionError where one breaks a law."""
        for seen in count():
            keeps_the_laws(tell(server, "GET", self._path))
            if self._stop.is_set():
                return seen
        raise AssertionError

    def stop(self) -> None:
        """What one of them came upon is raised here."""
        self._stop.set()
        assert all(reader.result() for reader in self._running)
        self._threads.shutdown()


def keeps_the_laws(batch: Any) -> None:
    counts, status = batch["counts"], batch["status"]
    if status == "created":
        assert set(counts.values()) == {None}
        return
    assert counts["processed"] == counts["success"] + counts["failure"]
    assert counts["unchanged"] <= counts["success"]
    assert counts["processed"] + counts["skipped"] <= counts["total"] == ENTRIES
    assert not counts["skipped"] or status == "stopped"
    assert status != "completed" or counts["processed"] == counts["total"]
    assert status != "stopped" or counts["processed"] + counts["skipped"] == counts["total"]


@pytest.fixture
def servers(postgres_url: str) -> Iterator[tuple[Server, Server]]:
    add_user(postgres_url, "anna", admin=True)
    with Server(postgres_url) as one, Server(postgres_url) as two:
        yield one, two


def test_verbs_on_one_node_act_on_the_other_and_counts_keep_their_laws(servers: tuple[Server, Server]) -> None:
    one, two = servers
    known = [tell(one, "POST", "/v1/tasks", '{"title":"Sweep"}')["number"] for _ in range(20)]
    entries = [NOBODY if index % UNKNOWN_EVERY == 0 else known[index % 20] for index in range(ENTRIES)]
    order = (
        f'{{"method":"PATCH","type":"task","field":"id","entries":{entries},"data":{{"properties":{{"wave":"1"}}}},'
        f'"review":false,"on_change":"proceed","rate_per_second":{RATE}}}'
    )
    path = f"/v1/batches/{tell(one, 'POST', '/v1/batches', order)['id']}"
    readers = Readers(servers, path)
    until(two, path, lambda batch: (batch["counts"]["processed"] or 0) > 0)
    for node, other in ((one, two), (two, one)):
        paused = tell(node, "POST", f"{path}/pause")
        assert paused["status"] == "paused"
        assert tell(other, "GET", path)["counts"] == paused["counts"]
        assert tell(other, "POST", f"{path}/resume")["status"] == "queued"
        until(node, path, lambda batch, before=paused: batch["counts"]["processed"] > before["counts"]["processed"])
    stopped = tell(two, "POST", f"{path}/stop")
    assert stopped["status"] == "stopped"
    readers.stop()
    assert tell(one, "GET", path)["counts"] == stopped["counts"]
    rows = tell(two, "GET", f"{path}/results?outcome=success&outcome=failure&limit=1000")["items"]
    assert [row["index"] for row in rows] == list(range(stopped["counts"]["processed"]))
    changed = [entries[row["index"]] for row in rows if row["outcome"] == "success" and not row["unchanged"]]
    assert len(set(changed)) == len(changed)
