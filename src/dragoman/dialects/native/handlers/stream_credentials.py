"""The credentials of open streams: each is looked up once for all streams that use it.

A stream that has events to send looks up its credential first, or uses a look-up that is less than a second old. For
idle streams one task looks up the credential every few seconds, and wakes them only when it has ended or grants other
rights.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from dragoman.dialects.kit.event_watching import Listener
from dragoman.domain.access import Principal
from dragoman.domain.errors import Expected, Forbidden, TooMany, Unauthenticated, Unavailable

log = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
"""Between two looks at a credential whose streams send nothing."""
SHARED_SECONDS = 0.9
"""How old the look of another stream of the same credential may be. With the second for which accounts are remembered,
all three stay below the five seconds within which a stream must fall silent."""
RIGHTS = ("is_admin", "groups", "scopes", "is_reviewer", "is_granted", "is_supervisor", "ceiling", "dialects")
"""The fields of a principal that decide what a stream may send."""

Renew = Callable[[bool], Awaitable[Principal]]
"""Looks a credential up again, with `True` not in what is remembered."""


def differ(before: Principal, now: Principal) -> bool:
    """Whether a principal has other rights now."""
    return any(getattr(before, name) != getattr(now, name) for name in RIGHTS)


class StreamCredential:
    """One credential and its open streams, on one event loop."""

    def __init__(self) -> None:
        self.principal: Principal | None = None
        self.refusal: Expected | None = None  # why it counts no more
        self._looked_at = 0.0
        self._streams: dict[Listener, Renew] = {}
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def used_by(self, listener: Listener, renew: Renew) -> Iterator[None]:
        """Wake a stream when the credential ends or grants other rights, until the end of the block."""
        self._streams[listener] = renew
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look_always())
        try:
            yield
        finally:
            del self._streams[listener]
            if not self._streams and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    @property
    def is_used(self) -> bool:
        """Whether a stream is open with it."""
        return bool(self._streams)

    async def look(self, renew: Renew, *, fresh: bool) -> Principal:
        """The principal of the credential now. Raises the errors of the look-up."""
        loop = asyncio.get_running_loop()
        if not fresh and self.principal is not None and loop.time() - self._looked_at < SHARED_SECONDS:
            return self.principal
        self.principal = await renew(fresh)
        self._looked_at, self.refusal = loop.time(), None
        return self.principal

    async def _look_always(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look()
            except (TooMany, Unavailable):  # unknown at the moment; the next look will tell
                log.info("events.credential_unknown")
            except Exception:  # house: ok, because credentials that end would no longer be noticed
                log.exception("events.credential_not_checked")

    async def _look(self) -> None:
        before = self.principal
        try:
            now = await self.look(next(iter(self._streams.values())), fresh=False)
        except (Unauthenticated, Forbidden) as refusal:
            self.refusal = refusal
        else:
            if before is None or not differ(before, now):
                return
        for stream in self._streams:
            stream.wake()
