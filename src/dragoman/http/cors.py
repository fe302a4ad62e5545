"""Browsers of other origins (ACCESS 9): which origins may read a dialect's replies, and what they are told.

Cookies and Basic credentials that a browser keeps never travel: `Access-Control-Allow-Credentials` is never sent.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from dragoman.dialects.kit import Reply, Request, Stream
from dragoman.domain.origins import EVERY

EXPOSED = "ETag, Location, Retry-After, X-Request-Id"
MAX_AGE_SECONDS = 600

Answer = TypeVar("Answer", Reply, Stream, Reply | Stream)


class Origins:
    """The origins that may read the replies of one dialect."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origins)
        self._every = EVERY in self._origins

    def names(self, origin: str | None) -> bool:
        """Whether this origin is named by itself, not by `*`."""
        return origin in self._origins and origin != EVERY

    def allowed(self, request: Request) -> str | None:
        """The value of `Access-Control-Allow-Origin` for this request; None where there is none."""
        if self._every:
            return EVERY
        origin = request.headers.get("origin")
        return origin if origin in self._origins else None

    def shared(self, reply: Answer, request: Request) -> Answer:
        """The reply with the headers that let an allowed origin read it."""
        allowed = self.allowed(request)
        headers = [] if self._every else [("Vary", "Origin")]
        if allowed is not None:
            headers += [("Access-Control-Allow-Origin", allowed), ("Access-Control-Expose-Headers", EXPOSED)]
        return _with_headers(reply, headers)

    def preflight(self, request: Request, methods: Iterable[str]) -> Reply | None:
        """The reply to OPTIONS on a path that takes these methods; None where it is answered as without CORS."""
        allowed, listed = self.allowed(request), ", ".join(methods)
        if allowed is None or not listed:
            return None
        headers = [
            ("Access-Control-Allow-Origin", allowed),
            ("Access-Control-Allow-Methods", listed),
            ("Access-Control-Max-Age", str(MAX_AGE_SECONDS)),
            ("Vary", "Origin"),
        ]
        asked = request.headers.get("access-control-request-headers")
        if asked:
            headers.append(("Access-Control-Allow-Headers", asked))
        return Reply(204, headers=headers)


def by_dialect(origins: Mapping[str, Iterable[str]]) -> dict[str, Origins]:
    """The dialects that have any."""
    return {name: Origins(listed) for name, listed in origins.items() if listed}


def _with_headers(reply: Answer, headers: list[tuple[str, str]]) -> Answer:
    if isinstance(reply, Stream):
        reply.headers += headers
        return reply
    return Reply(reply.status, reply.body, reply.content_type, [*reply.headers, *headers])
