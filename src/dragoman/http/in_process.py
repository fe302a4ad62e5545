"""Requests that change nothing, sent through the dispatcher within the process, for a principal who needs no
credentials: for pages that show what a dialect replies."""

from collections.abc import Mapping
from functools import cached_property
from urllib.parse import unquote

from dragoman.dialects.kit import Stream
from dragoman.dialects.kit.streams import whole
from dragoman.domain.access import Principal
from dragoman.domain.ids import new_id
from dragoman.http.dispatcher import Backend, Dispatcher
from dragoman.http.exchange import Exchange
from dragoman.http.server.sending import start_of
from dragoman.runtime.asking import Asked

OF_THE_EXCHANGE = b"x-request-id"
"""A header that another request for the same would have another value of."""


class InProcess:
    """The `Asks` of a backend. Its dispatcher is made when it is first asked."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @cached_property
    def _dispatcher(self) -> Dispatcher:
        return Dispatcher(self._backend)

    async def ask(self, target: str, principal: Principal, base_url: str, headers: Mapping[str, str]) -> Asked:
        """GET a target as this principal. Errors are replies in the shape of the dialect."""
        host = base_url.partition("://")[2]
        path, _, query = target.partition("?")
        sent = {"host": host, **{name.lower(): value for name, value in headers.items()}}
        request = Exchange(
            "GET", unquote(path), query_string=query, headers=sent, received_at=self._backend.clock.now()
        )
        request.raw_path, request.base_url, request.acts_as = path, base_url, principal
        request.request_id = new_id()
        request.began_at = self._backend.clock.monotonic()
        request.deadline = request.began_at + self._backend.settings.timeouts.request_seconds
        answer = await self._dispatcher.answer(request)
        reply = await whole(answer) if isinstance(answer, Stream) else answer
        start = start_of(reply, request.request_id)
        got = [(name, value) for name, value in start["headers"] if name != OF_THE_EXCHANGE]
        return Asked(
            "GET",
            target,
            tuple((name.title(), value) for name, value in sent.items()),
            reply.status,
            tuple((name.decode().title(), value.decode("latin-1")) for name, value in got),
            reply.body,
            request.code,
            "" if request.operation is None else request.operation.name,
        )
