"""The ASGI application of one process: from ASGI messages to a request, and from its reply to ASGI messages.

Pages beside the dialects are ASGI applications themselves; their requests pass the same checks.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Protocol

from dragoman.dialects.kit import Limits as BodyLimits
from dragoman.dialects.kit import Reply, Request, Stream
from dragoman.dialects.kit.request import IN_SCOPE, STREAM_IN_SCOPE
from dragoman.dialects.kit.streams import each_of
from dragoman.domain.clock import Moment
from dragoman.domain.ids import new_id
from dragoman.http import proxies
from dragoman.http.bodies import Gone
from dragoman.http.dispatcher import Backend, Dispatcher
from dragoman.http.endpoints.mounts import Pages, Sending
from dragoman.http.exchange import Exchange, without_repeated_slashes
from dragoman.http.overload import SAFE_METHODS, Overload
from dragoman.http.proxy_login import ProxyHeaders
from dragoman.http.request_checks import Refused, read_headers
from dragoman.http.responses import problem
from dragoman.http.server.admission import HELD_SECONDS, SLOW_BODY_SECONDS, Admission, Shares
from dragoman.http.server.asgi import ASGIApp, Receive, Scope, Send, connection_of
from dragoman.http.server.sending import Unsendable, send_reply, send_stream, start_of, until_gone
from dragoman.logs import Line, RequestLog

if TYPE_CHECKING:
    from dragoman.tracing.spans import Spans

PAGES = "/ui/"
FAILED = 400
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Traced(Backend, Protocol):
    """A backend whose requests may be traced."""

    @property
    def spans(self) -> "Spans | None": ...


class Gateway:
    """Serves a backend and the pages mounted beside its dialects, by path (see `endpoints/mounts.py`)."""

    def __init__(
        self,
        backend: Traced,
        *,
        requests: RequestLog | None = None,
        mounts: Mapping[str, ASGIApp] | None = None,
        admission: Admission | None = None,
    ) -> None:
        settings = backend.settings
        self.limits = settings.limits
        self.timeouts = settings.timeouts
        self.admission = admission or Admission(self.limits.in_hand, self.timeouts.turn_seconds)
        self.shares = Shares()
        self._backend = backend
        self._clock = backend.clock
        self._public_url = settings.server.public_url
        self._trusted_proxies = proxies.Trusted(settings.server.trusted_proxies)
        self._dispatcher = Dispatcher(backend)
        self._overload = Overload(self._dispatcher.router, backend.clock)
        self._body_limits = BodyLimits(
            self.limits.json_depth,
            self.limits.json_members,
            self.limits.bulk_json_members,
            self.limits.entries,
            self.limits.upload_entries,
        )
        self._requests = requests or RequestLog()
        self._proxy_headers = ProxyHeaders(settings.proxy_login, backend.clock)
        self._pages = Pages(mounts or {}, self.limits, self.timeouts)
        self._id_stem = new_id()[-12:]
        self._id_count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._backend.executor.is_full(writes=scope["method"] not in SAFE_METHODS) and await self._refuse(
            scope, send
        ):
            return
        request = Exchange(scope["method"], scope["path"], received_at=self._clock.now())
        request.source = Incoming(scope, receive)
        request.began_at = self._clock.monotonic() - scope.get(HELD_SECONDS, 0.0)
        request.deadline = request.began_at + self.timeouts.request_seconds
        reply: Reply | Stream
        try:
            self._open(request, scope)
            page = self._pages.find(request.raw_path)
            if page is not None:
                await self._show(page, request, scope, receive, send)
                return
            reply = await self._dispatcher.answer(request)
            closes = request.unread_body()
        except Refused as refused:
            reply, closes = problem(refused.status, refused.code, refused.message), True
            request.code = refused.code
            request.request_id = request.request_id or self._new_request_id()
        except Gone:
            return
        if request.principal is not None:
            self.shares.learn(scope, request.principal.tenant)
        if isinstance(reply, Stream):
            await self._stream(reply, request, scope, receive, send, close=closes)
        else:
            await self._send(reply, request, scope, send, close=closes)

    async def refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that waited for its turn for too long, as an ASGI application."""
        if not await self._refuse(scope, send):
            error = self._overload.error
            reply = problem(503, error.code, error.message)
            reply.headers.append(("Retry-After", str(error.retry_after_seconds)))
            await send_reply(send, start_of(reply, self._new_request_id(), close=True), reply, scope)

    async def _refuse(self, scope: Scope, send: Send) -> bool:
        """Refuse a request of a dialect because of overload. False for other requests."""
        path = scope["raw_path"].decode("ascii")
        refusal = self._overload.refusal(scope["method"], path, scope["headers"])
        if refusal is None:
            return False
        dialect, reply = refusal
        connection, request_id = connection_of(scope), self._new_request_id()
        is_read = connection is not None and connection.take_body(scope) is not None
        await send_reply(send, start_of(reply, request_id, close=not is_read), reply, scope)
        at = self._requests.time(self._clock.now())
        line = Line(at, "info", "http.request", request_id, scope["method"], path.partition("&")[0], reply.status)
        line.dialect, line.code = dialect.name, "queue_full"
        self._requests.add(line)
        refused = Request(scope["method"], path, received_at=self._clock.now())
        self._backend.traffic.add(line, refused, scope["query_string"].decode("latin-1"))
        return True

    def _open(self, request: Exchange, scope: Scope) -> None:
        request.raw_path = raw_path = scope["raw_path"].decode("ascii")
        if "//" in raw_path:
            request.raw_path = without_repeated_slashes(raw_path)
            scope["raw_path"] = request.raw_path.encode()
            scope["path"] = request.full_path = without_repeated_slashes(scope["path"])
        headers = read_headers(scope["headers"], scope["http_version"])
        request.headers = headers
        request.limits = self._body_limits
        request.query_string = request.raw_query = scope["query_string"].decode("latin-1")
        request.base_url = self._public_url or proxies.origin(scope, headers, self._trusted_proxies)
        request.address = proxies.address(scope, headers, self._trusted_proxies)
        request.reached_at = (scope.get("server") or ("",))[0]
        if self._proxy_headers.is_on:
            request.from_proxy = self._proxy_headers.read(scope, is_page=request.raw_path.startswith(PAGES))
        request.has_body = "content-length" in headers or "transfer-encoding" in headers
        given = headers.get("x-request-id")
        request.request_id = given if given is not None and REQUEST_ID.fullmatch(given) else self._new_request_id()
        if self._backend.spans is not None:
            request.span = self._backend.spans.request(request.method, headers, request.received_at)

    async def _send(self, reply: Reply, request: Exchange, scope: Scope, send: Send, *, close: bool) -> None:
        try:
            start = start_of(reply, request.request_id, close=close)
        except Unsendable as bug:
            reply = self._dispatcher.incident(request, bug)
            start = start_of(reply, request.request_id, close=close)
        await send_reply(send, start, reply, scope)
        self._note(request, self._log(request, reply.status), reply)

    async def _stream(
        self, stream: Stream, request: Exchange, scope: Scope, receive: Receive, send: Send, *, close: bool
    ) -> None:
        """Send a stream. What fails now cuts the connection, by which the client knows that it is incomplete."""
        pieces, connection, is_whole = each_of(stream.pieces), connection_of(scope), False
        if connection is not None:
            connection.step_aside(scope)
        if stream.waits and request.method != "HEAD":
            pieces = until_gone(
                pieces, Incoming(scope, receive).left() if connection is None else connection.left(scope)
            )
        try:
            start = start_of(stream, request.request_id, close=close or scope["http_version"] == "1.0")
            is_whole = await send_stream(send, start, pieces, scope, stream.stalled_seconds)
        except Exception as bug:  # house: ok, because this is the edge: a bug is logged with its trace
            self._dispatcher.incident(request, bug)
        finally:
            await pieces.aclose()
            if not is_whole and connection is not None:
                connection.abort(scope)
            self._note(request, self._log(request, stream.status))

    async def _show(self, page: ASGIApp, request: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        scope[IN_SCOPE] = request
        receive = await self._pages.read(request, receive)
        sending = Sending(send, request.request_id, lambda: request.incoming is not None and request.unread_body())
        try:
            await page(scope, receive, sending)
        except Exception as bug:  # house: ok, because this is the edge: a bug is answered and logged with its trace
            reply = self._dispatcher.incident(request, bug)
            if not sending.status:
                sending.status = reply.status
                await send_reply(send, start_of(reply, request.request_id, close=True), reply, {})
        broken = request.broken_off
        if broken is not None:
            raise broken if isinstance(broken, Gone) else Refused(408, "body_timeout", str(broken))
        stream: Stream | None = scope.pop(STREAM_IN_SCOPE, None)
        if stream is None or sending.status:
            self._log(request, sending.status)
        else:
            await self._stream(stream, request, scope, receive, send, close=False)

    # The request log

    def log_refusal(self, refused: Refused) -> None:
        """One line for what the protocol refused before there was a request."""
        at = self._requests.time(self._clock.now())
        self._requests.add(
            Line(at, "info", "http.refused", self._new_request_id(), status=refused.status, code=refused.code)
        )

    def _note(self, request: Exchange, line: Line, reply: Reply | None = None) -> None:
        """Keep the request for those who look at the traffic; outside all dialects only what went wrong."""
        if request.dialect is not None or line.status >= FAILED:
            self._backend.traffic.add(line, request, request.raw_query, reply)

    def _log(self, request: Exchange, status: int) -> Line:
        now: Moment = self._clock.now()
        principal = request.principal
        line = Line(
            self._requests.time(now),
            "error" if request.incident else "info",
            "http.request",
            request.request_id,
            request.method,
            request.raw_path.partition("&")[0],  # some clients write & for the first ?; what follows may hold a token
            status,
            round((self._clock.monotonic() - request.began_at - request.waited) * 1000, 3),
            "" if request.dialect is None else request.dialect.name,
            "" if request.operation is None else request.operation.name,
            0 if principal is None else principal.tenant,
            "" if principal is None else principal.login,
            request.incident,
            request.code,
            request.ignored,
        )
        self._requests.add(line)
        if self._backend.spans is not None and request.span is not None:
            route = "" if request.operation is None else request.prefix + request.operation.path
            self._backend.spans.answered(request.span, line, route, now)
        return line

    def _new_request_id(self) -> str:
        self._id_count += 1
        return f"{self._id_stem}-{self._id_count:x}"


class Incoming:
    """The body of a request as the server below receives it."""

    __slots__ = ("_receive", "_scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive

    def arrived(self) -> bytes | None:
        connection = connection_of(self._scope)
        return None if connection is None else connection.take_body(self._scope)

    def waits(self) -> None:
        """The request waits for something else than this server."""
        connection = connection_of(self._scope)
        if connection is not None:
            connection.step_aside(self._scope)

    async def left(self) -> None:
        """Wait until the client has left, once its body was read."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def pieces(self) -> AsyncIterator[bytes]:
        slow = asyncio.get_running_loop().call_later(SLOW_BODY_SECONDS, self.waits)
        try:
            async for piece in self._pieces():
                yield piece
        finally:
            slow.cancel()

    async def _pieces(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Gone
            more = message.get("more_body", False)
            yield message.get("body", b"")
