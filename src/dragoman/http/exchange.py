"""A request together with what only the HTTP layer knows about it."""

import asyncio
from collections.abc import AsyncIterator

from dragoman.dialects.kit import OperationSpec, Request
from dragoman.dialects.kit.streams import BodyStream
from dragoman.domain.access import Principal
from dragoman.http.bodies import Source, check_body, decompress, pieces_in_time, read_body
from dragoman.settings import Limits

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class NoBody:
    """The source of a request without a body."""

    def arrived(self) -> bytes:
        return b""

    async def pieces(self) -> AsyncIterator[bytes]:
        yield b""

    def waits(self) -> None:
        """It came by no connection."""


class Exchange(Request):
    """One request on its way through the dispatcher. Its body is read when the first step needs it, and once."""

    source: Source = NoBody()
    raw_path = ""
    raw_query = ""  # as it was sent, whatever a dialect makes of it
    acts_as: Principal | None = None  # whom the process itself asks for, without credentials
    has_body = False
    body_was_read = False
    began_at = 0.0  # monotonic clock
    inner_calls = 0  # that it has sent
    reached_at = ""  # the address of the server at which the connection arrived

    def waits(self) -> None:
        self.source.waits()

    def unread_body(self) -> bool:
        """Whether bytes of this request may still arrive, before the next one of its connection."""
        return self.has_body and not self.body_was_read

    def is_form(self) -> bool:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower() in FORMS

    async def read_body(self, operation: OperationSpec | None, limits: Limits, seconds: float) -> None:
        """Read the body. TooLarge, Invalid, Refused or Gone when that fails."""
        if self.body_was_read:
            return
        gzip = self.dialect is not None and self.dialect.gzip
        limit = _limit_of(operation, limits)
        if check_body(self.headers, limit, gzip=gzip):
            body = await read_body(self.source, limit, seconds)
            self.body_was_read = True
            is_gzipped = self.headers.get("content-encoding", "").lower() == "gzip"
            self.body = without_mark(await asyncio.to_thread(decompress, body, limit) if is_gzipped else body)

    def open_body(self, seconds: float) -> None:
        """Let the operation read the body as it arrives. `seconds` count from the last byte. Invalid if compressed."""
        check_body(self.headers, None)
        self.incoming = BodyStream(self._all_of(pieces_in_time(self.source, seconds)), None)

    async def _all_of(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in pieces:
            yield piece
        self.body_was_read = True


def _limit_of(operation: OperationSpec | None, limits: Limits) -> int:
    if operation is not None and operation.is_bulk:
        return limits.bulk_body_bytes
    return (operation and operation.body_limit) or limits.body_bytes


def without_mark(body: bytes) -> bytes:
    """The body without a UTF-8 byte order mark, which RFC 8259 8.1 lets a parser ignore."""
    return body.removeprefix(BYTE_ORDER_MARK)


def without_repeated_slashes(path: str) -> str:
    """The path with each run of slashes as one: some clients join a base address and a path that both have one."""
    while "//" in path:
        path = path.replace("//", "/")
    return path
