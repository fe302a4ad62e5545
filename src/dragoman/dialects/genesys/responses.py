"""Answers as this vendor gives them."""

from collections.abc import Callable
from typing import Any

from dragoman.dialects.genesys.wire.business import Mapped
from dragoman.dialects.kit import Reply, Request, json

JSON = "application/json;charset=UTF-8"

Render = Callable[[dict[str, Any], Request], Reply]


def render_json(value: Any, request: Request) -> Reply:
    """A resource, or an array of such: no paging, no envelope."""
    return Reply(200, json.encode(value), JSON)


def render_named(mapped: Mapped, kind: str) -> Callable[[Any, Request], Reply]:
    """Resources of a kind, with the names of business attributes' values where those are asked for."""
    if not any(attribute.map_names for attribute in mapped.attributes):
        return render_json

    def render(value: Any, request: Request) -> Reply:
        if isinstance(value, list):
            return render_json([mapped.shown(kind, each) for each in value], request)
        return render_json(mapped.shown(kind, value), request)

    return render


def render_text(text: str, request: Request) -> Reply:
    """A value in its client's own JSON text."""
    return Reply(200, text.encode(), JSON)


def render_nothing(_result: Any, request: Request) -> Reply:
    """Done, 200, without a body."""
    return Reply(200)


def render_no_content(_result: Any, request: Request) -> Reply:
    """Done, 204."""
    return Reply(204)


def render_created(members: dict[str, Any], request: Request) -> Reply:
    """What was made: its id."""
    return Reply(201, json.encode(members), JSON)


def created_at(folder: str, member: str) -> Render:
    """What was made, with its path under the prefix that the caller used (page, section 4 and 8)."""

    def render(members: dict[str, Any], request: Request) -> Reply:
        reply = render_created(members, request)
        reply.headers.append(("Location", f"{request.prefix}/{folder}/{members[member]}"))
        return reply

    return render
