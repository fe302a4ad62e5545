"""Answers that every part of this dialect gives."""

from typing import Any

from dragoman.dialects.kit import Reply, Request


def render_nothing(_result: Any, request: Request) -> Reply:
    """Done: 200 with an empty body (page, 5)."""
    return Reply(200)
