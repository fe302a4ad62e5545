"""A clock that moves only when a test lets time pass, and sleeps that end by it."""

import asyncio
import heapq
from itertools import count

from dragoman.domain.clock import FixedClock, Moment

STEPS = 30
"""Turns of the event loop in which everything that is ready goes on until it sleeps."""


class VirtualTime(FixedClock):
    """The clock of a test, with its `sleep`."""

    def __init__(self, at: Moment) -> None:
        super().__init__(at)
        self._sleeping: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has let that many seconds pass."""
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleeping, (self.monotonic() + seconds, next(self._order), future))
        await future

    async def pass_(self, seconds: float) -> None:
        """Let time pass; sleeps end in their order, each at its own moment."""
        await settle()
        end = self.monotonic() + seconds
        while self._sleeping and self._sleeping[0][0] <= end + 1e-6:
            at, _, future = heapq.heappop(self._sleeping)
            self.advance(max(0.0, at - self.monotonic()))
            if not future.done():
                future.set_result(None)
            await settle()
        self.advance(max(0.0, end - self.monotonic()))
        await settle()


async def settle() -> None:
    """Let everything that is ready go on."""
    for _ in range(STEPS):
        await asyncio.sleep(0)
