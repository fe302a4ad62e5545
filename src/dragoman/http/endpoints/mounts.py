"""ASGI applications beside the dialects: pages, static files, the OpenAPI document.

A path that ends in a slash takes all below it, another one just itself. The head of a page's request is checked
and its body is read before the page receives it, with the same limits as any other.
"""

from collections.abc import Mapping

from dragoman.domain.errors import Expected
from dragoman.http.bodies import Source, check_body, read_body
from dragoman.http.request_checks import Refused
from dragoman.http.server.asgi import ASGIApp, Message, Receive, Send
from dragoman.http.server.sending import NOSNIFF
from dragoman.settings import Limits, Timeouts


class Pages:
    """The pages of one server, by path."""

    def __init__(self, pages: Mapping[str, ASGIApp], limits: Limits, timeouts: Timeouts) -> None:
        self._pages = dict(pages)
        self._roots = {_root(path) for path in pages if path.endswith("/")}
        self._limits = limits
        self._timeouts = timeouts

    def find(self, path: str) -> ASGIApp | None:
        """The page of a path: its own, or that of the longest folder above it."""
        page = self._pages.get(path)
        if page is not None or _root(path) not in self._roots:
            return page
        end = len(path)
        while page is None and (end := path.rfind("/", 0, end)) >= 0:
            page = self._pages.get(path[: end + 1])
        return page

    async def read(self, headers: Mapping[str, str], source: Source, receive: Receive) -> Receive:
        """A `receive` that gives the body whole. Refused when it is too large, compressed, or too slow."""
        try:
            follows = check_body(headers, self._limits.body_bytes)
            body = await read_body(source, self._limits.body_bytes, self._timeouts.body_seconds) if follows else b""
        except Expected as error:
            status = 413 if error.code == "body_too_large" else 415
            raise Refused(status, error.code, error.message) from error
        return _whole(body, receive)


class Sending:
    """A `send` that adds the headers of every response, and remembers the status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self.status = 0
        self._send = send
        self._request_id = request_id.encode()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            more = ((b"x-request-id", self._request_id), NOSNIFF)
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        await self._send(message)


def _root(path: str) -> str:
    return path[1:].partition("/")[0]


def _whole(body: bytes, receive: Receive) -> Receive:
    was_given = False

    async def once() -> Message:
        nonlocal was_given
        if was_given:
            return await receive()
        was_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once
