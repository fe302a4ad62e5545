"""Requests to the dialects within one process: without a server, transport or credentials. For the demonstration and
for tests."""

import asyncio
from collections.abc import Iterable, Mapping

from dragoman.dialects.kit import Dialect, Reply, Request, Stream
from dragoman.dialects.kit.streams import whole
from dragoman.domain.access import Principal
from dragoman.domain.errors import NotFound
from dragoman.http.router import Router
from dragoman.runtime.executor import Executor


class LocalClient:
    """Sends requests for any principal."""

    def __init__(self, dialects: Iterable[Dialect], executor: Executor, base_url: str = "") -> None:
        self.router = Router(dialects)
        self._executor = executor
        self._base_url = base_url

    def request(
        self,
        method: str,
        target: str,
        principal: Principal,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Request:
        """A request as handlers get it; `headers` by their names in lower case."""
        path, _, query = target.partition("?")
        at = self._executor.clock.now()
        request = Request(method, path, query_string=query, headers=headers, body=body, received_at=at)
        request.base_url, request.principal = self._base_url, principal
        return request

    def execute(self, request: Request) -> Reply:
        """The reply. Raises what the dialect refuses."""
        place = self.router.place(request.full_path)
        if place is None:
            raise NotFound("unknown_path", f"There is nothing at {request.full_path}.")
        table, request.prefix = place
        request.dialect = table.dialect
        below = request.full_path[len(request.prefix) :]
        operation = table.find(request, below)
        if operation is None:
            raise table.explain(request, below)
        reply = self._executor.execute_now(operation, request)
        return asyncio.run(whole(reply)) if isinstance(reply, Stream) else reply

    def send(
        self,
        method: str,
        target: str,
        principal: Principal,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Make a request and execute it."""
        return self.execute(self.request(method, target, principal, body, headers))
