"""A client of a stream of events that reads nothing for long: the server lets it go, and it misses nothing."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from dragoman import settings
from dragoman.dialects.native.handlers import event_streams
from dragoman.http.server.responding import RespondingProtocol
from dragoman.runtime.application import Application
from dragoman.usecases.tasks import lifecycle as tasks
from tests.conftest import PASSWORD, add_user
from tests.integration.http.live import Running, connect, running
from tests.support.server import basic
from tests.support.world import World

ANNA = f"Authorization: {basic('anna', PASSWORD)['Authorization']}\r\n"
EVENTS, BYTES = 600, 15_000
"""More than the buffers of both ends of a connection hold."""
STALLED_SECONDS = 0.3
KEEPING = {"DRAGOMAN_EVENTS_KEEP_DAYS": "3650"}
"""The clock of the world that wrote the events stands."""
MOST_UNSENT = 256 * 1024
PATIENCE_SECONDS = 30.0


@pytest.fixture
def app(database_url: str) -> Iterator[Application]:
    world = World(database_url)
    world.core(lambda uow: [tasks.add(uow, title="x", description="y" * BYTES) for _ in range(EVENTS)])
    world.close()
    add_user(database_url, "anna", admin=True)
    opened = Application(settings.load(environ=KEEPING, overrides={"database": database_url})).open()
    yield opened
    opened.close()


@pytest.fixture
def live(app: Application, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(event_streams, "STALLED_SECONDS", STALLED_SECONDS)
    with running(app) as server:
        yield server


def ask(live: Running, last: str = "") -> socket.socket:
    connection = connect(live.port)
    connection.settimeout(PATIENCE_SECONDS)
    header = f"Last-Event-ID: {last}\r\n" if last else ""
    line = "GET /v1/events/stream?since=earliest&types=task.created HTTP/1.1"
    connection.sendall(f"{line}\r\nHost: x\r\n{ANNA}{header}\r\n".encode())
    return connection


def unsent(live: Running) -> int:
    """The most that any connection has in memory."""
    connections = [each for each in live.server.server_state.connections if isinstance(each, RespondingProtocol)]
    return max((each._socket.get_write_buffer_size() for each in connections), default=0)


def rest(connection: socket.socket, count: int) -> bytes:
    """What comes until the connection ends, or so many events have come."""
    got = b""
    with suppress(ConnectionResetError):
        while got.count(b"event: task.created") < count and (part := connection.recv(1 << 20)):
            got += part
    return got


def heard(got: bytes) -> list[tuple[str, str]]:
    """Cursor and sequence of each whole event."""
    plain = re.sub(rb"\r\n[0-9a-f]+\r\n", b"", got)
    found = re.findall(rb'id: (\S+)\nevent: task\.created\ndata: .*?"sequence":"(\d+)".*?\n\n', plain)
    return [(cursor.decode(), sequence.decode()) for cursor, sequence in found]


def test_a_client_that_takes_nothing_is_let_go_and_misses_nothing(app: Application, live: Running) -> None:
    most, deadline = 0, time.monotonic() + PATIENCE_SECONDS
    with ask(live) as connection:
        assert connection.recv(12) == b"HTTP/1.1 200"
        while app.event_watch.streams.total():
            most = max(most, unsent(live))
            assert time.monotonic() < deadline
            time.sleep(0.01)
        before = heard(rest(connection, EVENTS))
    assert 0 < most <= MOST_UNSENT
    assert 0 < len(before) < EVENTS
    with ask(live, before[-1][0]) as connection:
        after = heard(rest(connection, EVENTS - len(before)))
    sequences = [sequence for _, sequence in before + after]
    assert len(sequences) == EVENTS
    assert sequences == sorted(set(sequences))
