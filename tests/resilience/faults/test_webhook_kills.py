"""kill -9 of the server and of the receiver while events are delivered: nothing is lost, nothing is sent that isn't in
the log, and what comes twice has the same id and the same body."""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Self

import pytest
import sqlalchemy as sa

from tests.support.databases import BACKENDS, Databases
from tests.support.receiver import Receiver, Sent, receiving
from tests.support.server import Server
from tests.support.sizes import sized
from tests.support.tenant import Tenant

KILLS = sized(3, 100)
CONFIG = """
[webhooks]
allow_http = true
ports = []
allow_networks = ["127.0.0.0/8"]
retry_seconds = [0.2, 0.2, 0.5, 0.5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
total_seconds = 1.0
"""


@pytest.fixture(params=BACKENDS)
def server(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Server]:
    with databases.lent(request.param) as url, Server(url, config=CONFIG) as running:
        yield running


class Receivers:
    """A receiver that dies and comes back at its port; what each life of it got. Used as a context."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.now: Receiver = self._stack.enter_context(receiving())
        self._earlier: list[Sent] = []

    def kill(self) -> None:
        self._earlier += self.now.sent
        self._stack.close()
        self.now = self._stack.enter_context(receiving(self.now.port))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    @property
    def sent(self) -> list[Sent]:
        return self._earlier + self.now.sent


class Writer(threading.Thread):
    """Creates and changes tasks until it is told to stop, whether or not there is a server."""

    def __init__(self, server: Server, authorization: str) -> None:
        super().__init__()
        self._server, self._headers = server, {"Authorization": authorization, "Content-Type": "application/json"}
        self.stopped = threading.Event()
        self.acknowledged = 0

    def run(self) -> None:
        while not self.stopped.wait(0.01):
            with suppress(OSError, AssertionError, ValueError):
                made = self._server.call("POST", "/v1/tasks", '{"title": "x"}', self._headers)
                if made.status == 201:
                    self.acknowledged += 1
                    path = f"/v1/tasks/{made.json()['number']}"
                    self._server.call("PATCH", path, '{"title": "y"}', self._headers)


def test_kills_lose_nothing_and_make_nothing_up(server: Server) -> None:
    with Receivers() as receivers:
        wanted, acknowledged = events_of_killed(server, receivers)
        receivers.now.wait_for(lambda _: wanted <= {sent.id for sent in receivers.sent}, seconds=90.0)
    bodies: dict[str, set[bytes]] = {}
    for sent in receivers.sent:
        bodies.setdefault(sent.id, set()).add(sent.body)
    assert bodies.keys() == wanted
    assert all(len(each) == 1 for each in bodies.values())
    assert len(wanted) >= acknowledged > 0
    assert in_order(receivers.sent)


def events_of_killed(server: Server, receivers: Receivers) -> tuple[set[str], int]:
    """The ids of all events of a server that was killed again and again, and how many tasks it acknowledged."""
    tenant, chance = Tenant(server), random.Random(KILLS)
    headers = {"Authorization": tenant.basic("anna"), "Content-Type": "application/json"}
    order = json.dumps({"url": receivers.now.url(), "types": ["task.*"]})
    assert server.call("POST", "/v1/webhooks", order, headers).status == 201
    writer = Writer(server, headers["Authorization"])
    writer.start()
    try:
        for kill in range(KILLS):
            receivers.now.wait_for_requests(chance.randint(3, 40))
            server.kill()
            if kill % 2:
                receivers.kill()
            server.start()
    finally:
        writer.stopped.set()
        writer.join()
    found = rows(server, "SELECT uid FROM event WHERE tenant = :tenant AND type LIKE 'task.%'", tenant)
    return {row[0] for row in found}, writer.acknowledged


def rows(server: Server, text: str, tenant: Tenant) -> list[tuple[str, ...]]:
    with server.app.store.engine.raw.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(text), {"tenant": tenant.key})]


def in_order(sent: list[Sent]) -> bool:
    """Whether of each subject no event came first behind a later one's first."""
    seen: set[str] = set()
    last: dict[str, str] = {}
    for each in sent:
        if each.id not in seen:
            seen.add(each.id)
            envelope = json.loads(each.body)
            if last.get(envelope["subject"], "") > envelope["sequence"]:
                return False
            last[envelope["subject"]] = envelope["sequence"]
    return True
