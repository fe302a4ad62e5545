"""News in the event logs, for all in this process who wait for them: streams, long requests, senders of webhooks.

A process hears at once of its own commits. Of those of others it hears by a look at the last sequences of the tenants
that somebody listens to, one statement for all, each `poll_seconds`: that alone is right and suffices.
"""

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from dragoman.dialects.kit.event_watching import StreamRules
from dragoman.domain.access import system
from dragoman.domain.errors import Expected, Unavailable
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.runtime.executor import Executor
from dragoman.usecases.events.sequences import LastSequences, last_sequences

log = logging.getLogger(__name__)

STREAM_RULES = StreamRules()


class EventWatch:
    """The `Watch` of the kit, one of each process. `start` connects it to the event loop of its listeners."""

    def __init__(self, executor: Executor, poll_seconds: float, rules: StreamRules = STREAM_RULES) -> None:
        self.rules = rules
        self.streams: Counter[str] = Counter()
        self.shared: dict[int, Any] = {}
        self._executor = executor
        self._poll_seconds = poll_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: dict[int, set[Listener]] = {}
        self._announced: set[int] = set()  # tenants of whose commits the loop is still to hear
        self._polling: asyncio.Task[None] | None = None
        self.is_stopped = False

    def keep_below(self, streams: int) -> None:
        """Let no more streams be open than this process can have connections."""
        self.rules = replace(self.rules, most=min(self.rules.most, streams))

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let listeners wait on this loop."""
        self._loop = loop

    def announce(self, tenant: int) -> None:
        """Announce a commit of this process that wrote events. From any thread; costs next to nothing without
        a listener."""
        if tenant in self._listeners and tenant not in self._announced and self._loop is not None:
            self._announced.add(tenant)
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._hear, tenant)

    def listen(self, tenant: int) -> "Listener":
        """A listener to the tenant's log, as a context."""
        return Listener(self, tenant)

    def stop(self) -> None:
        """End all waiting."""
        self.is_stopped = True
        if self._polling is not None:
            self._polling.cancel()
        for tenant in list(self._listeners):
            self.wake(tenant)

    def wake(self, tenant: int) -> None:
        """Let all who listen to this tenant look at its log. On the event loop."""
        for listener in self._listeners.get(tenant, ()):
            listener.news.set()

    def add(self, listener: "Listener") -> None:
        self._listeners.setdefault(listener.tenant, set()).add(listener)
        if self._polling is None or self._polling.done():
            self._polling = asyncio.get_running_loop().create_task(self._poll())

    def remove(self, listener: "Listener") -> None:
        left = self._listeners[listener.tenant]
        left.discard(listener)
        if not left:
            del self._listeners[listener.tenant]
            self.shared.pop(listener.tenant, None)

    def _hear(self, tenant: int) -> None:
        self._announced.discard(tenant)
        self.wake(tenant)

    async def _poll(self) -> None:
        while self._listeners and not self.is_stopped:
            await asyncio.sleep(self._poll_seconds)
            try:
                await self._look()
            except Expected as error:  # the database may be away; the next look will tell
                log.info("events.not_polled", extra={"code": error.code})
            except Exception:  # house: ok, because events of other nodes would no longer be noticed
                log.exception("events.poll_failed")

    async def _look(self) -> None:
        command = LastSequences(tuple(self._listeners))
        for tenant, sequence in await self._executor.read(last_sequences, command, system(DIRECTORY_TENANT)):
            for listener in self._listeners.get(tenant, ()):
                listener.found(sequence)


class Listener:
    """The `Listener` of the kit. Each knows by itself how far it has looked: what another saw is still news."""

    __slots__ = ("known", "news", "tenant", "watch")

    def __init__(self, watch: EventWatch, tenant: int) -> None:
        self.watch = watch
        self.tenant = tenant
        self.news = asyncio.Event()
        self.known = 0

    def arm(self) -> None:
        self.news.clear()

    def looked(self, sequence: int) -> None:
        self.known = max(self.known, sequence)

    def found(self, sequence: int) -> None:
        """The log goes up to here."""
        if sequence > self.known:
            self.known = sequence
            self.news.set()

    def wake(self) -> None:
        self.news.set()

    async def wait(self, seconds: float) -> bool:
        if not self.watch.is_stopped:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.news.wait()
        if self.watch.is_stopped:
            raise Unavailable("stopping", "The server is stopping.")
        return self.news.is_set()

    def __enter__(self) -> Self:
        self.watch.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.watch.remove(self)
