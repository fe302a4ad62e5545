"""Whole replies: status, tag, location, the link to the next page."""

from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from dragoman.dialects.kit import Reply, Request, json
from dragoman.dialects.kit.forms import parse_query
from dragoman.dialects.native import views as wire

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
    return f"{_kept(request.full_path, request.query_string)}{urlencode([('cursor', cursor)])}"


@lru_cache(maxsize=512)
def _kept(path: str, query_string: str) -> str:
    """What the address of the next page begins with."""
    query = parse_query(query_string)
    kept = [(name, value) for name, values in query.items() for value in values if name != "cursor"]
    return f"{quote(path)}?{urlencode(kept)}{'&' if kept else ''}"


def _with_tag(status: int, entity: Any, headers: list[tuple[str, str]]) -> Reply:
    revision = getattr(entity, "revision", None)
    if revision is not None:
        headers.append(etag(revision))
    return Reply(status, json.encode(wire.view(entity)), JSON, headers)
