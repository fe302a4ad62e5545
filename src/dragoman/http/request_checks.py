"""What every request must be before anything reads it. Whatever is refused here closes its connection.

The server below has counted headers and target already (`protocol.py`); here is what can be told from a whole head:
one Host, a version we speak, one way to tell the body's length. Then the body: bounded in size and in time.
"""

import asyncio
import re
import zlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec

from dragoman.dialects.kit import Reply
from dragoman.domain.errors import Invalid, TooLarge

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

WHOLE_BODY = "dragoman.whole_body"  # the ASGI extension that `protocol.py` offers

HOST = re.compile(r"[A-Za-z0-9\-._~%\[\]:!$&'()*+,;=]{1,255}")
# What two of would leave us to choose: each server that chose otherwise than its proxy was broken into.
SINGLE = frozenset(
    {"host", "content-length", "transfer-encoding", "content-type", "authorization", "idempotency-key"},
)
NAMES = {
    name.encode(): name
    for name in (
        "host", "user-agent", "accept", "accept-encoding", "accept-language", "connection", "content-type",
        "content-length", "authorization", "cookie", "origin", "referer", "if-match", "if-none-match",
        "idempotency-key", "x-request-id", "sec-fetch-site", "x-forwarded-for",
    )
}  # fmt: skip


class Refused(Exception):
    """A request that no dialect will see, with the answer's status, code and sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Gone(Exception):
    """The client has hung up before its body was there; nobody waits for an answer."""


def read_headers(scope: Scope) -> dict[str, str]:
    """The headers by their names in lower case, repeated ones joined. Refused when they can't be meant."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name = NAMES.get(raw_name) or raw_name.decode("latin-1")
        value = raw_value.decode("latin-1")
        if name in headers:
            if name in SINGLE:
                raise Refused(400, "repeated_header", f"The header {name} may stand once only.")
            value = headers[name] + ("; " if name == "cookie" else ", ") + value
        headers[name] = value
    if scope["http_version"] not in ("1.1", "1.0"):
        raise Refused(505, "version_not_spoken", "Speak HTTP/1.1 or HTTP/1.0.")
    if not is_host(headers.get("host", "")):
        raise Refused(400, "host_missing", "Exactly one header Host with the server's name is needed.")
    if "transfer-encoding" in headers:
        _check_transfer(headers, scope["http_version"])
    return headers


@lru_cache(256)
def is_host(value: str) -> bool:
    """Whether it can stand in a header Host."""
    return HOST.fullmatch(value) is not None


def _check_transfer(headers: dict[str, str], version: str) -> None:
    """RFC 9112 6.1: two lengths are how requests are smuggled past a proxy."""
    if "content-length" in headers or version == "1.0":
        raise Refused(400, "length_told_twice", "Tell the body's length by Content-Length or by chunks, not both.")
    if headers["transfer-encoding"].lower() != "chunked":
        raise Refused(400, "coding_unknown", "The only transfer coding is chunked.")


def check_body(headers: Mapping[str, str], limit: int, *, gzip: bool = False) -> bool:
    """Whether a body follows. TooLarge or Invalid("unsupported_encoding") before any of it is read.

    A body of no bytes has no encoding, whatever a header says of it.
    """
    length = headers.get("content-length")
    if length is None and "transfer-encoding" not in headers:
        return False
    if length is not None and (len(length) > 18 or int(length) > limit):
        raise _too_large(limit)
    encoding = headers.get("content-encoding", "identity").lower()
    if encoding != "identity" and length != "0" and not (gzip and encoding == "gzip"):
        raise Invalid("unsupported_encoding", "Send the body as it is, not compressed.", encoding=encoding)
    return True


def body_at_hand(scope: Scope, limit: int) -> bytes | None:
    """The whole body where the server below has it already: most came with their heads, and need no clock. TooLarge
    beyond `limit`."""
    take = scope.get("extensions", {}).get(WHOLE_BODY)
    body: bytes | None = None if take is None else take(scope)
    if body is not None and len(body) > limit:
        raise _too_large(limit)
    return body


async def read_body(receive: Receive, limit: int, seconds: float) -> bytes:
    """The whole body. TooLarge beyond `limit`, Refused (408) when it isn't there in time, Gone when the client is."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                part = message.get("body", b"")
                size += len(part)
                if size > limit:
                    raise _too_large(limit)
                if not message.get("more_body", False):
                    return b"".join([*parts, part]) if parts else part
                parts.append(part)
    except TimeoutError:
        raise Refused(408, "body_too_slow", f"The body was not complete within {seconds:g} seconds.") from None


def decompress(body: bytes, limit: int) -> bytes:
    """A gzipped body as it was. TooLarge as soon as more than `limit` bytes come out, Invalid when it is no gzip.

    Nothing is nothing: clients name the encoding that they always name, also with a body of no bytes.
    """
    if not body:
        return body
    decoder = zlib.decompressobj(wbits=31)
    try:
        plain = decoder.decompress(body, limit + 1)
    except zlib.error:
        raise Invalid("gzip_unreadable", "The body is not what gzip makes.") from None
    if len(plain) > limit:
        raise _too_large(limit)
    if not decoder.eof or decoder.unused_data:
        raise Invalid("gzip_unreadable", "The body is cut off, or something stands behind it.")
    return plain


def _too_large(limit: int) -> TooLarge:
    return TooLarge("body_too_large", f"The body is larger than {limit} bytes.", limit=limit)


def problem(status: int, code: str, message: str, **more: object) -> Reply:
    """RFC 9457, for whatever happens outside all dialects."""
    body = {"title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": message, **more}
    return Reply(status, msgspec.json.encode(body), "application/problem+json")
