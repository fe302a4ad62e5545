"""From a Reply or a Stream to the ASGI messages of a response."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from functools import lru_cache
from typing import Any

from dragoman.dialects.kit import Reply, Stream
from dragoman.http.server.asgi import Connection, Message, Scope, Send, connection_of

NO_BODY = frozenset({204, 304})
CLOSE = (b"connection", b"close")
NOSNIFF = (b"x-content-type-options", b"nosniff")  # a stored title must never be run as a page
POLICY = "content-security-policy"
SANDBOX = (POLICY.encode(), b"default-src 'none'; frame-ancestors 'none'; sandbox")
"""XML of clients is returned as they sent it: a browser would run scripts of XHTML in it as our own."""
INERT = re.compile(r"(?:application/(?:[a-z.-]+\+)?json|text/plain)(?:;|\Z)")
"""Media types that no browser runs or shows as a page, given NOSNIFF."""
CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Unsendable(ValueError):
    """A header of a reply has a control character, or one beyond Latin-1."""


def start_of(reply: Reply | Stream, request_id: str, *, close: bool = False) -> Message:
    """The first ASGI message of a response. Raises Unsendable."""
    headers = [(b"x-request-id", request_id.encode()), NOSNIFF]
    if reply.content_type is not None:
        headers.append((b"content-type", reply.content_type.encode("latin-1")))
        if not _is_inert(reply.content_type) and all(name.lower() != POLICY for name, _ in reply.headers):
            headers.append(SANDBOX)
    if reply.status not in NO_BODY and isinstance(reply, Reply):
        headers.append((b"content-length", b"%d" % len(reply.body)))
    for name, value in reply.headers:
        if CONTROLS.search(value):
            raise Unsendable(name)
        try:
            headers.append((name.encode("latin-1"), value.encode("latin-1")))
        except UnicodeEncodeError:
            raise Unsendable(name) from None
    if close:
        headers.append(CLOSE)
    return {"type": "http.response.start", "status": reply.status, "headers": headers}


@lru_cache(64)
def _is_inert(content_type: str) -> bool:
    return INERT.match(content_type) is not None


async def send_reply(send: Send, start: Message, reply: Reply, scope: Scope) -> None:
    """Send a whole response, begun by `start_of`; in one write where the connection can."""
    body = b"" if reply.status in NO_BODY else reply.body
    connection = connection_of(scope)
    if connection is None or scope["method"] == "HEAD" or not connection.answer_whole(scope, start, body):
        await send(start)
        await send({"type": "http.response.body", "body": body})


async def send_stream(
    send: Send, start: Message, pieces: AsyncIterator[bytes], scope: Scope, stalled_seconds: float | None = None
) -> bool:
    """Send a response piece by piece, each when most of those before it have been read.

    False when it ended early, because the client left or stopped reading for `stalled_seconds`.
    """
    connection = connection_of(scope)
    if connection is not None and scope["http_version"] == "1.0" and scope["method"] != "HEAD":
        return await _send_unframed(connection, start, pieces, scope, stalled_seconds)
    await send(start)
    if scope["method"] != "HEAD":
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            if connection is not None and not await _has_read(connection, scope, stalled_seconds):
                return False
    await send({"type": "http.response.body", "body": b""})
    return True


async def until_gone(
    pieces: AsyncGenerator[bytes, None], left: Coroutine[Any, Any, None]
) -> AsyncGenerator[bytes, None]:
    """The pieces, until the client has left, which may be while it waits for one."""
    gone, task, waits = asyncio.ensure_future(left), asyncio.current_task(), False
    assert task is not None  # noqa: S101 - an asynchronous generator runs in one

    def leave(_: "asyncio.Future[None]") -> None:
        if waits and task is not None:
            task.cancel()  # a task for each piece would cost more than most pieces do

    gone.add_done_callback(leave)
    try:
        while not gone.done():
            waits = True
            try:
                piece = await anext(pieces, None)
            except asyncio.CancelledError:
                if not gone.done() or task.uncancel():
                    raise
                return
            finally:
                waits = False
            if piece is None:
                return
            yield piece
    finally:
        gone.cancel()
        await pieces.aclose()


async def _send_unframed(
    connection: Connection, start: Message, pieces: AsyncIterator[bytes], scope: Scope, stalled_seconds: float | None
) -> bool:
    """For HTTP/1.0, which has no chunks: the body ends with the connection."""
    if not connection.begin(scope, start):
        return False
    async for piece in pieces:
        connection.write(piece)
        if not await _has_read(connection, scope, stalled_seconds):
            return False
    connection.end(scope)
    return True


async def _has_read(connection: Connection, scope: Scope, stalled_seconds: float | None) -> bool:
    return await connection.drain(stalled_seconds) and not connection.is_gone(scope)
