"""Replies that are sent piece by piece, on a real socket."""

import time
from collections.abc import Iterator

import pytest

from tests.integration.http.live import AUTH, Live, call, connect, read_all, serving, shorter
from tests.support.plain_dialect import STREAMS_CLOSED


@pytest.fixture
def live() -> Iterator[Live]:
    STREAMS_CLOSED.clear()
    with serving(shorter(header_seconds=0.5)) as running:
        yield running


def raw(live: Live, line: str, version: str = "1.1") -> tuple[bytes, bytes]:
    """Head and body as they were sent."""
    with connect(live.port) as connection:
        connection.sendall(f"{line} HTTP/{version}\r\nHost: x\r\n{AUTH}Connection: close\r\n\r\n".encode())
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    return head, body


def wait_until_closed(kind: str) -> None:
    deadline = time.monotonic() + 10
    while kind not in STREAMS_CLOSED:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_stream_is_sent_in_chunks(live: Live) -> None:
    head, body = raw(live, "GET /plain/stream/all")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"transfer-encoding: chunked" in head
    assert b"content-length" not in head
    assert b"X-Kind: stream" in head or b"x-kind: stream" in head.lower()
    assert body == b"4\r\none\n\r\n4\r\ntwo\n\r\n6\r\nthree\n\r\n0\r\n\r\n"


def test_the_connection_is_kept_behind_a_stream(live: Live) -> None:
    with connect(live.port) as connection:
        request = f"GET /plain/stream/all HTTP/1.1\r\nHost: x\r\n{AUTH}\r\n"
        connection.sendall((request + request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")).encode())
        assert read_all(connection).count(b"0\r\n\r\n") == 2


def test_http_1_0_gets_the_pieces_without_chunks(live: Live) -> None:
    head, body = raw(live, "GET /plain/stream/all", "1.0")
    assert b"transfer-encoding" not in head
    assert b"connection: close" in head
    assert body == b"one\ntwo\nthree\n"


def test_head_of_a_stream_has_no_body(live: Live) -> None:
    head, body = raw(live, "HEAD /plain/stream/all")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert body == b""


@pytest.mark.parametrize(("kind", "status"), [("refused", 404), ("broken", 500)])
def test_an_error_before_the_first_piece_has_the_dialects_shape(live: Live, kind: str, status: int) -> None:
    answer = call(live, f"GET /plain/stream/{kind}")
    assert answer.status == status
    assert {"code", "incident"} & set(answer.json())
    assert b"secret" not in answer.body


def test_an_error_behind_the_first_piece_cuts_the_connection(live: Live) -> None:
    head, body = raw(live, "GET /plain/stream/cut")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert not body.endswith(b"0\r\n\r\n")
    assert live.log()[-1]["incident"]


def test_a_stream_ends_when_its_client_leaves(live: Live) -> None:
    with connect(live.port) as connection:
        connection.sendall(f"GET /plain/stream/endless HTTP/1.1\r\nHost: x\r\n{AUTH}\r\n".encode())
        assert connection.recv(1000)
    wait_until_closed("endless")
    assert call(live, "GET /plain/tasks/7").status == 200


def test_a_client_that_reads_nothing_for_long_is_cut_off(live: Live) -> None:
    with connect(live.port) as connection:
        connection.sendall(f"GET /plain/stream/endless HTTP/1.1\r\nHost: x\r\n{AUTH}\r\n".encode())
        assert connection.recv(1000)
        wait_until_closed("endless")
