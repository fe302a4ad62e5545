"""Groups of commands as a lane counts them: how many shared a transaction, how long they waited, how long it took."""

from collections.abc import Sequence
from typing import Protocol

from dragoman.metrics import table
from dragoman.metrics.snapshot import Snapshot
from dragoman.metrics.tally import Histogram

REQUEST, BULK = "request", "bulk"


class Queued(Protocol):
    """A command that was queued."""

    @property
    def queued_at(self) -> float: ...
    @property
    def is_bulk(self) -> bool: ...


class Times:
    """How long one sort of work waited and took."""

    __slots__ = ("run", "wait")

    def __init__(self) -> None:
        self.wait = Histogram(table.LANE_BOUNDS)
        self.run = Histogram(table.LANE_BOUNDS)


class Groups:
    """The groups of one lane. Raised by its thread alone."""

    def __init__(self) -> None:
        self._size = Histogram(table.GROUP_BOUNDS)
        self._requests = Times()
        self._bulk = Times()

    def add(self, group: Sequence[Queued], began: float, seconds: float) -> None:
        """Count a group whose transaction began then and took so long. One with a slice of bulk work is bulk."""
        bulk = any(work.is_bulk for work in group)
        times = self._bulk if bulk else self._requests
        self._size.observe(len(group))
        times.run.observe(seconds)
        if bulk:
            for work in group:
                (self._bulk if work.is_bulk else self._requests).wait.observe(began - work.queued_at)
        else:
            times.wait.observe_all([began - work.queued_at for work in group])

    def measure(self, snapshot: Snapshot, queue: str) -> None:
        """Put the values into a snapshot."""
        snapshot.spread(table.GROUP_SIZE, self._size, queue)
        for name, times in ((REQUEST, self._requests), (BULK, self._bulk)):
            snapshot.spread(table.QUEUE_WAIT, times.wait, queue, name)
            snapshot.spread(table.GROUP_SECONDS, times.run, queue, name)
