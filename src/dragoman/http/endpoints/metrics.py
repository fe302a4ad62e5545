"""The page `/metrics`: the counts of all workers of this server, and the work that waits in the database.

It contains no names and no content of users, so it is public by default, like `/healthz`; `server.metrics` can require
a token with the scope `metrics.read`, or disable the page.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

from starlette.responses import Response

from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.kit.credentials import usual
from dragoman.domain.errors import Expected, Forbidden, TooMany, Unauthenticated, Unavailable
from dragoman.http import proxies
from dragoman.http.dispatcher import Backend
from dragoman.http.request_checks import read_headers
from dragoman.http.responses import problem
from dragoman.http.server.asgi import ASGIApp, Receive, Scope, Send
from dragoman.http.server.worker_sockets import WorkerSockets
from dragoman.metrics import table
from dragoman.metrics.requests import Requests
from dragoman.metrics.snapshot import Snapshot
from dragoman.usecases.background.backlog import Backlog
from dragoman.usecases.identity.scope_words import METRICS

if TYPE_CHECKING:
    from dragoman.http.server.admission import Admission

log = logging.getLogger(__name__)

PATH = "/metrics"
PATIENCE_SECONDS = 2.0
SHARE = 10
LONGEST_SECONDS = 10.0
"""A query of the database is cached for a second, or SHARE times as long as it took, but no longer than this."""
STATUS: dict[type[Expected], int] = {Unauthenticated: 401, Forbidden: 403, TooMany: 429, Unavailable: 503}


class Monitored(Backend, Protocol):
    """A backend that is monitored."""

    def measure(self, snapshot: Snapshot) -> None:
        """Add the values of this process to a snapshot."""
        ...

    async def waiting(self) -> Backlog:
        """Work that waits in the database. Unavailable when it doesn't answer."""
        ...


class Metrics:
    """The page of one process, with the counts of all workers."""

    def __init__(
        self,
        app: Monitored,
        requests: Requests,
        sockets: WorkerSockets | None = None,
        admission: "Admission | None" = None,
    ) -> None:
        self._app = app
        self._requests = requests
        self._sockets = sockets
        self._admission = admission
        self._access = app.settings.server.metrics
        self._trusted = proxies.Trusted(app.settings.server.trusted_proxies)
        self._backlog: Backlog | None = None
        self._believed_until = 0.0
        self._looks = asyncio.Lock()

    def mounts(self) -> dict[str, ASGIApp]:
        """The page by its path; empty when it is disabled."""
        return {} if self._access == "off" else {PATH: self}

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Send the counts of this process to the other workers, while the context lasts."""
        if self._sockets is None:
            yield
            return
        try:
            listener = await self._sockets.listen(self._pack)
        except OSError as error:
            log.warning("metrics.unreachable", extra={"reason": error.strerror or str(error)})
            yield  # a worker without a socket still serves requests
            return
        async with listener:
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the page, in the format that the client prefers."""
        try:
            response = await self._answer(scope)
        except Expected as refused:
            response = _response(_refusal(refused))
        await response(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            reply = problem(405, "method_not_allowed", "This path takes GET.")
            reply.headers.append(("Allow", "GET, HEAD"))
            return _response(reply)
        headers = read_headers(scope["headers"], scope["http_version"])
        if self._access == "token":
            await self._check(scope, headers)
        snapshot = await self._measure()
        if self._sockets is not None:
            for packed in await self._sockets.ask():
                snapshot.add_packed(packed)
        self._add_backlog(snapshot, await self._look())
        body, media_type = await asyncio.to_thread(_exposition().render, snapshot, headers.get("accept", ""))
        return _response(Reply(200, body, media_type, [("Cache-Control", "no-store")]))

    async def _check(self, scope: Scope, headers: dict[str, str]) -> None:
        request = Request(scope["method"], scope["path"], headers=headers, received_at=self._app.clock.now())
        credential = usual(request)
        if credential is None:
            raise Unauthenticated("credentials_missing", "Credentials are needed.")
        address = proxies.address(scope, headers, self._trusted)
        principal = await self._app.identity.principal(credential, address)
        if not principal.has_scope(METRICS):
            raise Forbidden("scope_missing", "The token needs one of: metrics.read.", scopes=tuple(METRICS))

    # The values

    async def _pack(self) -> bytes:
        return (await self._measure()).pack()

    async def _measure(self) -> Snapshot:
        exposition = await asyncio.to_thread(_exposition)  # in a thread: the first import takes a while
        snapshot = Snapshot()
        exposition.measure_process(snapshot)
        snapshot.set(table.WORKERS, 1)
        self._requests.measure(snapshot)
        if self._admission is not None:
            self._admission.measure(snapshot)
        self._app.measure(snapshot)
        return snapshot

    async def _look(self) -> Backlog | None:
        """Work that waits, or None when the database doesn't answer in time."""
        async with self._looks:
            began = self._app.clock.monotonic()
            if began >= self._believed_until:
                try:
                    self._backlog = await asyncio.wait_for(self._app.waiting(), PATIENCE_SECONDS)
                except (Unavailable, TimeoutError):
                    self._backlog = None
                now = self._app.clock.monotonic()
                self._believed_until = now + min(max(1.0, SHARE * (now - began)), LONGEST_SECONDS)
            return self._backlog

    def _add_backlog(self, snapshot: Snapshot, backlog: Backlog | None) -> None:
        snapshot.set(table.DATABASE_UP, int(backlog is not None))
        if backlog is None:
            return
        for state, count in backlog.jobs.items():
            snapshot.set(table.JOBS, count, state)
        snapshot.set(table.JOBS_OVERDUE, backlog.job_seconds)
        for timer, seconds in backlog.timer_seconds.items():
            snapshot.set(table.TIMERS_OVERDUE, seconds, timer)


def _exposition() -> ModuleType:
    from dragoman.metrics import exposition  # with the first request: importing it would delay the start

    return exposition


def _refusal(refused: Expected) -> Reply:
    reply = problem(STATUS.get(type(refused), 400), refused.code, refused.message)
    if isinstance(refused, Unauthenticated):
        reply.headers.append(("WWW-Authenticate", 'Bearer realm="dragoman"'))
    if isinstance(refused, TooMany | Unavailable):
        reply.headers.append(("Retry-After", str(refused.retry_after_seconds)))
    return reply


def _response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, {"Content-Type": reply.content_type or "", **dict(reply.headers)})
