"""The end of a log, read once for all streams that have come that far.

Every look begins after it was asked for, so that no commit falls between a look and the wait for the next; those that
are asked for while one is under way, or within a short pause behind it, share the next one. There is no queue: a stream
that is further behind reads the log by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from operator import attrgetter
from typing import Any

from dragoman.usecases.events.tailing import Look, Looked

PAUSE_SECONDS = 0.005
PAUSE_PER_STREAM = 0.00005
"""How long looks are collected: longer where each wakes many streams."""
NEAR = 10_000
"""How many events a stream may be behind and still share: more than come between two looks at other nodes' commits."""
TOGETHER = 50
"""How far apart streams may be that share one look, which begins at the place of the last of them."""

Run = Callable[[Look], Awaitable[Looked]]


class _Ask:
    """One stream that waits for the next look."""

    __slots__ = ("after", "for_all", "found", "run")

    def __init__(self, after: int, run: Run, *, for_all: bool) -> None:
        self.after = after
        self.run = run
        self.for_all = for_all
        self.found: asyncio.Future[Looked] = asyncio.get_running_loop().create_future()


_place = attrgetter("after")


class Tail:
    """The end of one tenant's log, on one event loop."""

    def __init__(self, log: str) -> None:
        self.log = log
        self.credentials: dict[tuple[str | None, str, str], Any] = {}  # of its streams
        self._last = 0
        self._asks: list[_Ask] = []
        self._task: asyncio.Task[None] | None = None

    def is_near(self, after: int) -> bool:
        """Whether a stream there shares the looks of the others."""
        return after + NEAR >= self._last

    async def look(self, after: int, run: Run, *, for_all: bool) -> Looked:
        """What is behind `after`, and maybe a little before it. `run` reads it, for all who ask."""
        ask = _Ask(after, run, for_all=for_all)
        self._asks.append(ask)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._look())
        return await ask.found

    async def _look(self) -> None:
        while self._asks:
            await asyncio.sleep(PAUSE_SECONDS + PAUSE_PER_STREAM * len(self._asks))
            asks = sorted((ask for ask in self._asks if not ask.found.done()), key=_place)
            self._asks = []
            while asks:
                end = next((place for place, ask in enumerate(asks) if ask.after > asks[0].after + TOGETHER), len(asks))
                await self._answer(asks[:end])
                asks = asks[end:]

    async def _answer(self, asks: list[_Ask]) -> None:
        first = asks[0].after
        for_all = any(ask.for_all for ask in asks)
        try:
            looked = await asks[-1].run(Look(self.log, first, for_all=for_all))
        except Exception as error:  # house: ok, because the error is passed to the waiting streams
            for ask in asks:
                if not ask.found.done():
                    ask.found.set_exception(error)
            return
        self._last = max(self._last, looked.last)
        for ask in asks:
            if not ask.found.done():
                ask.found.set_result(looked)
