"""The body of a request: bounded in size and in time, and decompressed where the dialect accepts gzip."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from dragoman.dialects.kit.streams import BodyStream, BrokenOff, too_large
from dragoman.domain.errors import Invalid
from dragoman.http.request_checks import Refused


class Gone(BrokenOff):
    """The client has left before its body was complete; no reply can be sent."""


class TooSlow(Refused, BrokenOff):
    """Nothing more of the body came in time."""


class Source(Protocol):
    """Where the bytes of a body come from."""

    def arrived(self) -> bytes | None:
        """The whole body if it has arrived, which most have together with their heads."""
        ...

    def pieces(self) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises Gone."""
        ...

    def waits(self) -> None:
        """Its request waits for something else than this server."""
        ...


def check_body(headers: Mapping[str, str], limit: int | None, *, gzip: bool = False) -> bool:
    """Whether there is a body. TooLarge or Invalid("unsupported_encoding") before any of it is read.

    A body of no bytes has no encoding, whatever its header.
    """
    length = headers.get("content-length")
    if length is None and "transfer-encoding" not in headers:
        return False
    if limit is not None and length is not None and (len(length) > 18 or int(length) > limit):
        raise too_large(limit)
    encoding = headers.get("content-encoding", "identity").lower()
    if encoding != "identity" and length != "0" and not (gzip and encoding == "gzip"):
        raise Invalid("unsupported_encoding", "Send the body uncompressed.", encoding=encoding)
    return True


async def read_body(source: Source, limit: int, seconds: float) -> bytes:
    """The whole body. TooLarge beyond `limit`, Refused (408) when it isn't complete in time, Gone."""
    arrived = source.arrived()
    if arrived is not None:
        if len(arrived) > limit:
            raise too_large(limit)
        return arrived
    try:
        async with asyncio.timeout(seconds):
            return await BodyStream(source.pieces(), limit).read()
    except TimeoutError:
        raise Refused(408, "body_timeout", f"The body was not complete within {seconds:g} seconds.") from None


async def pieces_in_time(source: Source, seconds: float) -> AsyncIterator[bytes]:
    """The body as it arrives. TooSlow (408) when nothing more comes for so long, Gone."""
    arrived = source.arrived()
    if arrived is not None:
        yield arrived
        return
    pieces = source.pieces()
    while True:
        try:
            async with asyncio.timeout(seconds):
                piece = await anext(pieces)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise TooSlow(408, "body_timeout", f"Nothing of the body came for {seconds:g} seconds.") from None
        yield piece


def decompress(body: bytes, limit: int) -> bytes:
    """The content of a gzipped body. TooLarge as soon as more than `limit` bytes come out, Invalid if it isn't gzip.

    An empty body is empty: some clients name the same encoding with every request.
    """
    if not body:
        return body
    decoder = zlib.decompressobj(wbits=31)
    try:
        plain = decoder.decompress(body, limit + 1)
    except zlib.error:
        raise Invalid("invalid_gzip", "The body is not valid gzip.") from None
    if len(plain) > limit:
        raise too_large(limit)
    if not decoder.eof or decoder.unused_data:
        raise Invalid("invalid_gzip", "The gzip body is truncated, or has data behind its end.")
    return plain
