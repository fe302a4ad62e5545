"""The pace of requests to one server: how many a second, how many at once, and not before it asks for more."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from dragoman.domain.clock import Clock

BURST_SECONDS = 0.1
"""How much of a missed second may be caught up with."""


class Later(Exception):
    """The server asked for a pause that is longer than a worker waits for."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"held back for {seconds:g} s")
        self.seconds = seconds


class Pace:
    """Lets requests through. All requests of one type in this process share one."""

    def __init__(
        self,
        clock: Clock,
        *,
        rate: float | None,
        concurrency: int,
        patience_seconds: float,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._rate = rate
        self._room = asyncio.Semaphore(concurrency)
        self._patience_seconds = patience_seconds
        self._sleep = sleep
        self._next_at = 0.0
        self._held_until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the turn of one request. Raises Later if all are held back for long."""
        async with self._room:
            while (seconds := self._wait()) > 0:
                await self._sleep(seconds)
            yield

    def hold(self, seconds: float) -> None:
        """Let no request begin for some seconds."""
        self._held_until = max(self._held_until, self._clock.monotonic() + seconds)

    def _wait(self) -> float:
        """How long to wait before asking again; 0 for a turn, which is taken."""
        now = self._clock.monotonic()
        held = self._held_until - now
        if held > self._patience_seconds:
            raise Later(held)
        if held > 0 or self._rate is None:
            return max(held, 0.0)
        if (seconds := self._next_at - now) > 0:
            return seconds
        self._next_at = max(self._next_at, now - BURST_SECONDS) + 1 / self._rate
        return 0.0
