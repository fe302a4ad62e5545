"""Whole replies: status, tag, location, the link to the next page."""

from typing import Any
from urllib.parse import quote, urlencode

from dragoman.dialects._kit import Reply, Request, json
from dragoman.dialects.native import wire

JSON = "application/json"


def one(entity: Any, request: Request) -> Reply:
    """200 with the entity, and its tag when it has revisions."""
    return _with_tag(200, entity, [])


def made(entity: Any, request: Request) -> Reply:
    """201 with the entity and where it is."""
    key = getattr(entity, "uid", None) or entity.number
    return _with_tag(201, entity, [("Location", f"{request.full_path}/{key}")])


def gone(entity: Any, request: Request) -> Reply:
    """204."""
    return Reply(204)


def etag(revision: int) -> tuple[str, str]:
    """The header by which a client names this state."""
    return "ETag", f'"{revision}"'


def plain(value: Any, headers: list[tuple[str, str]] | None = None) -> Reply:
    """200 with a value that is already as it shall be shown."""
    return Reply(200, json.encode(value), JSON, headers or [])


def next_link(request: Request, cursor: str) -> str:
    """The next page of the same list."""
    kept = [(name, value) for name, values in request.query.items() for value in values if name != "cursor"]
    return f"{quote(request.full_path)}?{urlencode([*kept, ('cursor', cursor)])}"


def _with_tag(status: int, entity: Any, headers: list[tuple[str, str]]) -> Reply:
    revision = getattr(entity, "revision", None)
    if revision is not None:
        headers.append(etag(revision))
    return Reply(status, json.encode(wire.view(entity)), JSON, headers)
