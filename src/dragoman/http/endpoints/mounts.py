"""ASGI applications beside the dialects: pages, static files, the OpenAPI document.

A path that ends in a slash takes all below it, another one just itself. The head of a page's request is checked
and its body is read before the page receives it, with the same limits as any other; but for a form that may have files,
which the page reads as it arrives.
"""

from collections.abc import Callable, Mapping

from dragoman.dialects.kit.forms import FORM_WITH_FILES
from dragoman.domain.errors import Expected
from dragoman.http.bodies import check_body, read_body
from dragoman.http.exchange import Exchange
from dragoman.http.request_checks import Refused
from dragoman.http.server.asgi import ASGIApp, Message, Receive, Send
from dragoman.http.server.sending import CLOSE, NOSNIFF
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

    async def read(self, request: Exchange, receive: Receive) -> Receive:
        """A `receive` that gives the body whole; of a form that may have files nothing, which is `request.incoming`.
        Refused when it is too large (413), compressed, or too slow."""
        most, seconds = self._limits.body_bytes, self._timeouts.body_seconds
        try:
            if has_files(request.headers):
                request.open_body(seconds)
                body = b""
            else:
                has_body = check_body(request.headers, most)
                body = await read_body(request.source, most, seconds) if has_body else b""
        except Expected as error:
            status = 413 if error.code == "body_too_large" else 415
            raise Refused(status, error.code, error.message) from error
        return whole(body, receive)


def has_files(headers: Mapping[str, str]) -> bool:
    """Whether the body is a form that may have files."""
    return headers.get("content-type", "").lower().startswith(FORM_WITH_FILES)


class Sending:
    """A `send` that adds the headers of every response, and remembers the status.

    Where the body `is_unread` by then, the connection ends behind the response.
    """

    def __init__(self, send: Send, request_id: str, is_unread: Callable[[], bool]) -> None:
        self.status = 0
        self._is_unread = is_unread
        self._send = send
        self._request_id = request_id.encode()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            more = ((b"x-request-id", self._request_id), NOSNIFF)
            message = {
                **message,
                "headers": [*message.get("headers", ()), *more, *([CLOSE] if self._is_unread() else ())],
            }
        await self._send(message)


def _root(path: str) -> str:
    return path[1:].partition("/")[0]


def whole(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives this body at once."""
    was_given = False

    async def once() -> Message:
        nonlocal was_given
        if was_given:
            return await receive()
        was_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once
