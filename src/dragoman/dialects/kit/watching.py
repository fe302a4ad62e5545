"""Waiting for a change of something: one look at it for all who wait, from the event loop.

Whoever waits holds neither a thread nor a connection of the database. A look is a command, so a change by another node
is seen, too.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from dragoman.domain.errors import Unavailable

T = TypeVar("T")

PAUSE_SECONDS = 0.2
"""Between two looks."""

Look = Callable[[], Awaitable[T]]


class _Watch(Generic[T]):
    """The looks at one thing. Ends with the last of those who wait."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.looks: list[Look[T]] = []
        self.next: asyncio.Future[T] = loop.create_future()
        self.task = loop.create_task(self._run(loop))

    async def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            try:
                seen = await self.looks[-1]()
            except Exception as error:  # house: ok, because those who wait are told
                self.renewed(loop).set_exception(error)
            else:
                self.renewed(loop).set_result(seen)
            await asyncio.sleep(PAUSE_SECONDS)

    def renewed(self, loop: asyncio.AbstractEventLoop) -> "asyncio.Future[T]":
        """What those wait for who wait now; later ones wait for the next look."""
        present, self.next = self.next, loop.create_future()
        present.add_done_callback(_retrieve)
        return present


def _retrieve(future: "asyncio.Future[Any]") -> None:
    """Mark an error as seen, also when nobody waits any more."""
    if not future.cancelled():
        future.exception()


class Watches:
    """What is waited for in this process, for each event loop."""

    def __init__(self) -> None:
        self._watches: dict[tuple[asyncio.AbstractEventLoop, str], _Watch[Any]] = {}
        self._stopped: WeakSet[asyncio.AbstractEventLoop] = WeakSet()

    async def until(self, key: str, look: Look[T], is_news: Callable[[T], bool], seconds: float) -> T | None:
        """The first that a look finds for which `is_news` holds; None when the time is over.

        `look` looks at the thing of this key, for all who wait for it. Raises what it raises; Unavailable when the
        server stops.
        """
        loop = asyncio.get_running_loop()
        if loop in self._stopped:
            raise _stopping()
        watch: _Watch[T] | None = self._watches.get((loop, key))
        if watch is None:
            watch = self._watches[loop, key] = _Watch(loop)
        watch.looks.append(look)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    seen = await asyncio.shield(watch.next)
                    if is_news(seen):
                        return seen
        except TimeoutError:
            return None
        finally:
            watch.looks.remove(look)
            if not watch.looks:
                del self._watches[loop, key]
                watch.task.cancel()

    def stop(self) -> None:
        """Let nobody wait any longer on the running event loop."""
        loop = asyncio.get_running_loop()
        self._stopped.add(loop)
        for (each, _key), watch in self._watches.items():
            if each is loop:
                watch.renewed(loop).set_exception(_stopping())


def _stopping() -> Unavailable:
    return Unavailable("stopping", "The server is stopping.")


WATCHES = Watches()
