"""Requests as the dialect sees them."""

from dragoman.dialects.kit import Request
from dragoman.domain.clock import Moment


def asked(query: str = "", body: bytes = b"", *, content_type: str = "application/json") -> Request:
    """A request with this query and body."""
    headers = {"content-type": content_type} if content_type else {}
    return Request(
        "GET",
        "/core/v2/batch/tasks",
        query_string=query,
        headers=headers,
        body=body,
        received_at=Moment(0),
        base_url="https://tasks.example",
    )
