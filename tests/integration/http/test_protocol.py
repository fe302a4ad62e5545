"""The wire: slow clients, oversized heads, broken framing, gentle ends. All over real sockets."""

import socket
import time
from collections.abc import Iterator

import msgspec
import pytest

from dragoman import settings
from dragoman.http.server import protocol
from tests.integration.http.live import (
    AUTH,
    Live,
    connect,
    exchange,
    read_all,
    read_answer,
    seconds_until_closed,
    serving,
    shorter,
    statuses,
)

HOST = "Host: x\r\n"
MANY = "X: y\r\n"
GET = f"GET /plain/tasks/7 HTTP/1.1\r\n{HOST}{AUTH}\r\n"
LAST = f"GET /plain/tasks/7 HTTP/1.1\r\n{HOST}{AUTH}Connection: close\r\n\r\n"
POST = f"POST /plain/tasks HTTP/1.1\r\n{HOST}{AUTH}"


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def hasty() -> Iterator[Live]:
    with serving(shorter(header_seconds=0.3, body_seconds=0.3)) as running:
        yield running


def test_a_connection_serves_many_requests(live: Live) -> None:
    with connect(live.port) as connection:
        for _ in range(3):
            connection.sendall(GET.encode())
            status, headers, body = read_answer(connection)
            assert (status, body) == (200, b'{"id":"7","extension":"","login":"anna"}')
            assert "connection" not in headers
            assert "date" in headers
            assert "server" not in headers


def test_pipelined_requests_are_answered_in_order(live: Live) -> None:
    paths = [f"/plain/tasks/{number}" for number in range(10)]
    text = "".join(f"GET {path} HTTP/1.1\r\n{HOST}{AUTH}\r\n" for path in paths)
    with connect(live.port) as connection:
        connection.sendall((text + LAST).encode())
        got = read_all(connection)
    assert statuses(got) == [200] * 11
    assert [got.index(f'"id":"{number}"'.encode()) for number in range(10)] == sorted(
        got.index(f'"id":"{number}"'.encode()) for number in range(10)
    )


def test_a_request_in_bytes_is_a_request(live: Live) -> None:
    with connect(live.port) as connection:
        for byte in LAST.encode():
            connection.sendall(bytes([byte]))
        assert statuses(read_all(connection)) == [200]


def test_http_1_0_is_answered_and_closed(live: Live) -> None:
    assert exchange(live.port, f"GET /plain/open HTTP/1.0\r\n{HOST}\r\n") == [200]


def test_head_is_get_without_its_body(live: Live) -> None:
    with connect(live.port) as connection:
        connection.sendall(f"HEAD /plain/tasks/7 HTTP/1.1\r\n{HOST}{AUTH}Connection: close\r\n\r\n".encode())
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert b"content-length: 40" in head
    assert body == b""


def test_a_body_in_chunks_is_read_and_its_trailers_are_not(live: Live) -> None:
    chunks = 'a\r\n{"title": \r\n4\r\n"x"}\r\n0\r\nAuthorization: Basic YTpi\r\n\r\n'
    assert exchange(live.port, f"{POST}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{chunks}") == [201]


UPGRADES = {
    "h2c": "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\n",
    "websocket": "Connection: Upgrade\r\nUpgrade: websocket\r\n",
    "tls": "Connection: keep-alive, upgrade\r\nUpgrade: TLS/1.2\r\n",
    "any": "Connection: upgrade\r\nUpgrade: anything/7\r\n",
}
BODIES = {
    "length": "Content-Length: 13\r\n\r\n" + '{"title":"x"}',
    "chunks": "Transfer-Encoding: chunked\r\n\r\n" + '4\r\n{"ti\r\n9\r\ntle":"x"}\r\n0\r\n\r\n',
}
upgrades = pytest.mark.parametrize("upgrade", UPGRADES.values(), ids=UPGRADES)


@upgrades
def test_an_offered_upgrade_is_ignored(live: Live, upgrade: str) -> None:
    assert exchange(live.port, f"GET /plain/open HTTP/1.1\r\n{HOST}{upgrade}\r\n{LAST}") == [200, 200]


@upgrades
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_is_read_beside_an_offered_upgrade(live: Live, upgrade: str, body: str) -> None:
    request = f"{POST}{upgrade}{body}"
    assert exchange(live.port, request + request + LAST) == [201, 201, 200]


@upgrades
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_beside_an_offered_upgrade_may_come_in_bytes(live: Live, upgrade: str, body: str) -> None:
    with connect(live.port) as connection:
        for byte in (f"{POST}{upgrade}{body}" + LAST).encode():
            connection.sendall(bytes([byte]))
        assert statuses(read_all(connection)) == [201, 200]


