"""The body of a request: its limits in bytes and seconds, and what is accepted as gzip."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest

from dragoman.domain.errors import Invalid, TooLarge
from dragoman.http import bodies
from dragoman.http.bodies import Gone
from dragoman.http.request_checks import Refused


def test_a_body_at_its_limit_is_taken_and_one_byte_more_is_not() -> None:
    assert bodies.check_body({"content-length": "100"}, 100)
    assert bodies.check_body({"transfer-encoding": "chunked"}, 100)
    assert not bodies.check_body({}, 100)
    with pytest.raises(TooLarge):
        bodies.check_body({"content-length": "101"}, 100)
    with pytest.raises(TooLarge):
        bodies.check_body({"content-length": "9" * 5000}, 100)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "x-nonsense", "gzip, gzip", "br"])
def test_compressed_bodies_are_not_taken(encoding: str) -> None:
    with pytest.raises(Invalid) as refused:
        bodies.check_body({"content-length": "1", "content-encoding": encoding}, 100)
    assert refused.value.code == "unsupported_encoding"


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_an_empty_body_has_no_encoding(encoding: str) -> None:
    bodies.check_body({"content-length": "0", "content-encoding": encoding}, 100)
    assert bodies.decompress(b"", 100) == b""


def test_gzip_is_read_where_the_dialect_accepts_it() -> None:
    assert bodies.check_body({"content-length": "1", "content-encoding": "GZIP"}, 100, gzip=True)
    assert bodies.check_body({"content-length": "1", "content-encoding": "identity"}, 100)
    assert bodies.decompress(gzip.compress(b"x" * 100, mtime=0), 100) == b"x" * 100


def test_a_bomb_is_not_unpacked_beyond_the_limit() -> None:
    with pytest.raises(TooLarge):
        bodies.decompress(gzip.compress(b"x" * 10_000_000, mtime=0), 100)


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
        bodies.decompress(body, 100)


class Parts:
    """A body that arrives in these parts; None is a client that leaves, and after the last one it is silent."""

    def __init__(self, *parts: bytes | None, is_complete: bool = True) -> None:
        self._parts = parts
        self._is_complete = is_complete

    def arrived(self) -> bytes | None:
        return None

    async def pieces(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            if part is None:
                raise Gone
            yield part
        if not self._is_complete:
            await asyncio.Event().wait()

    def waits(self) -> None:
        raise AssertionError("reading a body is no business of the source's connection")


def read(*parts: bytes | None, limit: int = 100, seconds: float = 5, is_complete: bool = True) -> bytes:
    return asyncio.run(bodies.read_body(Parts(*parts, is_complete=is_complete), limit, seconds))


def test_a_body_is_put_together() -> None:
    assert read(b"one") == b"one"
    assert read(b"one ", b"two ", b"three") == b"one two three"


def test_a_body_that_grows_beyond_its_limit_is_refused_on_the_way() -> None:
    with pytest.raises(TooLarge):
        read(b"x" * 60, b"y" * 41, b"never read")


def test_a_body_that_does_not_come_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        read(seconds=0.05, is_complete=False)
    assert refused.value.status == 408


def test_a_client_that_leaves_is_gone() -> None:
    with pytest.raises(Gone):
        read(b"one", None)
