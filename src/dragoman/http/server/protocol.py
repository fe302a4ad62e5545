"""uvicorn's HTTP protocol with a timeout for headers, limits of them, and a close that lets clients read the response.

A connection has `header_seconds` from its start, and again from each response, to send complete headers. It has one
timer, which checks whether its deadline has moved, so that requests need no timers.
"""

import asyncio
from typing import TYPE_CHECKING, Any, cast

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle
from uvicorn.server import ServerState

from dragoman.http.request_checks import Refused
from dragoman.http.responses import problem
from dragoman.http.server import admission
from dragoman.http.server.admission import ALWAYS, HELD_SECONDS, Seat
from dragoman.http.server.asgi import CONNECTION, Scope
from dragoman.http.server.lingering import LINGER_SECONDS, LingeringTransport
from dragoman.http.server.responding import RespondingProtocol
from dragoman.http.server.upgrades import has_body, new_parser, parser_behind_head

if TYPE_CHECKING:
    from dragoman.http.server.gateway import Gateway

GREETING_SECONDS = 1.0  # of a stopping server, for the first request of a connection


class TimedProtocol(RespondingProtocol):
    """One connection, under the limits and timeouts of the Gateway that it serves."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.gateway = cast("Gateway", config.loaded_app)
        self.limits = self.gateway.limits
        self.timeouts = self.gateway.timeouts
        self.stalled_seconds = self.timeouts.header_seconds
        self.lingers = False
        self.reads_a_message = False  # from its first byte to its last
        self._in_head = False  # from its first byte to the end of its headers
        self._head_bytes = 0
        self._unparsed = 0  # bytes of a header that isn't complete yet
        self._extensions: Any = {CONNECTION: self}
        self._unsent = 0
        self._refusal: Refused | None = None  # why the parser was stopped
        self._due: Refused | None = None  # to be sent after the responses that are due
        self._is_last_request = False  # close behind it
        self._skips_body = False  # by the parser, since an upgrade was offered
        self._seat: Seat | None = None  # of the request that is being answered
        self._held: RequestResponseCycle | None = None  # the request that waits for a seat
        self._held_at = 0.0
        self._was_refused = False  # the request that is being answered
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    # Deadlines

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._socket = transport
        self.transport = LingeringTransport(transport, self)  # type: ignore[assignment]
        self._expect_within(self.timeouts.header_seconds)
        self._check_deadline()

    def shutdown(self) -> None:
        """As uvicorn's own, but a request that is arriving, or the first one of a connection, is answered first."""
        if self.cycle is not None and not (self.cycle.response_complete and self.reads_a_message):
            super().shutdown()
            return
        self._is_last_request = True
        self._check_within(GREETING_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lingers = False
        self.reads_a_message = False
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def _expect_within(self, seconds: float) -> None:
        self._deadline = self.loop.time() + seconds

    def _check_deadline(self) -> None:
        now = self.loop.time()
        if self._deadline is not None and now >= self._deadline:
            self._time_out()
            self._timer = self.loop.call_later(LINGER_SECONDS, self._check_deadline)
        else:
            at = now + self.timeouts.header_seconds if self._deadline is None else self._deadline
            self._timer = self.loop.call_at(at, self._check_deadline)

    def _time_out(self) -> None:
        if self.transport.is_closing():
            self._socket.abort()
        elif self._in_head:
            seconds = self.timeouts.header_seconds
            self._refuse(Refused(408, "header_timeout", f"The headers were not complete within {seconds:g} seconds."))
        elif self._response_is_being_read():
            self._expect_within(self.timeouts.header_seconds)
        else:
            self.transport.close()

    def _response_is_being_read(self) -> bool:
        """Whether the client is reading a long response: part of it was sent since the last check."""
        before, self._unsent = self._unsent, self._socket.get_write_buffer_size()
        return 0 < self._unsent != before

    def linger(self, transport: asyncio.Transport) -> None:
        """Close the sending half; see LingeringTransport."""
        self.lingers = True
        transport.write_eof()
        self.flow.resume_reading()
        self._check_within(LINGER_SECONDS)

    def _check_within(self, seconds: float) -> None:
        """Set a deadline that may be earlier than the one that the timer waits for."""
        self._expect_within(seconds)
        if self._timer is not None:
            self._timer.cancel()
        self._check_deadline()

    # Receiving

    def data_received(self, data: bytes) -> None:
        if self.lingers:
            return
        try:
            self._parse(data)
        except httptools.HttpParserError:
            self._refuse_input()
        else:
            if self._in_head:
                self._count_unparsed(len(data))

    def _parse(self, data: bytes) -> None:
        rest = memoryview(data)
        while True:  # once more for each offered upgrade
            try:
                self.parser.feed_data(rest)
            except httptools.HttpParserUpgrade as offer:
                if self.scope["method"] == "CONNECT":  # what follows isn't HTTP
                    self.cycle.keep_alive = False
                    return
                rest = rest[offer.args[0] :]
                self._ignore_upgrade()
            else:
                return

    def _ignore_upgrade(self) -> None:
        if self._skips_body:
            self._skips_body = False
            self.parser = parser_behind_head(self, self.headers, self.scope["http_version"])
        else:
            self.parser = new_parser(self)

    def eof_received(self) -> bool:  # type: ignore[override]  # as asyncio has it; uvicorn always closes
        """Keep the connection of a client that has closed its sending half until its complete requests are answered.

        A request that isn't complete never will be.
        """
        cycle = self.cycle
        if self.reads_a_message and not self._in_head and self.pipeline:
            self.pipeline.popleft()
        elif cycle is None or cycle.response_complete or (self.reads_a_message and not self._in_head):
            return False
        self.reads_a_message = False
        self.is_half_closed = True
        cycle.keep_alive = False
        cycle.message_event.set()  # for `left`
        return True

    def _count_unparsed(self, size: int) -> None:
        """Count the bytes since the head began: `on_header` isn't called for a header line without an end.

        The piece in which the head began doesn't count (`_unparsed` is -1 then): they may hold an earlier body.
        """
        self._unparsed = 0 if self._unparsed < 0 else self._unparsed + size
        if self._unparsed > self.limits.header_bytes + self.limits.target_bytes:
            self._refuse(_headers_too_large())

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.reads_a_message = self._in_head = True
        self._head_bytes = 0
        self._unparsed = -1

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > self.limits.target_bytes:
            self._stop_parsing(Refused(414, "uri_too_long", "The path and query are too long."))

    def on_header(self, name: bytes, value: bytes) -> None:
        """As uvicorn's own, counting."""
        self._head_bytes += len(name) + len(value) + 4
        if self._head_bytes > self.limits.header_bytes:
            self._stop_parsing(_headers_too_large())
        if not self._in_head:
            return  # a trailer is counted and ignored
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))
        if len(self.headers) > self.limits.header_count:
            self._stop_parsing(_headers_too_large())

    def on_headers_complete(self) -> None:
        if self.lingers:
            return
        super().on_headers_complete()  # raises for an invalid target
        if self._is_last_request:
            self.cycle.keep_alive = False
        self.scope["extensions"] = self._extensions
        self._in_head = False
        self._deadline = None
        self._skips_body = self.parser.should_upgrade() and has_body(self.headers)

    def on_message_complete(self) -> None:
        if self._skips_body:
            return  # its body is still to come
        self.reads_a_message = False
        if not self.lingers:
            super().on_message_complete()

    def on_body(self, body: bytes) -> None:
        if not self.lingers:
            super().on_body(body)

    # Turns

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """As uvicorn's own, when the request is admitted; until then nothing more is read."""
        scope = cycle.scope
        if scope["path"] in ALWAYS:
            super()._start_asgi_task(cycle, app)
            return
        seat = self.gateway.admission.enter(self.gateway.shares.of(cast("Scope", scope)), self)
        if seat is None:
            self._held, self._held_at = cycle, self.loop.time()
            self.flow.pause_reading()
        else:
            self._begin(cycle, seat)

    def go_on(self, seat: Seat | None) -> None:
        """The turn of the request that was held; None: it waited for too long."""
        cycle, self._held = self._held, None
        if cycle is None or cycle.disconnected or self.transport.is_closing():
            if seat is not None:
                seat.leave()
            return
        cast("Scope", cycle.scope)[HELD_SECONDS] = self.loop.time() - self._held_at
        if not self.pipeline:
            self.flow.resume_reading()
        if seat is None:
            self._was_refused = True
            super()._start_asgi_task(cycle, cast("ASGI3Application", self.gateway.refuse))
        else:
            self._begin(cycle, seat)

    def _begin(self, cycle: RequestResponseCycle, seat: Seat) -> None:
        self._seat = seat
        task = self.loop.create_task(cycle.run_asgi(self.app))
        self.tasks.add(task)

        def ended(task: "asyncio.Task[None]") -> None:
            self.tasks.discard(task)
            seat.leave()

        task.add_done_callback(ended)

    def step_aside(self, scope: Scope) -> None:
        """The request that is being answered now waits for something else than this server."""
        if self._seat is not None:
            self._seat.leave()

    def _hear(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()

    # Sending

    def on_response_complete(self) -> None:
        """As uvicorn's own, with the deadline in place of its keep-alive timer."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self._due is not None:
            self._refuse(self._due)
        elif self.is_half_closed:
            self.transport.close()
        elif self._was_refused:
            self._was_refused = False
            self.flow.pause_reading()
            self.loop.call_later(admission.SILENCE_SECONDS, self._hear)
            self._expect_within(self.timeouts.header_seconds + admission.SILENCE_SECONDS)
        else:
            self._expect_within(self.timeouts.header_seconds)

    def _stop_parsing(self, refusal: Refused) -> None:
        self._refusal = refusal
        raise refusal

    def _refuse_input(self) -> None:
        """The input is invalid. Responses to earlier requests are sent first; nothing after it is read."""
        if self._due is not None:
            return
        refusal = self._refusal or Refused(400, "malformed_request", "This is not an HTTP/1.1 request.")
        in_body = self.reads_a_message and not self._in_head
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            if in_body:
                self.transport.close()  # the request was answered; the rest of its body is broken
            else:
                self._refuse(refusal)
        elif self.pipeline:
            if in_body:
                self.pipeline.popleft()
            self._due = refusal
        elif not in_body:
            self._due = refusal
        elif cycle.response_started:
            cycle.keep_alive = False
        else:  # for the application the client has left
            cycle.disconnected = True
            cycle.message_event.set()
            self._refuse(refusal)

    def _refuse(self, refusal: Refused) -> None:
        """Answer without the application, then close."""
        self.gateway.log_refusal(refusal)
        self.reads_a_message = True
        reply = problem(refusal.status, refusal.code, refusal.message)
        head = [STATUS_LINE[reply.status]]
        head.extend(b"%s: %s\r\n" % header for header in self.server_state.default_headers)
        head.append(b"content-type: application/problem+json\r\ncontent-length: %d\r\n" % len(reply.body))
        head.append(b"connection: close\r\n\r\n")
        self.transport.write(b"".join(head) + reply.body)
        self.transport.close()


def _headers_too_large() -> Refused:
    return Refused(431, "headers_too_large", "The headers are too many or too large.")
