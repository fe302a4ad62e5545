"""From a request to its reply: route, authenticate, check the scope, read the body, execute.

Expected errors are rendered in the dialect's own shape. Anything else is a bug: the client gets the id of an incident
and nothing more, the log gets the trace.
"""

import logging
from contextlib import suppress
from functools import partial
from typing import Protocol

from dragoman.dialects.kit import Dialect, OperationSpec, Reply, Request, Stream
from dragoman.dialects.kit.conditions import not_modified
from dragoman.dialects.kit.inner import InnerCall
from dragoman.dialects.kit.streams import primed, whole
from dragoman.domain.clock import Clock
from dragoman.domain.errors import Expected
from dragoman.domain.ids import new_id
from dragoman.http.authentication import Authentication, check_scope
from dragoman.http.bodies import Gone
from dragoman.http.cors import Origins, by_dialect
from dragoman.http.endpoints import fixed
from dragoman.http.exchange import Exchange
from dragoman.http.inner import NOT_THERE, exchange_of
from dragoman.http.rate_limits import Rates
from dragoman.http.request_checks import Refused
from dragoman.http.responses import problem, with_allow
from dragoman.http.router import Router, Table
from dragoman.runtime.identity import Identity
from dragoman.runtime.traffic import Traffic
from dragoman.settings import Settings

log = logging.getLogger(__name__)


class OperationExecutor(Protocol):
    """Runs operations of dialects."""

    def is_full(self, *, writes: bool) -> bool:
        """Whether too many requests wait."""
        ...

    async def execute(self, operation: OperationSpec, request: Request) -> Reply | Stream:
        """Parse, run and render. Raises Expected; Unavailable when the deadline passed before it ran."""
        ...


class Backend(Protocol):
    """What is served over HTTP."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def dialects(self) -> tuple[Dialect, ...]: ...
    @property
    def executor(self) -> OperationExecutor: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def traffic(self) -> Traffic: ...

    def ready(self) -> bool:
        """Whether requests can be served."""
        ...


class Dispatcher:
    """Answers requests, whatever transport they come by."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.router = Router(backend.dialects)
        self._rates = Rates(backend.settings.limits)
        self._origins = _origins_of(backend)
        self._authentication = Authentication(
            backend.identity, self._rates, backend.clock, backend.settings, self._origins
        )
        self._limits = backend.settings.limits
        self._body_seconds = backend.settings.timeouts.body_seconds

    async def answer(self, request: Exchange) -> Reply | Stream:
        """The reply to a request. Raises Refused or Gone when its body can't be read."""
        place = self.router.place(request.raw_path)
        if place is None:
            beside = self.router.beside(request.raw_path)
            if beside is not None and request.method in ("GET", "HEAD"):
                return beside(request)
            return fixed.answer(request.method, request.raw_path, self._backend.ready)
        table, request.prefix = place
        request.dialect = table.dialect
        origins = self._origins.get(table.dialect.name)
        if origins is None:
            return await self._answer(request, table)
        if request.method == "OPTIONS" and table.dialect.preflight is None:
            preflight = origins.preflight(request, table.methods(request, request.raw_path[len(request.prefix) :]))
            if preflight is not None:
                return preflight
        return origins.shared(await self._answer(request, table), request)

    async def _answer(self, request: Exchange, table: Table) -> Reply | Stream:
        dialect = table.dialect
        try:
            try:
                reply = await self._within(request, table, request.raw_path[len(request.prefix) :])
                if isinstance(reply, Stream):
                    return reply if request.method == "HEAD" else await primed(reply)
                if "if-none-match" in request.headers:
                    return not_modified(reply, request.method, request.headers)
                return reply
            except Expected as error:
                request.code = error.code
                return with_allow(dialect.error(error, request), error)
        except (Refused, Gone):
            raise
        except Exception as bug:  # house: ok, because this is the edge: a bug is answered and logged with its trace
            return self.incident(request, bug)

    async def _within(self, request: Exchange, table: Table, below: str) -> Reply | Stream:
        """A reply of a dialect. The order of checks is that of its page: path, credentials, action, body."""
        dialect = table.dialect
        if request.method == "OPTIONS" and dialect.preflight is not None:
            return dialect.preflight(request)
        try:
            operation = table.find(request, below)
        except Expected:
            if dialect.credentials_first:
                await self._authentication.authenticate(request, dialect, None)
            elif dialect.tells_users:
                with suppress(Expected):
                    await self._authentication.authenticate(request, dialect, None)
            raise
        await self._authentication.authenticate(request, dialect, operation)
        if request.is_tunnelled and request.is_form():
            await request.read_body(operation, self._limits, self._body_seconds)
            request.join_form()
            operation = table.find(request, below)
            check_scope(request, operation)
        if operation is None:
            raise table.explain(request, below)
        if operation.streamed is not None and operation.streamed.takes(request):
            request.open_body(self._body_seconds)
        elif request.has_body:
            await request.read_body(operation, self._limits, self._body_seconds)
        if operation.sends_inner_calls:
            request.send = partial(self._send, request)
        if self._rates.enabled and operation.writes and request.principal is not None:
            with self._rates.change(request.principal.credential):
                return await self._backend.executor.execute(operation, request)
        return await self._backend.executor.execute(operation, request)

    async def _send(self, outer: Exchange, call: InnerCall) -> Reply | None:
        """The reply to an inner call, which takes from the rate of its principal as a request does."""
        began_at = self._backend.clock.monotonic()
        request = exchange_of(outer, call, self._backend.clock.now(), began_at)
        place = self.router.place(request.raw_path)
        if place is None or place[0].dialect is not outer.dialect:
            return None
        table, request.prefix = place
        request.dialect = table.dialect
        try:
            if self._rates.enabled and outer.principal is not None:
                self._rates.take(outer.principal.credential, began_at)
        except Expected as error:
            return table.dialect.error(error, request)
        answer = await self._answer(request, table)
        reply = await whole(answer) if isinstance(answer, Stream) else answer
        return None if request.code in NOT_THERE else reply

    def incident(self, request: Exchange, bug: Exception) -> Reply:
        """The reply to a bug: its id and nothing else."""
        request.incident = incident = new_id()
        operation = request.operation.name if request.operation else ""
        facts = {"incident": incident, "request": request.request_id, "operation": operation}
        log.error("request.failed", exc_info=bug, extra=facts)
        if request.dialect is not None:
            try:
                return request.dialect.incident(incident, request)
            except Exception:  # house: ok, because whatever fails here, the client still gets the incident's id
                log.exception("incident.failed", extra=facts)
        return problem(500, "incident", "An unexpected error was logged.", incident=incident)


def _origins_of(backend: Backend) -> dict[str, Origins]:
    """The origins that may read each dialect's replies, where there are any."""
    settings = backend.settings
    listed = {dialect.name: settings.of_dialect(dialect.name).get("cors_origins", ()) for dialect in backend.dialects}
    return by_dialect({**listed, "native": settings.native.cors_origins})