def test_many_offered_upgrades_in_one_packet_are_ignored(live: Live) -> None:
    request = f"GET /plain/open HTTP/1.1\r\n{HOST}{UPGRADES['any']}\r\n"
    assert exchange(live.port, request * 2_000 + LAST) == [200] * 2_001


def test_a_broken_body_beside_an_offered_upgrade_is_refused(live: Live) -> None:
    request = f"{POST}{UPGRADES['h2c']}Transfer-Encoding: chunked\r\n\r\nxyz\r\n"
    assert exchange(live.port, request) == [400]


def test_connection_close_beside_an_offered_upgrade_closes(live: Live) -> None:
    request = f"{POST}Connection: close, upgrade\r\nUpgrade: h2c\r\n{BODIES['length']}"
    assert exchange(live.port, request + LAST) == [201]


# The client closes its sending half


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GET, [200]),
        (f"{POST}{BODIES['length']}", [201]),
        (f"{POST}{BODIES['chunks']}", [201]),
        (f"POST /plain/nap HTTP/1.1\r\n{HOST}{AUTH}Content-Length: 0\r\n\r\n{GET}{GET}", [200, 200, 200]),
        (f"POST /plain/nap HTTP/1.1\r\n{HOST}{AUTH}Content-Length: 0\r\n\r\n{POST}", [200]),
        (f"POST /plain/nap HTTP/1.1\r\n{HOST}{AUTH}Content-Length: 0\r\n\r\n{POST}Content-Length: 9\r\n\r\n{{", [200]),
        (f"{POST}Content-Length: 10\r\n\r\n{{", []),
        (POST, []),
        ("", []),
    ],
    ids=["get", "length", "chunks", "pipelined", "half a head behind", "half a body behind", "half", "head", "none"],
)
def test_complete_requests_are_answered_after_a_half_close(live: Live, text: str, expected: list[int]) -> None:
    with connect(live.port) as connection:
        connection.sendall(text.encode())
        connection.shutdown(socket.SHUT_WR)
        seconds, said = seconds_until_closed(connection)
    assert statuses(said) == expected
    assert seconds < 5


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"GET /{'a' * 8000} HTTP/1.1\r\n{HOST}\r\n", 414),
        (f"GET / HTTP/1.1\r\n{HOST}X-A: {'b' * 16_384}\r\n\r\n", 431),
        (f"GET / HTTP/1.1\r\n{HOST}{MANY * 100}\r\n", 431),
        (f"GET / HTTP/1.1\r\n{HOST}X-A: {'b' * 1_000_000}", 431),
        (f"GET / HTTP/1.1\r\n{HOST}{'N' * 1_000_000}", 431),
        ("nonsense\r\n\r\n", 400),
        ("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (f"CONNECT 127.0.0.1:1 HTTP/1.1\r\n{HOST}\r\n", 400),
        ("GET /healthz\r\n\r\n", 505),
        (f"{POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}", 400),
        (f"{POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (f"{POST}Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (f"{POST}Transfer-Encoding: chunked\r\n\r\n0\r\n{MANY * 25_000}\r\n", 431),
    ],
)
def test_what_is_out_of_bounds_is_refused_and_closed(live: Live, head: str, status: int) -> None:
    assert exchange(live.port, head) == [status]


def test_a_target_and_headers_at_their_limits_are_taken(live: Live) -> None:
    many = "".join(f"X-{number}: y\r\n" for number in range(98))
    assert exchange(live.port, f"GET /{'a' * 7999} HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n") == [404]
    assert exchange(live.port, f"GET /healthz HTTP/1.1\r\n{HOST}Connection: close\r\n{many}\r\n") == [200]


def test_a_body_before_it_does_not_count_as_headers() -> None:
    base = settings.load(environ={})
    narrow = msgspec.structs.replace(base.limits, header_bytes=300, target_bytes=100)
    body = '{"title": "' + "x" * 2_000 + '"}'
    with serving(msgspec.structs.replace(base, limits=narrow)) as running, connect(running.port) as connection:
        connection.sendall(f"{POST}Content-Length: {len(body)}\r\n\r\n{body}{LAST[:20]}".encode())
        assert read_answer(connection)[0] == 201
        connection.sendall(LAST[20:].encode())
        assert statuses(read_all(connection)) == [200]


