"""A wire between a server and its database that can be cut, or go dead without a word."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any

CHUNK = 65_536


class Wire:
    """A proxy on a free port of this machine. It runs in a thread of its own, as long as the block lasts."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self._target = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._flows = asyncio.Event()
        self._ways: set[asyncio.Task[None]] = set()
        self._is_cut = False

    def __enter__(self) -> "Wire":
        self._thread.start()
        self._do(self._open())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """End all connections, and every new one at once."""
        self._do(self._cut())

    def hang(self) -> None:
        """Pass nothing on any more, and say nothing about it."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def mend(self) -> None:
        """Be a wire again. What was sent meanwhile arrives late, on connections that still are there."""
        self._is_cut = False
        self._loop.call_soon_threadsafe(self._flows.set)

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result()

    async def _open(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        await self._cut()

    async def _cut(self) -> None:
        self._is_cut = True
        ways = list(self._ways)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.close()
            return
        theirs, ours = await asyncio.open_connection("127.0.0.1", self._target)
        for way in (self._pass(reader, ours), self._pass(theirs, writer)):
            task = asyncio.ensure_future(way)
            self._ways.add(task)
            task.add_done_callback(self._ways.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            try:
                while said := await reader.read(CHUNK):
                    await self._flows.wait()
                    writer.write(said)
                    await writer.drain()
            finally:
                writer.close()
