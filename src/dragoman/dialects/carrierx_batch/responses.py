"""Answers of this dialect: JSON, readable from pages of any origin (carrierx-batch.md 1)."""

from typing import Any

from dragoman.dialects.kit import Reply, Request, json

CORS = ("Access-Control-Allow-Origin", "*")
EXPOSED = ("Access-Control-Expose-Headers", "ETag, Retry-After, WWW-Authenticate, X-Request-Id")


def reply(status: int, body: Any = None, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """An answer with a JSON body, or without any for None."""
    sent = [CORS, EXPOSED, *headers]
    if body is None:
        return Reply(status, headers=sent)
    return Reply(status, json.encode(body), "application/json", sent)


def nothing(_result: object, _request: Request) -> Reply:
    """The answer to DELETE: 204 without a body (carrierx-batch.md 1)."""
    return reply(204)


def preflight(_request: Request) -> Reply:
    """OPTIONS on any path (carrierx-batch.md 2)."""
    allowed = (
        ("Access-Control-Allow-Methods", "GET, HEAD, POST, PATCH, PUT, DELETE"),
        ("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, If-Match"),
        ("Access-Control-Max-Age", "86400"),
    )
    return reply(204, headers=allowed)
