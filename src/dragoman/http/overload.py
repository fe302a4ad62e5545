"""Overload: while the queues are full, requests are refused before anything of them is processed.

The refusal has the shape of the dialect. It is rendered once for each dialect and format, so that it costs less than a
tenth of an ordinary reply.
"""

from collections.abc import Iterable

from dragoman.dialects.kit import Dialect, Reply, Request
from dragoman.domain.clock import Clock
from dragoman.domain.errors import Expected, Unavailable
from dragoman.http.router import Router

SAFE_METHODS = frozenset({"GET", "HEAD"})
FORMAT_HEADERS = {b"accept": "accept", b"content-type": "content-type"}
MOST_FORMATS = 256

Headers = Iterable[tuple[bytes, bytes]]


class Overload:
    """The refusals of one process."""

    def __init__(self, router: Router, clock: Clock) -> None:
        self._router = router
        self._clock = clock
        self._rendered: dict[tuple[object, ...], Reply] = {}
        self.error = Unavailable("queue_full", "Too many requests wait already; nothing was changed.")

    def refusal(self, method: str, path: str, headers: Headers) -> tuple[Dialect, Reply] | None:
        """The reply to a request of a dialect; None for other paths, which are answered as usual."""
        place = self._router.place(path)
        if place is None:
            return None
        dialect = place[0].dialect
        wanted = {name: value for raw, value in headers if (name := FORMAT_HEADERS.get(raw)) is not None}
        key = (dialect.name, path[-5:] if "." in path[-5:] else "", *wanted.values())
        reply = self._rendered.get(key)
        if reply is None:
            reply = self._render(method, path, {name: value.decode("latin-1") for name, value in wanted.items()})
            if reply is not None and len(self._rendered) < MOST_FORMATS:
                self._rendered[key] = reply
        return None if reply is None else (dialect, reply)

    def _render(self, method: str, path: str, headers: dict[str, str]) -> Reply | None:
        request = Request(method, path, headers=headers, received_at=self._clock.now())
        place = self._router.place(path)
        if place is None:
            return None
        table, request.prefix = place
        request.dialect = table.dialect
        try:
            table.find(request, path[len(request.prefix) :])
        except Expected:
            return None
        return table.dialect.error(self.error, request)
