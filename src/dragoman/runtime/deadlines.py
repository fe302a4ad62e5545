"""Deadlines: no request waits longer than its own.

Work that is still queued then is refused, and so is a read that runs, since it changes nothing. A write that runs is
answered when it is done: a refusal means that nothing was changed.
"""

import asyncio

from dragoman.domain.errors import Unavailable
from dragoman.metrics import table
from dragoman.metrics.snapshot import Snapshot
from dragoman.metrics.tally import Histogram
from dragoman.store.store import Store
from dragoman.store.unit.work import Work

CHECK_SECONDS = 0.25


def timed_out() -> Unavailable:
    """The error for work that was not done in time."""
    return Unavailable("timed_out", "The server was too busy; nothing was changed.")


class Deadlines:
    """Checks the queues of a store four times a second, and measures how late the event loop is meanwhile."""

    def __init__(self, store: Store) -> None:
        self.reads: set[Work] = set()  # that wait or run
        self._store = store
        self._lag = Histogram(table.LANE_BOUNDS)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._check(loop, loop.time())

    def measure(self, snapshot: Snapshot) -> None:
        snapshot.spread(table.LOOP_LAG, self._lag)

    def _check(self, loop: asyncio.AbstractEventLoop, planned_at: float) -> None:
        now = loop.time()
        loop.call_later(
            CHECK_SECONDS, self._check, loop, now + CHECK_SECONDS
        )  # first, so that a failed check is not the last
        self._lag.observe(max(now - planned_at, 0.0))
        for work in (*self._store.withdraw_due(now), *(work for work in self.reads if work.deadline <= now)):
            if not work.future.done():
                work.future.set_exception(timed_out())
