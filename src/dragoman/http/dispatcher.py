"""From a request to its answer: gate, route, credentials, scope, parse, submit, render, send, log.

Errors that are expected are told in the dialect's own shape. Anything else is a bug: the client gets an incident's id
and nothing more, the log gets the trace.
"""

import asyncio
import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from dragoman.dialects.kit import PUBLIC, Dialect, OperationSpec, Reply, Request
from dragoman.dialects.kit import Limits as BodyLimits
from dragoman.dialects.kit.credentials import usual
from dragoman.domain.clock import Clock, Moment
from dragoman.domain.errors import Expected, Forbidden, Unauthenticated
from dragoman.domain.ids import new_id
from dragoman.http import proxies
from dragoman.http.authentication import check_site
from dragoman.http.endpoints import health
from dragoman.http.endpoints.mounts import Pages, Sending
from dragoman.http.rate_limits import Rates
from dragoman.http.request_checks import (
    ASGIApp,
    Gone,
    Receive,
    Refused,
    Scope,
    Send,
    body_at_hand,
    check_body,
    decompress,
    problem,
    read_body,
    read_headers,
)
from dragoman.http.responses import Unsendable, send_reply, start_of, with_allow, with_header
from dragoman.http.router import Router, Table
from dragoman.logs import Line, RequestLog
from dragoman.runtime.identity import Identity
from dragoman.settings import Settings

if TYPE_CHECKING:
    from dragoman.tracing.spans import Spans

log = logging.getLogger(__name__)

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class OperationExecutor(Protocol):
    """Runs operations of dialects."""

    async def execute(self, operation: OperationSpec, request: Request) -> Reply:
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
    def spans(self) -> "Spans | None": ...

    def ready(self) -> bool:
        """Whether requests can be served."""
        ...


class Exchange(Request):
    """A request together with what only this layer knows of it."""

    has_body = False
    body_was_read = False
    began = 0.0
    incident = ""
    code = ""
    scope: Scope

    def must_close(self) -> bool:
        """Whether bytes of this request may still be coming, which the next one would have to wait for."""
        return self.has_body and not self.body_was_read


