"""What passes the gate, and what a body may be."""

import asyncio
import gzip
from typing import Any

import pytest

from dragoman.domain.errors import Invalid, TooLarge
from dragoman.http import request_checks as gate
from dragoman.http.request_checks import Gone, Refused


def scope(*headers: tuple[str, str], version: str = "1.1") -> dict[str, Any]:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return {"http_version": version, "headers": raw}


HOST = ("Host", "tasks.example:8080")


def test_headers_are_read_by_small_names_and_repeated_ones_joined() -> None:
    read = gate.read_headers(
        scope(HOST, ("If-Match", '"1"'), ("If-Match", '"2"'), ("Cookie", "a=1"), ("Cookie", "b=2"), ("X-Caf", "é"))
    )
    assert read == {"host": HOST[1], "if-match": '"1", "2"', "cookie": "a=1; b=2", "x-caf": "é"}


@pytest.mark.parametrize(
    ("headers", "version", "status"),
    [
        ([], "1.1", 400),
        ([HOST, HOST], "1.1", 400),
        ([("Host", "")], "1.1", 400),
        ([("Host", 'a b"<>')], "1.1", 400),
        ([HOST], "0.9", 505),
        ([HOST], "2.0", 505),
        ([HOST, ("Authorization", "Bearer a"), ("Authorization", "Basic b")], "1.1", 400),
        ([HOST, ("Content-Length", "1"), ("Content-Length", "1")], "1.1", 400),
        ([HOST, ("Content-Length", "1"), ("Transfer-Encoding", "chunked")], "1.1", 400),
        ([HOST, ("Transfer-Encoding", "gzip, chunked")], "1.1", 400),
        ([HOST, ("Transfer-Encoding", "chunked")], "1.0", 400),
        ([HOST, ("Idempotency-Key", "a"), ("Idempotency-Key", "b")], "1.1", 400),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(headers: list[tuple[str, str]], version: str, status: int) -> None:
    with pytest.raises(Refused) as refused:
        gate.read_headers(scope(*headers, version=version))
    assert refused.value.status == status


def test_a_body_at_its_limit_is_taken_and_one_byte_more_is_not() -> None:
    assert gate.check_body({"content-length": "100"}, 100)
    assert gate.check_body({"transfer-encoding": "chunked"}, 100)
    assert not gate.check_body({}, 100)
    with pytest.raises(TooLarge):
        gate.check_body({"content-length": "101"}, 100)
    with pytest.raises(TooLarge):
        gate.check_body({"content-length": "9" * 5000}, 100)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "x-nonsense", "gzip, gzip", "br"])
def test_compressed_bodies_are_not_taken(encoding: str) -> None:
    with pytest.raises(Invalid) as refused:
        gate.check_body({"content-length": "1", "content-encoding": encoding}, 100)
    assert refused.value.code == "unsupported_encoding"


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_an_empty_body_has_no_encoding(encoding: str) -> None:
    gate.check_body({"content-length": "0", "content-encoding": encoding}, 100)
    assert gate.decompress(b"", 100) == b""


def test_gzip_is_taken_where_the_dialect_says_so() -> None:
    assert gate.check_body({"content-length": "1", "content-encoding": "GZIP"}, 100, gzip=True)
    assert gate.check_body({"content-length": "1", "content-encoding": "identity"}, 100)
    assert gate.decompress(gzip.compress(b"x" * 100, mtime=0), 100) == b"x" * 100


def test_a_bomb_is_not_unpacked_beyond_the_limit() -> None:
    with pytest.raises(TooLarge):
        gate.decompress(gzip.compress(b"x" * 10_000_000, mtime=0), 100)


@pytest.mark.parametrize(
    "body",
    [
        b"plain",
        gzip.compress(b"x", mtime=0)[:-1],
        gzip.compress(b"x", mtime=0) + b"more",
        gzip.compress(b"x", mtime=0) * 2,
    ],
)
def test_what_gzip_did_not_make_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        gate.decompress(body, 100)


def read(*parts: bytes | None, limit: int = 100, seconds: float = 5) -> bytes:
    """Read a body that comes in these parts; None is a client that leaves, and an empty tuple one that is silent."""
    waiting = list(parts)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.sleep(30)
        part = waiting.pop(0)
        if part is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": part != parts[-1]}

    return asyncio.run(gate.read_body(receive, limit, seconds))


def test_a_body_is_put_together() -> None:
    assert read(b"one") == b"one"
    assert read(b"one ", b"two ", b"three") == b"one two three"


def test_a_body_that_grows_beyond_its_limit_is_refused_on_the_way() -> None:
    with pytest.raises(TooLarge):
        read(b"x" * 60, b"y" * 41, b"never read")


def test_a_body_that_does_not_come_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        read(seconds=0.05)
    assert refused.value.status == 408


def test_a_client_that_leaves_is_gone() -> None:
    with pytest.raises(Gone):
        read(b"one", None)
