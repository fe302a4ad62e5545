"""Bodies that are never whole in memory: a reply that is sent, and a request that is read, piece by piece."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass, field, replace

from dragoman.dialects.kit.reply import Reply
from dragoman.domain.errors import TooLarge

Pieces = AsyncIterator[bytes] | Iterator[bytes]


@dataclass(slots=True)
class Stream:
    """A reply whose body is made while it is sent.

    The next piece is produced when the client has read enough of those before it. The head is sent with the first
    piece, so an error that is raised before it becomes an ordinary reply; after that it cuts the connection, by which
    the client knows that the body is incomplete. Pieces are closed when the client leaves; where one `waits` for the
    next one, at once, otherwise with the next piece. `stalled_seconds` is how long a client may read nothing; None: as
    long as headers may take.
    """

    status: int
    pieces: Pieces
    content_type: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    waits: bool = False
    stalled_seconds: float | None = None


class BrokenOff(Exception):
    """The body of a request has ended too early: its client has left, or has sent nothing for too long. What was stored
    of it is taken back; who reads it sends no reply."""


class BodyStream:
    """The body of a request as it arrives. TooLarge once more than `limit` bytes have come; None: it has no limit."""

    def __init__(self, pieces: AsyncIterator[bytes], limit: int | None) -> None:
        self.bytes_read = 0
        self._pieces = pieces
        self._limit = limit

    def __aiter__(self) -> "BodyStream":
        return self

    async def __anext__(self) -> bytes:
        piece = await anext(self._pieces)
        self.bytes_read += len(piece)
        if self._limit is not None and self.bytes_read > self._limit:
            raise too_large(self._limit)
        return piece

    async def read(self) -> bytes:
        """What is left of it, at once."""
        return b"".join([piece async for piece in self])


def too_large(limit: int) -> TooLarge:
    """The error for a body of more than `limit` bytes."""
    return TooLarge("body_too_large", f"The body is larger than {limit} bytes.", limit=limit)


async def primed(stream: Stream) -> Stream:
    """The stream with its first piece made, so that an error of it is raised here."""
    pieces = each_of(stream.pieces)
    try:
        first = [await anext(pieces)]
    except StopAsyncIteration:
        first = []

    async def chained() -> AsyncGenerator[bytes, None]:
        try:
            for piece in first:
                yield piece
            async for piece in pieces:
                yield piece
        finally:
            await pieces.aclose()

    return replace(stream, pieces=chained())


async def whole(stream: Stream) -> Reply:
    """The stream as an ordinary reply."""
    body = b"".join([piece async for piece in each_of(stream.pieces)])
    return Reply(stream.status, body, stream.content_type, stream.headers)


async def each_of(pieces: Pieces) -> AsyncGenerator[bytes, None]:
    """The pieces, whichever kind of iterator gives them. Closes it at the end, and when it is closed itself."""
    try:
        if isinstance(pieces, AsyncIterator):
            async for piece in pieces:
                yield piece
        else:
            for piece in pieces:
                yield piece
    finally:
        close = getattr(pieces, "aclose", None)
        if close is not None:
            await close()
