"""Rests: attempts that wait for the rate of their batch leave their places to other jobs meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

MOST = 16
"""How many attempts may rest beside those that work."""


class Rests:
    """The resting attempts of one worker. `on_rest` is called when one begins to rest."""

    def __init__(self, sleep: Callable[[float], Awaitable[object]], on_rest: Callable[[], None]) -> None:
        self._sleep = sleep
        self._on_rest = on_rest
        self._count = 0

    @property
    def places(self) -> int:
        """How many more attempts may run because others rest."""
        return min(self._count, MOST)

    async def rest(self, seconds: float) -> None:
        """Wait, while another attempt may take this one's place."""
        self._count += 1
        self._on_rest()
        try:
            await self._sleep(seconds)
        finally:
            self._count -= 1


current: ContextVar[Rests | None] = ContextVar("rests", default=None)
"""Those of the worker that runs this attempt; None outside any worker."""


async def rest(seconds: float) -> None:
    """Wait so many seconds."""
    rests = current.get()
    await (asyncio.sleep(seconds) if rests is None else rests.rest(seconds))
