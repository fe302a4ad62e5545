"""Bodies in pieces: a request's has a limit, a reply's is made while it is sent."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from dragoman.dialects.kit import BodyStream, Reply, Stream
from dragoman.dialects.kit.streams import each_of, primed, whole
from dragoman.domain.errors import NotFound, TooLarge


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def test_a_body_is_read_piece_by_piece() -> None:
    async def story() -> None:
        body = BodyStream(pieces(b"one ", b"two"), 7)
        assert await anext(body) == b"one "
        assert body.bytes_read == 4
        assert await body.read() == b"two"

    asyncio.run(story())


def test_a_body_beyond_its_limit_is_refused_before_the_rest_is_read() -> None:
    read = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            read.append(1)
            yield b"x" * 60

    with pytest.raises(TooLarge) as refused:
        asyncio.run(BodyStream(endless(), 100).read())
    assert refused.value.parameters == {"limit": 100}
    assert len(read) == 2


def lines() -> Iterator[bytes]:
    yield b"one\n"
    yield b"two\n"


@pytest.mark.parametrize("given", [lines, lambda: pieces(b"one\n", b"two\n")], ids=["iterator", "async iterator"])
def test_a_stream_may_be_read_whole(given: type[Iterator[bytes]]) -> None:
    async def story() -> Reply:
        return await whole(await primed(Stream(200, given(), "text/plain", [("X", "y")])))

    assert asyncio.run(story()) == Reply(200, b"one\ntwo\n", "text/plain", [("X", "y")])


def test_a_stream_of_nothing_is_empty() -> None:
    async def story() -> Reply:
        return await whole(await primed(Stream(200, pieces())))

    assert asyncio.run(story()).body == b""


def test_an_error_of_the_first_piece_is_raised_before_anything_is_sent() -> None:
    async def fails() -> AsyncIterator[bytes]:
        raise NotFound("gone", "It is gone.")
        yield b""

    with pytest.raises(NotFound):
        asyncio.run(primed(Stream(200, fails())))


def test_pieces_are_closed_when_the_stream_is() -> None:
    closed = []

    async def watched() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.append(True)

    async def story() -> None:
        stream = await primed(Stream(200, watched()))
        sent = each_of(stream.pieces)
        assert [await anext(sent), await anext(sent)] == [b"x", b"x"]
        await sent.aclose()

    asyncio.run(story())
    assert closed == [True]
