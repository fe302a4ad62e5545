"""Small replies of the HTTP layer itself, and headers that it adds to those of dialects."""

from http import HTTPStatus
from typing import TypeVar

import msgspec

from dragoman.dialects.kit import Reply, Stream
from dragoman.domain.errors import Expected

Answer = TypeVar("Answer", Reply, Stream, Reply | Stream)


def problem(status: int, code: str, message: str, **more: object) -> Reply:
    """RFC 9457, for errors outside all dialects."""
    body = {"title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": message, **more}
    return Reply(status, msgspec.json.encode(body), "application/problem+json")


def with_header(reply: Reply, name: str, value: str) -> Reply:
    """The reply with one header more, unless it has that one already."""
    if any(known.lower() == name.lower() for known, _ in reply.headers):
        return reply
    return Reply(reply.status, reply.body, reply.content_type, [*reply.headers, (name, value)])


def with_allow(reply: Reply, error: Expected) -> Reply:
    """The reply with the header Allow when the error knows which methods there are."""
    allow = error.parameters.get("allow")
    return with_header(reply, "Allow", allow) if isinstance(allow, str) else reply
