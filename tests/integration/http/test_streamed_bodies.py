"""Bodies that are stored while they arrive, on a real socket: no limit of size, time counted from the last byte."""

import socket
import time
from collections.abc import Iterator

import pytest

from tests.integration.http.live import AUTH, Live, call, connect, read_all, read_answer, serving, shorter, statuses
from tests.support.plain_dialect import READER_TOKEN, Letters

HEAD = f"POST /plain/letters HTTP/1.1\r\nHost: x\r\n{AUTH}Content-Type: text/letters\r\n"
CHUNKED = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode()


@pytest.fixture
def live() -> Iterator[Live]:
    Letters.abandoned.clear()
    with serving(shorter(body_seconds=0.6)) as running:
        yield running


def chunk(text: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(text), text)


def wait_until_abandoned() -> None:
    deadline = time.monotonic() + 10
    while not Letters.abandoned:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_body_beyond_the_limit_of_others_is_taken_piece_by_piece(live: Live) -> None:
    answer = call(live, "POST /plain/letters", b"x" * 5_000_000, Content_Type="text/letters")
    assert answer.status == 200
    assert answer.json()["count"] == 5_000_000
    assert max(map(len, Letters.stored)) < 1_000_000
    assert Letters.abandoned == []


def test_the_connection_is_kept_behind_it(live: Live) -> None:
    with connect(live.port) as connection:
        for _ in range(2):
            connection.sendall(CHUNKED + chunk(b"one") + chunk(b"two") + b"0\r\n\r\n")
            assert read_answer(connection)[0] == 200


def test_the_other_form_of_the_operation_is_as_ever(live: Live) -> None:
    answer = call(live, "POST /plain/letters", b'{"title":"a"}', Content_Type="application/json")
    assert answer.json()["title"] == "a"


def test_an_empty_body_is_a_body(live: Live) -> None:
    assert call(live, "POST /plain/letters", b"", Content_Type="text/letters").json()["count"] == 0
    assert call(live, "POST /plain/letters", None, Content_Type="text/letters").json()["count"] == 0


@pytest.mark.parametrize("media", ["text/letters; charset=utf-8", 'TEXT/letters;charset="UTF-8"', "text/letters; a=b"])
def test_utf_8_is_the_charset(live: Live, media: str) -> None:
    assert call(live, "POST /plain/letters", b"x", Content_Type=media).json() == {"count": 1, "pieces": 1}


@pytest.mark.parametrize(
    ("headers", "query", "token", "status"),
    [
        ({"Content_Type": "text/letters; charset=latin-1"}, "", None, 400),
        ({"Content_Type": "text/letters", "Content_Encoding": "gzip"}, "", None, 415),
        ({"Content_Type": "text/letters"}, "?size=bad", None, 400),
        ({"Content_Type": "text/letters"}, "", READER_TOKEN, 403),
    ],
)
def test_a_refusal_before_the_body_stores_nothing(
    live: Live, headers: dict[str, str], query: str, token: str | None, status: int
) -> None:
    Letters.stored.clear()
    answer = call(live, f"POST /plain/letters{query}", b"xx", **({"token": token} if token else {}), **headers)
    assert answer.status == status
    assert Letters.stored == []


def test_time_counts_from_the_last_byte(live: Live) -> None:
    with connect(live.port) as connection:
        connection.sendall(CHUNKED)
        for _ in range(4):  # together longer than the limit
            time.sleep(0.25)
            connection.sendall(chunk(b"x"))
        connection.sendall(b"0\r\n\r\n")
        assert read_answer(connection)[0] == 200


def test_a_body_that_stops_coming_is_refused_and_abandoned(live: Live) -> None:
    with connect(live.port) as connection:
        connection.sendall(CHUNKED + chunk(b"x"))
        assert statuses(read_all(connection)) == [408]
    assert Letters.abandoned == [1]


def test_a_client_that_leaves_is_noticed(live: Live) -> None:
    with connect(live.port) as connection:
        connection.sendall(CHUNKED + chunk(b"xy"))
    wait_until_abandoned()
    assert len(Letters.abandoned) == 1


def test_a_refusal_on_the_way_is_sent_and_ends_the_connection(live: Live) -> None:
    with connect(live.port) as connection:
        connection.sendall(CHUNKED + chunk(b"x" * 10))
        connection.sendall(chunk(b"?") + chunk(b"y" * 100_000))
        sent = read_all(connection)
    assert statuses(sent) == [400]
    assert b"connection: close" in sent.lower()
    assert len(Letters.abandoned) == 1


def test_the_next_piece_waits_until_the_one_before_is_stored(live: Live) -> None:
    live.app.executor.pause = 0.2
    with connect(live.port) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        connection.sendall(CHUNKED)
        connection.settimeout(0.1)
        assert bytes_until_full(connection) < 30_000_000


def bytes_until_full(connection: socket.socket) -> int:
    """How much the server takes before it stops reading."""
    sent = 0
    while sent < 100_000_000:
        try:
            sent += connection.send(chunk(b"x" * 60_000))
        except TimeoutError:
            break
    return sent