def test_an_answer_before_the_body_closes_the_connection(live: Live) -> None:
    with connect(live.port) as connection:
        connection.sendall(f"POST /plain/tasks HTTP/1.1\r\n{HOST}Content-Length: 10\r\n\r\n{{}}".encode())
        seconds, said = seconds_until_closed(connection)
    assert statuses(said) == [401]
    assert seconds < 5


def test_a_refusal_is_a_problem_with_a_code_and_logged(live: Live) -> None:
    with connect(live.port) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        _, headers, body = read_answer(connection)
    assert headers["content-type"] == "application/problem+json"
    assert b'"code":"malformed_request"' in body
    refused = [line for line in live.log() if line["event"] == "http.refused"]
    assert refused[-1]["code"] == "malformed_request"


def test_garbage_behind_a_request_waits_for_its_answer(live: Live) -> None:
    nap = f"POST /plain/nap HTTP/1.1\r\n{HOST}{AUTH}Content-Length: 0\r\n\r\n"
    assert exchange(live.port, nap + "nonsense\r\n\r\n") == [200, 400]
    assert exchange(live.port, nap + GET + "nonsense\r\n\r\n") == [200, 200, 400]
    broken = f"{POST}Transfer-Encoding: chunked\r\n\r\nxyz\r\n"
    assert exchange(live.port, nap + broken) == [200, 400]


def test_a_refused_upload_gets_to_read_its_answer(live: Live) -> None:
    with connect(live.port) as connection:
        connection.sendall(f"{POST}Content-Length: 30000000\r\n\r\n".encode())
        connection.sendall(b"x" * 3_000_000)
        status, headers, _ = read_answer(connection)
        assert (status, headers["connection"]) == (413, "close")
        connection.sendall(b"x" * 1_000_000)  # thrown away, not reset


def test_silent_connections_are_closed_and_half_a_head_is_refused(hasty: Live) -> None:
    with connect(hasty.port) as silent, connect(hasty.port) as halting:
        halting.sendall(b"GET / HT")
        seconds, said = seconds_until_closed(silent)
        assert 0.2 < seconds < 3
        assert said == b""
        assert statuses(read_all(halting)) == [408]


def test_dripping_headers_do_not_win_time(hasty: Live) -> None:
    began = time.monotonic()
    with connect(hasty.port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        connection.settimeout(0.1)
        got = b""
        while time.monotonic() - began < 5 and not got:
            try:
                connection.sendall(b"X-A: b\r\n")
                got = connection.recv(100)
            except TimeoutError:
                continue
    assert statuses(got) == [408]
    assert time.monotonic() - began < 2


def test_a_kept_connection_is_closed_when_nothing_comes(hasty: Live) -> None:
    with connect(hasty.port) as connection:
        connection.sendall(GET.encode())
        read_answer(connection)
        connection.sendall(GET.encode())
        read_answer(connection)
        seconds, said = seconds_until_closed(connection)
    assert 0.2 < seconds < 3
    assert said == b""


def test_a_slow_answer_is_not_taken_for_a_slow_client(hasty: Live) -> None:
    with connect(hasty.port) as connection:
        connection.sendall(f"GET /plain/nap HTTP/1.1\r\n{HOST}{AUTH}Connection: close\r\n\r\n".encode())
        assert statuses(read_all(connection)) == [200]


def test_a_slow_body_is_refused_and_closed(hasty: Live) -> None:
    with connect(hasty.port) as connection:
        connection.sendall(f"{POST}Content-Length: 10\r\n\r\n{{".encode())
        assert statuses(read_all(connection)) == [408]


def test_a_client_that_leaves_in_its_body_leaves_nothing(hasty: Live) -> None:
    with connect(hasty.port) as connection:
        connection.sendall(f"{POST}Content-Length: 10\r\n\r\n{{".encode())
    with connect(hasty.port) as connection:
        connection.sendall(LAST.encode())
        assert statuses(read_all(connection)) == [200]


LARGE = f"GET /plain/large HTTP/1.1\r\n{HOST}{AUTH}\r\n"


def test_a_long_answer_may_be_read_slowly(hasty: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 0.1)
    with connect(hasty.port) as connection:
        connection.sendall(LARGE.encode())
        got = 0
        while part := connection.recv(500_000):
            got += len(part)
            time.sleep(0.03)
    assert got > 20_000_000


def test_a_client_that_does_not_read_its_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 0.1)
    with serving(shorter(header_seconds=0.3)) as running, connect(running.port) as connection:
        connections = running.server.server_state.connections
        connection.sendall(LARGE.encode())
        connection.recv(1)
        assert connections
        deadline = time.monotonic() + 5
        while connections:
            assert time.monotonic() < deadline
            time.sleep(0.05)
