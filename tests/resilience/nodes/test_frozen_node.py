"""A node that is frozen within a transaction, as a paused virtual machine is, does not stop writing on the others."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import pytest

from tests.conftest import PASSWORD, add_user
from tests.support.server import Server, basic

HEADERS = basic("anna", PASSWORD) | {"Content-Type": "application/json"}
CLIENTS = 6
IN_TRANSACTION = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction' AND pid <> pg_backend_pid()
"""


@pytest.fixture
def nodes(postgres_url: str) -> Iterator[tuple[Server, Server]]:
    add_user(postgres_url, "anna", admin=True)
    with Server(postgres_url) as one, Server(postgres_url) as two:
        yield one, two


def create(server: Server, title: str) -> Any:
    return server.call("POST", "/v1/tasks", json.dumps({"title": title}), HEADERS)


def is_held(url: str) -> bool:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(IN_TRANSACTION).fetchone()
    return row is not None and row[0] > 0


@contextmanager
def frozen_in_a_transaction(node: Server) -> Iterator[None]:
    """Freeze it again and again under load, until it stands in a transaction."""
    stopped = threading.Event()

    def load() -> None:
        while not stopped.is_set():
            with suppress(OSError):
                create(node, "load")

    with ThreadPoolExecutor(CLIENTS) as clients:
        for _ in range(CLIENTS):
            clients.submit(load)
        try:
            for _ in range(400):
                os.kill(node.pid, signal.SIGSTOP)
                if is_held(node.database_url):
                    break
                os.kill(node.pid, signal.SIGCONT)
                stopped.wait(0.01)
            else:
                raise AssertionError("the node was never in a transaction")
            yield
        finally:
            stopped.set()
            os.kill(node.pid, signal.SIGCONT)


def test_the_others_go_on_while_a_node_is_frozen(nodes: tuple[Server, Server]) -> None:
    frozen, other = nodes
    untouched = create(other, "untouched").json()["id"]
    with frozen_in_a_transaction(frozen), ThreadPoolExecutor(8) as clients:
        creates = [clients.submit(create, other, f"beside {index}") for index in range(8)]
        changed = other.call("PATCH", f"/v1/tasks/{untouched}", '{"priority": 7}', HEADERS)
        assert changed.status == 200, changed.text
        assert {one.result(30).status for one in creates} == {201}
        assert other.call("GET", "/readyz").status == 200

    made = create(frozen, "after the thaw")
    assert made.status == 201, made.text
    numbers = [row[0] for row in rows(other.database_url, "SELECT number FROM task ORDER BY number")]
    assert numbers == list(range(1, len(numbers) + 1))


def rows(url: str, statement: str) -> list[Any]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute(statement).fetchall()
