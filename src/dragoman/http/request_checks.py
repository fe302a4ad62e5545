"""What the head of every request must be before anything reads it. A refused request closes its connection.

The server below has counted headers and target already (`server/protocol.py`); here is what depends on a whole head:
one Host, a supported version, one length of the body.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

HOST = re.compile(r"[A-Za-z0-9\-._~%\[\]:!$&'()*+,;=]{1,255}")
# With two of these a server has to choose one; where its proxy chooses the other, requests can be smuggled.
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
    """A request that no dialect gets, with the status, code and message of its reply."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def read_headers(raw: Iterable[tuple[bytes, bytes]], version: str) -> dict[str, str]:
    """The headers by their names in lower case, repeated ones joined. Refused when they are ambiguous.

    HTTP/1.0 needs no Host: the probes of some proxies send none.
    """
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name = NAMES.get(raw_name) or raw_name.decode("latin-1")
        value = raw_value.decode("latin-1")
        if name in headers:
            if name in SINGLE:
                raise Refused(400, "repeated_header", f"The header {name} is allowed once.")
            value = headers[name] + ("; " if name == "cookie" else ", ") + value
        headers[name] = value
    if version not in ("1.1", "1.0"):
        raise Refused(505, "unsupported_http_version", "Use HTTP/1.1 or HTTP/1.0.")
    if not is_host(headers.get("host", "")) and ("host" in headers or version == "1.1"):
        raise Refused(400, "invalid_host", "Exactly one valid Host header is required.")
    if "transfer-encoding" in headers:
        _check_transfer(headers, version)
    return headers


@lru_cache(256)
def is_host(value: str) -> bool:
    """Whether it is a valid value of the header Host."""
    return HOST.fullmatch(value) is not None


def _check_transfer(headers: dict[str, str], version: str) -> None:
    """RFC 9112 6.1: with two lengths, requests can be smuggled past a proxy."""
    if "content-length" in headers or version == "1.0":
        raise Refused(400, "conflicting_body_length", "Send either Content-Length or chunks, not both.")
    if headers["transfer-encoding"].lower() != "chunked":
        raise Refused(400, "unsupported_transfer_coding", "The only transfer coding is chunked.")
