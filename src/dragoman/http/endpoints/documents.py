"""The OpenAPI documents of the vendors' dialects. They are public, like that of the native API."""

import asyncio
from collections.abc import Iterable, Mapping
from functools import cache

from dragoman.dialects.kit import Dialect, Reply, json
from dragoman.http.openapi.document import document
from dragoman.http.responses import problem, with_header
from dragoman.http.server.asgi import ASGIApp, Receive, Scope, Send

NATIVE = "native"
"""The dialect that serves its own document, at /v1/openapi.json."""


def documents(dialects: Iterable[Dialect]) -> Mapping[str, ASGIApp]:
    """Path -> the page with a document. Each document is made once, with its first request."""
    return {f"/v1/openapi/{dialect.name}.json": _page(dialect) for dialect in dialects if dialect.name != NATIVE}


def _page(dialect: Dialect) -> ASGIApp:
    @cache
    def text() -> bytes:
        return json.encode(document(dialect))

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in ("GET", "HEAD"):
            reply = Reply(200, await asyncio.to_thread(text), "application/json")
        else:
            reply = with_header(problem(405, "method_not_allowed", "This path takes GET."), "Allow", "GET, HEAD")
        await _send(reply, send)

    return page


async def _send(reply: Reply, send: Send) -> None:
    pairs = {"Content-Type": reply.content_type or "", "Content-Length": str(len(reply.body)), **dict(reply.headers)}
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
