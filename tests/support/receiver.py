"""A receiver of webhooks on this machine: notes what comes, and misbehaves as it is told."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PATIENCE_SECONDS = 30.0

Behaviour = Callable[["Exchange"], Awaitable[None]]
"""What is done in place of a plain 204. Afterwards the connection is closed, unless it says otherwise."""


@dataclass(frozen=True)
class Sent:
    """A request as the receiver got it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Exchange:
    """One request, and the connection that it came on."""

    sent: Sent
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    is_kept: bool = False

    async def write(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()


@dataclass
class Receiver:
    """The requests so far, and the behaviours of the next ones; `always` counts when there are none."""

    port: int = 0
    sent: list[Sent] = field(default_factory=list)
    next: list[Behaviour] = field(default_factory=list)
    always: Behaviour | None = None
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def wait_for(self, until: Callable[["Receiver"], bool], seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until something holds of what was sent."""
        with self.changed:
            assert self.changed.wait_for(lambda: until(self), seconds), f"{len(self.sent)} requests came"

    def wait_for_requests(self, count: int, seconds: float = PATIENCE_SECONDS) -> list[Sent]:
        """The requests, once there are so many."""
        self.wait_for(lambda receiver: len(receiver.sent) >= count, seconds)
        return list(self.sent)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        number = self.connections
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                while await self._serve_one(reader, writer, number):
                    pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        exchange = Exchange(Sent(method, target, headers, body, number), reader, writer)
        with self.changed:
            behaviour = self.next.pop(0) if self.next else self.always
            self.sent.append(exchange.sent)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.changed.notify_all()
        try:
            if behaviour is not None:
                await behaviour(exchange)
                return exchange.is_kept
            await exchange.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            return True
        finally:
            with self.changed:
                self.at_once -= 1
                self.changed.notify_all()


def replies(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """A reply with a status. `retry_after="1"` is a header."""

    async def reply(exchange: Exchange) -> None:
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *(f"{n}: {v}" for n, v in named.items())]
        await exchange.write("\r\n".join([*lines, "", ""]).encode() + body)
        exchange.is_kept = True

    return reply


def raw(content: bytes) -> Behaviour:
    """Exactly these bytes, then the end of the connection."""
    return lambda exchange: exchange.write(content)


async def silent(exchange: Exchange) -> None:
    """No reply until the client has gone."""
    await exchange.reader.read(1)


def stalling(content: bytes) -> Behaviour:
    """These bytes, then nothing more until the client has gone."""

    async def stall(exchange: Exchange) -> None:
        await exchange.write(content)
        await exchange.reader.read(1)

    return stall


async def endless(exchange: Exchange) -> None:
    """A reply with a body of 1 GB, as much of it as is read."""
    await exchange.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    for _ in range(16_384):
        await exchange.write(b"x" * 65_536)


async def dropped(exchange: Exchange) -> None:
    """The end of the connection, without a reply."""


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A receiver in a thread, as long as the block runs."""
    receiver, loop = Receiver(), asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(receiver.serve, "127.0.0.1", port, backlog=1_024))
    receiver.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="receiver")
    thread.start()
    try:
        yield receiver
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result(PATIENCE_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)  # for transports that close
