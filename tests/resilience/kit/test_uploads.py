"""Uploads and kill -9: at whatever moment the server is killed, an upload is there whole or not at all."""

import random
import threading
import time
from http.client import HTTPConnection, HTTPException
from typing import Any

import sqlalchemy as sa

from dragoman.store import tables
from tests.conftest import PASSWORD, add_user
from tests.support.server import Server, basic
from tests.support.sizes import sized

ANNA = basic("anna", PASSWORD)
TARGET = "/core/v2/batch/tasks?method=DELETE&type=phonenumber&field=phonenumber"
ROUNDS = sized(3, 50)
ENTRIES = 12_000
PATIENCE_SECONDS = 60.0
DELAYS = random.Random(7)


class Client(threading.Thread):
    """Uploads numbers that begin with its own, as quickly as the server takes them."""

    def __init__(self, server: Server, number: int) -> None:
        super().__init__()
        self.entries = [str(number * 1_000_000 + entry) for entry in range(ENTRIES)]
        self.has_begun = threading.Event()
        self.was_acknowledged = False
        self._port = server.port

    def run(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        try:
            headers = {**ANNA, "Content-Type": "text/csv"}
            connection.request("POST", TARGET, self._pieces(), headers, encode_chunked=True)
            self.was_acknowledged = connection.getresponse().status == 200
        except (OSError, HTTPException):
            pass
        finally:
            connection.close()

    def _pieces(self) -> Any:
        yield b"phonenumber\n"
        self.has_begun.set()
        for first in range(0, ENTRIES, 500):
            yield "".join(f"{entry}\n" for entry in self.entries[first : first + 500]).encode()


def test_an_upload_is_whole_or_gone_when_the_server_is_killed(database_url: str, backend: str) -> None:
    add_user(database_url, "anna", admin=True)
    with Server(database_url) as server:
        clients = [attack(server, number) for number in range(1, ROUNDS + 1)]
        known = {client.entries[0]: client for client in clients}
        batches = listed(server)
        for entries in batches:
            assert entries == known[entries[0]].entries
        assert len({entries[0] for entries in batches}) == len(batches)
        assert {client.entries[0] for client in clients if client.was_acknowledged} <= {each[0] for each in batches}
        assert not all(client.was_acknowledged for client in clients)
        if backend == "postgresql":  # another node may have its client: its lease has to run out
            let_leases_run_out(server)
        wait_until_cleared(server, len(batches) * ENTRIES)


def attack(server: Server, number: int) -> Client:
    """An upload during which the server is killed, at a moment that varies, and started again."""
    client = Client(server, number)
    client.start()
    assert client.has_begun.wait(PATIENCE_SECONDS)
    time.sleep(DELAYS.uniform(0, 0.5))
    server.kill()
    client.join(PATIENCE_SECONDS)
    server.start()
    return client


def listed(server: Server) -> list[list[str]]:
    """The entries of all batches."""
    target = "/core/v2/batch/tasks?include_fields=entries&limit=1000"
    return [item["entries"] for item in server.call("GET", target, headers=ANNA).json()["items"]]


def let_leases_run_out(server: Server) -> None:
    with server.app.store.engine.writer() as connection:
        connection.execute(sa.update(tables.job).where(tables.job.c.state == "scheduled").values(run_at=0))
        connection.commit()


def wait_until_cleared(server: Server, count: int) -> None:
    """Wait until so many entries are stored."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    total = sa.select(sa.func.coalesce(sa.func.sum(tables.batch_chunk.c.count), 0))
    while True:
        with server.app.store.engine.reader() as connection:
            if connection.execute(total).scalar_one() == count:
                return
        assert time.monotonic() < deadline
        time.sleep(0.1)
