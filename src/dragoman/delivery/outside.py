"""The outside collections of a process, as configured: each with one pace for all batches that work on it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from dragoman.delivery.pace import Pace
from dragoman.domain.bulk import Outcome
from dragoman.domain.clock import Clock
from dragoman.domain.outside import OutsideType

if TYPE_CHECKING:
    from dragoman.delivery.collection import Collection
    from dragoman.delivery.guard import Resolve

PATIENCE_SECONDS = 10.0
"""The longest pause that is waited for; before a longer one, `Later` is raised."""


STOP_SECONDS = 1.0


class Outside:
    """The configured types of this process. Collections of one type share its pace."""

    def __init__(self, types: Iterable[OutsideType], clock: Clock, resolve: "Resolve | None" = None) -> None:
        self._types = {type_.name: type_ for type_ in types}
        self._clock = clock
        self._resolve = resolve
        self._loop: asyncio.AbstractEventLoop | None = None
        self._paces: dict[str, Pace] = {}
        self._tries: dict[str, dict[str, int]] = {}
        self.kept: dict[tuple[str, int], Outcome] = {}
        """Outcomes by batch and index that wait for those of entries before them."""

        self._running: set[asyncio.Task[None]] = set()

    def watch(self, task: "asyncio.Task[None]") -> None:
        """Keep a task until it ends; its error is for whoever waits for it."""
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()

    async def stop(self) -> None:
        """Give the tasks that still run a moment, then cancel them."""
        if running := set(self._running):
            await asyncio.wait(running, timeout=STOP_SECONDS)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def find(self, name: str) -> OutsideType | None:
        """The type of this name, or None."""
        return self._types.get(name)

    @asynccontextmanager
    async def collection(self, name: str) -> "AsyncIterator[Collection]":
        """The objects of a type. KeyError for one that isn't configured."""
        # Imported here: most processes never call out, and the client is slow to load.
        from dragoman.delivery.client import Client
        from dragoman.delivery.collection import Collection
        from dragoman.delivery.exchange import Exchange
        from dragoman.delivery.guard import Guard

        type_ = self._types[name]
        http = type_.table.http
        pace = self._pace(type_)
        tries = self._tries.setdefault(name, {})
        async with Client(type_.table.base, Guard(http.allow, self._resolve), http.timeout_s) as client:
            yield Collection(type_, Exchange(type_, client, pace, self._clock, tries))

    def _pace(self, type_: OutsideType) -> Pace:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # what waits on a pace belongs to a loop
            self._loop, self._paces = loop, {}
        http = type_.table.http
        if type_.name not in self._paces:
            self._paces[type_.name] = Pace(
                self._clock, rate=http.rate_per_s, concurrency=http.concurrency, patience_seconds=PATIENCE_SECONDS
            )
        return self._paces[type_.name]
