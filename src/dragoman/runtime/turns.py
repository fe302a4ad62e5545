"""Turns: of many requests that come at one moment, a few run at a time, so that they don't fill the queue of reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dragoman.runtime.deadlines import timed_out
from dragoman.store.unit.lane import queue_full

AT_ONCE = 50
"""Fewer where the queue is short: they fill no more than a quarter of it."""
MOST_WAITING = 10_000


class Turns:
    """Those of one process."""

    def __init__(self, longest_queue: int, most_waiting: int = MOST_WAITING) -> None:
        self._room = asyncio.Semaphore(max(1, min(AT_ONCE, longest_queue // 4)))
        self._most_waiting = most_waiting
        self._waiting = 0

    @asynccontextmanager
    async def turn(self, seconds: float | None) -> AsyncIterator[None]:
        """A turn, in the order of asking. Unavailable where too many wait, or none comes within so many seconds."""
        if self._waiting >= self._most_waiting:
            raise queue_full()
        self._waiting += 1
        try:
            await asyncio.wait_for(self._room.acquire(), seconds)
        except TimeoutError:
            raise timed_out() from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._room.release()
