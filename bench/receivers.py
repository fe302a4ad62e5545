"""Receivers of webhooks on the loopback: one that answers at once, and many addresses at which nobody ever answers."""

import asyncio
import base64
import hashlib
import hmac
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import httptools
import uvloop

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
HOST = "127.0.0.1"
BACKLOG = 200
PATIENCE_SECONDS = 60.0


class Received(NamedTuple):
    """One webhook, and the moment of its arrival."""

    at: float
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def id(self) -> bytes:
        """What tells repeats."""
        return self.headers[b"webhook-id"]

    def is_signed(self, secret: str) -> bool:
        """Whether its signature is that of Standard Webhooks under this secret."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = b".".join((self.id, self.headers[b"webhook-timestamp"], self.body))
        wanted = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
        return wanted in self.headers[b"webhook-signature"].split()


class Receivers:
    """What arrived: every webhook at the fast one, and how many connections the silent ones have had."""

    def __init__(self) -> None:
        self.webhooks: list[Received] = []
        self.silent = 0
        self.port = self.silent_port = 0

    @property
    def url(self) -> str:
        """The fast one's."""
        return f"http://{HOST}:{self.port}/"

    def silent_url(self, number: int) -> str:
        """One that never answers, at an address of its own."""
        return f"http://127.0.1.{number + 1}:{self.silent_port}/"

    def wait(self, count: int) -> None:
        """Until so many have arrived. SystemExit when nothing arrives any more."""
        last, deadline = -1, 0.0
        while len(self.webhooks) < count:
            if last != (last := len(self.webhooks)):
                deadline = time.monotonic() + PATIENCE_SECONDS
            if time.monotonic() > deadline:
                raise SystemExit(f"{len(self.webhooks)} of {count} webhooks arrived")
            time.sleep(0.005)


class _Fast(asyncio.Protocol):
    def __init__(self, receivers: Receivers) -> None:
        self._receivers, self._parser = receivers, httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._headers: dict[bytes, bytes] = {}
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._headers, self._body = {}, b""

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self._receivers.webhooks.append(Received(time.perf_counter(), self._headers, self._body))
        self._transport.write(ANSWER)  # type: ignore[union-attr]


class _Silent(asyncio.Protocol):
    def __init__(self, receivers: Receivers) -> None:
        self._receivers = receivers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._receivers.silent += 1


@contextmanager
def receiving() -> Iterator[Receivers]:
    """Both, in a thread of their own."""
    receivers, ready, over = Receivers(), threading.Event(), asyncio.Event()
    loop = uvloop.new_event_loop()
    fast, silent = socket.create_server((HOST, 0)), socket.create_server(("0.0.0.0", 0))
    receivers.port, receivers.silent_port = fast.getsockname()[1], silent.getsockname()[1]

    async def serve() -> None:
        await loop.create_server(lambda: _Fast(receivers), sock=fast, backlog=BACKLOG)
        await loop.create_server(lambda: _Silent(receivers), sock=silent, backlog=BACKLOG)
        ready.set()
        await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait()
    try:
        yield receivers
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
