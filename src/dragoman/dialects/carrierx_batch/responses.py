"""Answers of this dialect: JSON (carrierx-batch.md 1)."""

from typing import Any

from dragoman.dialects.kit import Reply, Request, json


def reply(status: int, body: Any = None, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """An answer with a JSON body, or without any for None."""
    sent = [*headers]
    if body is None:
        return Reply(status, headers=sent)
    return Reply(status, json.encode(body), "application/json", sent)


def nothing(_result: object, _request: Request) -> Reply:
    """The answer to DELETE: 204 without a body (carrierx-batch.md 1)."""
    return reply(204)