class Dispatcher:
    """The ASGI application of one process. `mounts` are pages beside the dialects, by path (see `pages.py`)."""

    def __init__(
        self, app: Backend, *, requests: RequestLog | None = None, mounts: Mapping[str, ASGIApp] | None = None
    ) -> None:
        self.limits = app.settings.limits
        self.timeouts = app.settings.timeouts
        self._app = app
        self._settings = app.settings
        self._trusted_proxies = proxies.Trusted(self._settings.server.trusted_proxies)
        self._clock = app.clock
        self._router = Router(app.dialects)
        self._rates = Rates(app.settings.limits)
        self._body_limits = BodyLimits(
            self.limits.json_depth, self.limits.json_members, self.limits.bulk_json_members, self.limits.entries
        )
        self._requests = requests or RequestLog()
        self._pages = Pages(mounts or {}, self.limits, self.timeouts)
        self._id_stem = new_id()[-12:]
        self._id_count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Exchange(scope["method"], scope["path"], received_at=self._clock.now())
        request.began = self._clock.monotonic()
        request.deadline = request.began + self.timeouts.request_seconds
        path = scope["raw_path"].decode("ascii")
        try:
            self._open(request, scope)
            page = self._pages.find(path)
            if page is not None:
                return await self._show(page, request, scope, receive, send)
            reply = await self._answer(request, path, receive)
            closes = request.must_close()
        except Refused as refused:
            reply, closes = problem(refused.status, refused.code, refused.message), True
            request.code = refused.code
            request.request_id = request.request_id or self._new_request_id()
        except Gone:
            return None
        try:
            start = start_of(reply, request.request_id, close=closes)
        except Unsendable as bug:
            reply = self._incident(request, bug)
            start = start_of(reply, request.request_id, close=closes)
        await send_reply(send, start, reply, scope)
        return self._log(request, path, reply.status)

    # One request

    def _open(self, request: Exchange, scope: Scope) -> None:
        headers = read_headers(scope)
        request.scope = scope
        request.headers = headers
        request.limits = self._body_limits
        request.query_string = scope["query_string"].decode("latin-1")
        trusted = self._trusted_proxies
        request.base_url = self._settings.server.public_url or proxies.origin(scope, headers, trusted)
        request.address = proxies.address(scope, headers, trusted)
        request.has_body = "content-length" in headers or "transfer-encoding" in headers
        given = headers.get("x-request-id")
        request.request_id = given if given is not None and REQUEST_ID.fullmatch(given) else self._new_request_id()
        if self._app.spans is not None:
            request.span = self._app.spans.request(request.method, headers, request.received_at)

    async def _answer(self, request: Exchange, path: str, receive: Receive) -> Reply:
        place = self._router.place(path)
        if place is None:
            return self._outside(request, path)
        table, request.prefix = place
        request.dialect = dialect = table.dialect
        try:
            try:
                return await self._within(request, table, path[len(request.prefix) :], receive)
            except Expected as error:
                request.code = error.code
                return with_allow(dialect.error(error, request), error)
        except (Refused, Gone):
            raise
        except Exception as bug:  # house: ok, because this is the edge: a bug is answered and logged with its trace
            return self._incident(request, bug)

    async def _within(self, request: Exchange, table: Table, below: str, receive: Receive) -> Reply:
        """An answer of a dialect. The order of checks is that of its pages: path, credentials, action, body."""
        dialect = table.dialect
        if request.method == "OPTIONS" and dialect.preflight is not None:
            return dialect.preflight(request)
        try:
            operation = table.find(request, below)
        except Expected:
            if dialect.credentials_first:
                await self._identify(request, dialect, None, receive)
            raise
        if operation is None or operation.scopes != PUBLIC:
            await self._identify(request, dialect, operation, receive)
        else:
            check_site(request, None, changes=operation.writes)
            request.principal = self._app.identity.anonymous()
        if request.is_tunnelled and _is_form(request):
            await self._read(request, dialect, operation, receive)
            request.join_form()
            operation = table.find(request, below)
            _check_scope(request, operation)
        if operation is None:
            raise table.explain(request, below)
        if request.has_body:
            await self._read(request, dialect, operation, receive)
        if self._rates.enabled and operation.writes and request.principal is not None:
            with self._rates.change(request.principal.credential):
                return await self._app.executor.execute(operation, request)
        return await self._app.executor.execute(operation, request)

    async def _identify(
        self, request: Exchange, dialect: Dialect, operation: OperationSpec | None, receive: Receive
    ) -> None:
        """Put the principal on the request: known, not sent by another site, with a scope, and not too often."""
        if operation is not None and operation.credentials is not None:
            await self._read(request, dialect, operation, receive)
            credential = operation.credentials(request)
        else:
            find = dialect.find_credentials or usual
            credential = find(request)
            if credential is None and find is not usual and _is_form(request):
                await self._read(request, dialect, operation, receive)
                credential = find(request)
        if credential is None:
            raise Unauthenticated("credentials_missing", "Credentials are needed.")
        check_site(request, credential, changes=operation is not None and operation.writes)
        principal = self._app.identity.known(credential)
        if principal is None:
            principal = await self._app.identity.principal(credential, request.address)
        request.principal = principal
        _check_scope(request, operation)
        if self._rates.enabled:
            self._rates.take(principal.credential, self._clock.monotonic())

    async def _read(
        self, request: Exchange, dialect: Dialect, operation: OperationSpec | None, receive: Receive
    ) -> None:
        if request.body_was_read:
            return
        limit = self._most_bytes(operation)
        if check_body(request.headers, limit, gzip=dialect.gzip):
            body = body_at_hand(request.scope, limit)
            if body is None:
                body = await read_body(receive, limit, self.timeouts.body_seconds)
            request.body_was_read = True
            zipped = request.headers.get("content-encoding", "").lower() == "gzip"
            request.body = await asyncio.to_thread(decompress, body, limit) if zipped else body

    def _most_bytes(self, operation: OperationSpec | None) -> int:
        if operation is not None and operation.is_bulk:
            return self.limits.bulk_body_bytes
        return (operation and operation.body_limit) or self.limits.body_bytes

    # Beside the dialects

    def _outside(self, request: Exchange, path: str) -> Reply:
        if request.method not in ("GET", "HEAD"):
            if path == "/" or path in health.PATHS:
                return with_header(problem(405, "method_not_allowed", "This path takes GET."), "Allow", "GET, HEAD")
        elif path in health.PATHS:
            return health.answer(path, self._app.ready)
        elif path == "/":
            return Reply(302, headers=[("Location", "/ui/")])
        return problem(404, "unknown_path", "There is nothing at this path.")

    async def _show(self, page: ASGIApp, request: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        sending = Sending(send, request.request_id)
        receive = await self._pages.read(request.headers, receive)
        try:
            await page(scope, receive, sending)
        except Exception as bug:  # house: ok, because this is the edge: a bug is answered and logged with its trace
            reply = self._incident(request, bug)
            if not sending.status:
                sending.status = reply.status
                await send_reply(send, start_of(reply, request.request_id, close=True), reply, {})
        self._log(request, scope["raw_path"].decode("ascii"), sending.status)

    # What is told and noted

    def _incident(self, request: Exchange, bug: Exception) -> Reply:
        """The answer to a bug: its id and nothing else."""
        request.incident = incident = new_id()
        operation = request.operation.name if request.operation else ""
        facts = {"incident": incident, "request": request.request_id, "operation": operation}
        log.error("request.failed", exc_info=bug, extra=facts)
        if request.dialect is not None:
            try:
                return request.dialect.incident(incident, request)
            except Exception:  # house: ok, because whatever fails here, the client still gets the incident's id
                log.exception("incident.failed", extra=facts)
        return problem(500, "incident", "Something went wrong here; it was logged.", incident=incident)

    def log_refusal(self, refused: Refused) -> None:
        """One line for what the protocol refused before there was a request."""
        at = self._requests.time(self._clock.now())
        self._requests.add(
            Line(at, "info", "http.refused", self._new_request_id(), status=refused.status, code=refused.code)
        )

    def _log(self, request: Exchange, path: str, status: int) -> None:
        now: Moment = self._clock.now()
        principal = request.principal
        line = Line(
            self._requests.time(now),
            "error" if request.incident else "info",
            "http.request",
            request.request_id,
            request.method,
            path.partition("&")[0],  # some clients write & where ? belongs; what follows may hold a token
            status,
            round((self._clock.monotonic() - request.began) * 1000, 3),
            "" if request.dialect is None else request.dialect.name,
            "" if request.operation is None else request.operation.name,
            0 if principal is None else principal.tenant,
            "" if principal is None else principal.login,
            request.incident,
            request.code,
        )
        self._requests.add(line)
        if self._app.spans is not None and request.span is not None:
            route = "" if request.operation is None else request.prefix + request.operation.path
            self._app.spans.answered(request.span, line, route, now)

    def _new_request_id(self) -> str:
        self._id_count += 1
        return f"{self._id_stem}-{self._id_count:x}"


def _check_scope(request: Request, operation: OperationSpec | None) -> None:
    principal = request.principal
    if operation is not None and principal is not None and not principal.has_scope(operation.scopes):
        scopes = tuple(sorted(operation.scopes))
        raise Forbidden("scope_missing", f"The token needs one of: {', '.join(scopes)}.", scopes=scopes)


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() in FORMS
