"""Requests as the dialect sees them, for tests."""

from dragoman.dialects.kit import Request
from dragoman.domain.clock import Moment


def ask(
    method: str = "POST",
    *,
    query: str = "",
    body: str | bytes = b"",
    content_type: str | None = None,
    taskid: str = "",
    extension: str = "",
    **headers: str,
) -> Request:
    """A request of these parts; underscores in the names of headers stand for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type is not None:
        named["content-type"] = content_type
    raw = body.encode() if isinstance(body, str) else body
    if raw:
        named["content-length"] = str(len(raw))
    request = Request(
        method, "/api/2.0/crm/task", query_string=query, headers=named, body=raw, received_at=Moment(0),
        base_url="http://portal.example",
    )  # fmt: skip
    request.path = {"taskid": taskid} if taskid else {}
    request.extension = extension
    return request
