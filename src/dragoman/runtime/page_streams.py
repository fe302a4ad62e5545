"""The streams of pages that are open in this process, by session: each hears when its session ends, and when it has to
make room.

One look a second at all of them suffices, whatever their number; a session that ends in this process is heard at once.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dragoman.domain.access import system
from dragoman.domain.errors import Expected
from dragoman.runtime.executor import Executor
from dragoman.usecases.identity.session_checks import CheckSessions, check_sessions

log = logging.getLogger(__name__)

MOST = 20
"""Of one session; the oldest is let go for the next."""
LOOK_SECONDS = 0.5


class OpenStream:
    """One stream. `over` says why it has to end; `wake` is called when that is known."""

    __slots__ = ("over", "tenant", "wake")

    def __init__(self, tenant: int | None, wake: Callable[[], None]) -> None:
        self.tenant = tenant  # of a session that is stored
        self.over = ""
        self.wake = wake

    def end(self, why: str) -> None:
        """Let it end."""
        self.over = self.over or why
        self.wake()


class PageStreams:
    """All of one process."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._open: dict[str, list[OpenStream]] = {}
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def opened(self, session: str, tenant: int | None, wake: Callable[[], None]) -> Iterator[OpenStream]:
        """A stream of this session, until the end of the block. `tenant`: that of a session that is stored, which is
        looked at."""
        stream = OpenStream(tenant, wake)
        streams = self._open.setdefault(session, [])
        streams.append(stream)
        if len(streams) > MOST:
            streams.pop(0).end("room")
        if tenant is not None and (self._looking is None or self._looking.done()):
            self._looking = asyncio.get_running_loop().create_task(self._look_always())
        try:
            yield stream
        finally:
            if stream in streams:
                streams.remove(stream)
            if not streams and self._open.get(session) is streams:
                del self._open[session]

    def ended(self, session: str) -> None:
        """A session has ended, in this process."""
        for stream in self._open.get(session, ()):
            stream.end("session")

    async def _look_always(self) -> None:
        while self._stored():
            await asyncio.sleep(LOOK_SECONDS)
            for tenant, sessions in self._stored().items():
                try:
                    found = await self._executor.read(check_sessions, CheckSessions(sessions), system(tenant))
                except Expected as error:  # unknown at the moment; the next look will tell
                    log.info("sessions.not_checked", extra={"code": error.code})
                    continue
                except Exception:  # house: ok, because sessions that end would no longer be noticed
                    log.exception("sessions.check_failed")
                    continue
                for session in sessions:
                    if session not in found:
                        self.ended(session)

    def _stored(self) -> dict[int, tuple[str, ...]]:
        found: dict[int, list[str]] = defaultdict(list)
        for session, streams in self._open.items():
            tenant = streams[0].tenant if streams else None
            if tenant is not None:
                found[tenant].append(session)
        return {tenant: tuple(sessions) for tenant, sessions in found.items()}
