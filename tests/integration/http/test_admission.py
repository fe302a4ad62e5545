"""More requests than may be in hand, over real sockets: they wait for their turn, or are refused in time."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec
import pytest

from dragoman import settings
from dragoman.http.server import admission
from dragoman.http.server.admission import Admission
from dragoman.http.server.gateway import Gateway
from dragoman.http.server.protocol import TimedProtocol
from tests.integration.http.live import AUTH, Live, connect, read_all, read_answer, serving
from tests.support.plain_dialect import GATE

PATIENCE_SECONDS = 10.0


@contextmanager
def narrowed(turn_seconds: float) -> Iterator[Live]:
    """A server that works at two requests, with its gate closed until the end."""
    base = settings.load(environ={})
    limits = msgspec.structs.replace(base.limits, in_hand=2)
    timeouts = msgspec.structs.replace(base.timeouts, turn_seconds=turn_seconds)
    GATE.clear()
    with serving(msgspec.structs.replace(base, limits=limits, timeouts=timeouts)) as live:
        try:
            yield live
        finally:
            GATE.set()


@pytest.fixture
def narrow() -> Iterator[Live]:
    with narrowed(60.0) as live:
        yield live


def of(live: Live) -> Admission:
    gateway = live.server.config.loaded_app
    assert isinstance(gateway, Gateway)
    return gateway.admission


def connections_of(live: Live) -> list[TimedProtocol]:
    return [each for each in live.server.server_state.connections if isinstance(each, TimedProtocol)]


def request(path: str, *, method: str = "GET", more: str = "", body: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n{AUTH}{more}\r\n{body}".encode()


def until(live: Live, *, in_hand: int, waiting: int) -> None:
    """Wait until so many requests are in hand, and so many wait."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (seen := (of(live).in_hand, of(live).waiting)) != (in_hand, waiting):
        assert time.monotonic() < deadline, seen
        time.sleep(0.005)


@contextmanager
def asked(live: Live, path: str, count: int) -> Iterator[list[socket.socket]]:
    """Connections that have sent a request each."""
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(live.port)) for _ in range(count)]
        for connection in connections:
            connection.sendall(request(path))
        yield connections


def test_what_is_too_much_at_once_waits_and_is_answered(narrow: Live) -> None:
    with asked(narrow, "/plain/gate", 5) as connections:
        until(narrow, in_hand=2, waiting=3)
        GATE.set()
        assert [read_answer(connection)[0] for connection in connections] == [200] * 5
    until(narrow, in_hand=0, waiting=0)


def test_the_log_counts_the_wait(narrow: Live) -> None:
    with asked(narrow, "/plain/gate", 2), connect(narrow.port) as held:
        held.sendall(request("/plain/tasks/7"))
        until(narrow, in_hand=2, waiting=1)
        (waiting,) = [each for each in connections_of(narrow) if each._held is not None]
        waiting._held_at -= 60.0
        GATE.set()
        assert read_answer(held)[0] == 200
    (line,) = [line for line in narrow.log() if line["path"] == "/plain/tasks/7"]
    assert isinstance(line["milliseconds"], float)
    assert line["milliseconds"] >= 60_000


def test_a_request_that_waits_is_not_read_on(narrow: Live) -> None:
    with asked(narrow, "/plain/gate", 2), connect(narrow.port) as held:
        held.sendall(request("/plain/tasks", method="POST", more="Content-Length: 12000000\r\n"))
        until(narrow, in_hand=2, waiting=1)
        held.settimeout(0.5)
        with pytest.raises(TimeoutError):
            held.sendall(bytes(12_000_000))  # more than the kernel keeps for both sides


def test_health_and_metrics_are_answered_at_any_time(narrow: Live) -> None:
    with asked(narrow, "/plain/gate", 4):
        until(narrow, in_hand=2, waiting=2)
        for path in ("/healthz", "/readyz", "/metrics"):
            with connect(narrow.port) as connection:
                connection.sendall(request(path))
                assert read_answer(connection)[0] == 200


def test_who_waits_for_too_long_is_refused_in_the_shape_of_the_dialect_and_not_heard_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admission, "SILENCE_SECONDS", 60.0)
    with narrowed(0.05) as live, asked(live, "/plain/gate", 2), connect(live.port) as refused:
        until(live, in_hand=2, waiting=0)
        refused.sendall(request("/plain/tasks/7"))
        status, _, body = read_answer(refused)
        assert (status, json.loads(body)["code"]) == (503, "queue_full")
        assert [line["status"] for line in live.log() if line.get("code") == "queue_full"] == [503]
        refused.sendall(request("/healthz"))
        refused.settimeout(0.3)
        with pytest.raises(TimeoutError):
            refused.recv(1)


def test_a_page_is_refused_too() -> None:
    with narrowed(0.05) as live, asked(live, "/plain/gate", 2), connect(live.port) as refused:
        until(live, in_hand=2, waiting=0)
        refused.sendall(request("/ui/"))
        status, headers, body = read_answer(refused)
        assert (status, headers["retry-after"], json.loads(body)["code"]) == (503, "1", "queue_full")


def test_streams_and_polls_are_counted_apart(narrow: Live) -> None:
    with asked(narrow, "/plain/gate/poll", 3), connect(narrow.port) as stream:
        stream.sendall(request("/plain/stream/endless"))
        assert stream.recv(100)
        until(narrow, in_hand=0, waiting=0)
        with connect(narrow.port) as connection:
            connection.sendall(request("/plain/tasks/7"))
            assert read_answer(connection)[0] == 200


def test_a_body_that_is_slow_to_come_makes_room(narrow: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.http.server.gateway.SLOW_BODY_SECONDS", 0.05)
    with ExitStack() as stack:
        slow = [stack.enter_context(connect(narrow.port)) for _ in range(2)]
        for connection in slow:
            connection.sendall(request("/plain/tasks", method="POST", more="Content-Length: 13\r\n", body='{"tit'))
        with connect(narrow.port) as quick:
            quick.sendall(request("/plain/tasks/7"))
            assert read_answer(quick)[0] == 200
        for connection in slow:
            connection.sendall(b'le":"a"}')
            assert read_answer(connection)[0] == 201


def test_a_client_that_leaves_while_it_waits_keeps_nobody_waiting(narrow: Live) -> None:
    with asked(narrow, "/plain/gate", 2) as (first, second):
        with asked(narrow, "/plain/gate", 3):
            until(narrow, in_hand=2, waiting=3)
        with connect(narrow.port) as last:
            last.sendall(request("/plain/tasks/7"))
            until(narrow, in_hand=2, waiting=4)
            GATE.set()
            assert [read_answer(connection)[0] for connection in (first, second, last)] == [200] * 3
    until(narrow, in_hand=0, waiting=0)


def test_pipelined_requests_wait_in_their_order(narrow: Live) -> None:
    with asked(narrow, "/plain/gate", 2), connect(narrow.port) as piped:
        first, last = request("/plain/tasks/1"), request("/plain/tasks/2", more="Connection: close\r\n")
        piped.sendall(first + last)
        until(narrow, in_hand=2, waiting=1)
        GATE.set()
        got = read_all(piped)
        assert got.index(b'"id":"1"') < got.index(b'"id":"2"')


def test_a_stopping_server_answers_those_that_wait() -> None:
    with narrowed(60.0) as live, asked(live, "/plain/gate", 3) as connections:
        until(live, in_hand=2, waiting=1)
        live.server.stop()
        GATE.set()
        assert [read_answer(connection)[0] for connection in connections] == [200] * 3
