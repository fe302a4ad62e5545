"""The outside collections of a process, as configured: each with one pace for all batches that work on it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from dragoman.delivery.client import Client
from dragoman.delivery.collection import Collection
from dragoman.delivery.exchange import PATIENCE_SECONDS, Exchange
from dragoman.delivery.guard import Guard, Resolve
from dragoman.delivery.pace import Pace
from dragoman.domain.clock import Clock
from dragoman.domain.outside import OutsideType


class Outside:
    """The configured types of this process. Collections of one type share its pace."""

    def __init__(self, types: Iterable[OutsideType], clock: Clock, resolve: Resolve | None = None) -> None:
        self._types = {type_.name: type_ for type_ in types}
        self._clock = clock
        self._resolve = resolve
        self._loop: asyncio.AbstractEventLoop | None = None
        self._paces: dict[str, Pace] = {}
        self._tries: dict[str, dict[str, int]] = {}

    def find(self, name: str) -> OutsideType | None:
        """The type of this name, or None."""
        return self._types.get(name)

    @asynccontextmanager
    async def collection(self, name: str) -> AsyncIterator[Collection]:
        """The objects of a type. KeyError for one that isn't configured."""
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
