"""One HTTP/1.1 connection to a checked address, for requests one after the other.

The parser is that of the server. What is sent to many receivers a second can't pay for a client of many parts.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import httptools
import msgspec

MOST_BYTES = 64 * 1024
"""How much of a reply is read, of its headers and of its body each."""


class Broken(Exception):
    """The connection broke off, or what came is no HTTP, before there was a status."""


class Answer(msgspec.Struct, frozen=True):
    """A status, the headers that were asked for, and the beginning of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """A connection. `is_open` says whether another request may be sent on it."""

    def __init__(self, address: str, kept_headers: frozenset[str], most_kept: int) -> None:
        self.address = address
        self.is_open = False
        self.heard = False  # of the present request: whether any byte of a reply has come
        self._kept_headers, self._most_kept = kept_headers, most_kept
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Answer] | None = None
        self._begin()

    async def exchange(self, request: bytes) -> Answer:
        """The answer to a request. Raises Broken. If the waiting is cancelled, `answered` may tell what came so far."""
        if self._transport is None or not self.is_open:
            raise Broken("closed")
        self._begin()
        self.heard = False
        waiter: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiter = waiter
        self._transport.write(request)
        try:
            return await waiter
        except asyncio.CancelledError:
            self.close()  # what comes now would be taken for the next answer
            raise

    def answered(self) -> Answer | None:
        """What has come of the present answer; None before its headers are complete."""
        return None if not self._status else Answer(self._status, self._headers, bytes(self._body))

    def close(self) -> None:
        """End the connection at once."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    # -- of the transport -----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        if self._waiter is None or self._waiter.done():
            self.close()  # nothing was asked for
            return
        self.heard = True
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserUpgrade, httptools.HttpParserError):
            self._finish(keep=False)
        if self._body_bytes > MOST_BYTES or (not self._status and self._received > MOST_BYTES):
            self._finish(keep=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(keep=False)

    # -- of the parser --------------------------------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        lowered = name.decode("latin-1").lower()
        self._tells_body |= lowered == "transfer-encoding" or (lowered == "content-length" and value.strip() != b"0")
        if lowered in self._kept_headers:
            self._headers[lowered] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200 or status == 101:
            self._status = status

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        room = self._most_kept - len(self._body)
        if room > 0:
            self._body += body[:room]

    def on_message_complete(self) -> None:
        if self._status:
            # Behind a 204 that speaks of a body, one may still come, and would be taken for the next answer.
            is_odd = self._status == 204 and self._tells_body
            self._finish(keep=self._parser.should_keep_alive() and not is_odd)
        else:
            self._headers.clear()  # of an interim answer

    # -------------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._parser: Any = httptools.HttpResponseParser(self)
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._body_bytes = self._received = 0
        self._tells_body = False

    def _finish(self, *, keep: bool) -> None:
        if not keep:
            self.close()
        waiter, self._waiter = self._waiter, None
        if waiter is None or waiter.done():
            return
        answer = self.answered()
        if answer is None:
            waiter.set_exception(Broken("no status"))
        else:
            waiter.set_result(answer)
