"""Answers without a shape of their own."""

from dragoman.dialects._kit import Reply, Request


def empty(result: object, request: Request) -> Reply:
    """200 with an empty body: it was done (page, 5)."""
    return Reply(200)
