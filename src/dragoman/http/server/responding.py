"""What `sending` needs of a connection beyond ASGI: bodies that have arrived, responses in one write, backpressure."""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from dragoman.http.server.asgi import Message, Scope
from dragoman.http.server.sending import CLOSE


class RespondingProtocol(HttpToolsProtocol):
    """The `Connection` of `asgi`. `stalled_seconds` is how long a client may read nothing of a stream."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.stalled_seconds = 10.0
        self.is_half_closed = False  # by the client
        self._socket: asyncio.Transport
        self._dated: list[tuple[bytes, bytes]] | None = None
        self._date_line = b""

    def take_body(self, scope: Scope) -> bytes | None:
        """The whole body of a request, once, if it has arrived. None: it must be received by messages."""
        cycle = self.cycle
        if cycle.scope is not scope or cycle.more_body or cycle.disconnected or self.flow.read_paused:
            return None
        body, cycle.body = bytes(cycle.body), bytearray()
        return body

    def begin(self, scope: Scope, start: Message) -> bool:
        """Send a head whose body follows by `write`, until `end`. False: a pipelined request, or a client that left."""
        cycle = self.cycle
        if cycle.scope is not scope or cycle.response_started or cycle.disconnected:
            return False
        self._write_head(cycle, start, b"")
        return True

    def answer_whole(self, scope: Scope, start: Message, body: bytes) -> bool:
        """Send head and body in one write, without the checks that `sending.py` has made already.

        False: send them by messages, for a pipelined request or a client that reads too slowly. This is the hot path;
        uvicorn's `send` does the same work twice, and matches each header with two expressions.
        """
        cycle = self.cycle
        if cycle.scope is not scope or cycle.response_started or cycle.disconnected or self.flow.write_paused:
            return False
        self._write_head(cycle, start, body)
        self._finish(cycle)
        return True

    def _write_head(self, cycle: RequestResponseCycle, start: Message, body: bytes) -> None:
        headers = start["headers"]
        if CLOSE in headers:
            cycle.keep_alive = False
        elif not cycle.keep_alive:
            headers.append(CLOSE)
        lines = [b"%b: %b\r\n" % header for header in headers]
        cycle.response_started = True
        cycle.waiting_for_100_continue = False
        self.transport.write(b"".join((STATUS_LINE[start["status"]], self._date(), *lines, b"\r\n", body)))

    def write(self, piece: bytes) -> None:
        """Send more of a body that ends with the connection, for a client of HTTP/1.0, which knows no chunks."""
        self.transport.write(piece)

    def end(self, scope: Scope) -> None:
        """The response is complete."""
        self._finish(self.cycle)

    def _finish(self, cycle: RequestResponseCycle) -> None:
        cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def is_gone(self, scope: Scope) -> bool:
        """Whether the client of this request has left."""
        return self.cycle.scope is scope and self.cycle.disconnected

    def abort(self, scope: Scope) -> None:
        """Cut the connection in the middle of a response."""
        self.cycle.disconnected = True
        self._socket.abort()

    async def left(self, scope: Scope) -> None:
        """Wait until the client of this request, whose body was read, has left.

        One that has closed its sending half counts as gone: before two writes to it have failed, nothing tells it from
        one that has closed both, and a stream that is silent would be kept for it until then.
        """
        cycle = self.cycle
        while cycle.scope is scope and not cycle.disconnected and not self.is_half_closed:
            cycle.message_event.clear()
            await cycle.message_event.wait()

    async def drain(self, stalled_seconds: float | None = None) -> bool:
        """Wait until the client has read most of what was sent. False when it reads nothing for `stalled_seconds`, or
        has left. Others have their turn before it returns: pieces may come faster than any of them would wait."""
        await asyncio.sleep(0)
        while self.flow.write_paused and not self.transport.is_closing():
            unsent = self._socket.get_write_buffer_size()
            try:
                await asyncio.wait_for(self.flow.drain(), stalled_seconds or self.stalled_seconds)
            except TimeoutError:
                if self._socket.get_write_buffer_size() == unsent:
                    return False
        return not self.transport.is_closing()

    def _date(self) -> bytes:
        """uvicorn's default headers, which change once a second."""
        headers = self.server_state.default_headers
        if headers is not self._dated:
            self._dated = headers
            self._date_line = b"".join(b"%s: %s\r\n" % header for header in headers)
        return self._date_line
