"""Counts of requests by operation, status and duration. Only the event loop increments them."""

from typing import Protocol

from dragoman.metrics import table
from dragoman.metrics.snapshot import Snapshot
from dragoman.metrics.tally import Counts, Histogram

NONE = "none"
MOST_CODES = 500
OTHER = "other"


class RequestLine(Protocol):
    """The log line of a request; unknown fields are empty or 0."""

    @property
    def method(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def milliseconds(self) -> float: ...
    @property
    def dialect(self) -> str: ...
    @property
    def operation(self) -> str: ...
    @property
    def incident(self) -> str: ...
    @property
    def code(self) -> str: ...


class Series:
    """Requests of one kind."""

    __slots__ = ("count", "seconds")

    def __init__(self, seconds: Histogram) -> None:
        self.count = 0
        self.seconds = seconds


class Requests:
    """The requests of one process, from its start."""

    def __init__(self) -> None:
        self.refusals = Counts()
        self.incidents = 0
        self._series: dict[tuple[str, str, int], Series] = {}  # by dialect, operation and status
        self._seconds: dict[str, Histogram] = {}  # by dialect

    def add(self, line: RequestLine) -> None:
        """Count one, when its answer is under way. In the path of every request: less than a microsecond."""
        key = (line.dialect, line.operation, line.status)
        series = self._series.get(key) or self._begin(key)
        series.count += 1
        if line.method:  # otherwise it was refused before it was a request
            series.seconds.observe(line.milliseconds / 1_000)
        if line.code:
            self._refused(line.code)
        if line.incident:
            self.incidents += 1

    def _begin(self, key: tuple[str, str, int]) -> Series:
        dialect = key[0] or NONE
        seconds = self._seconds.get(dialect)
        if seconds is None:
            seconds = self._seconds[dialect] = Histogram(table.REQUEST_BOUNDS)
        series = self._series[key] = Series(seconds)
        return series

    def _refused(self, code: str) -> None:
        known = (code,) in self.refusals or len(self.refusals) < MOST_CODES
        self.refusals.add(code if known else OTHER)

    def measure(self, snapshot: Snapshot) -> None:
        """Put the values into a snapshot."""
        for (dialect, operation, status), series in self._series.copy().items():
            snapshot.set(table.REQUESTS, series.count, dialect or NONE, operation or NONE, f"{status // 100}xx")
        for dialect, histogram in self._seconds.copy().items():
            snapshot.spread(table.REQUEST_SECONDS, histogram, dialect)
        snapshot.count(table.REFUSALS, self.refusals)
        snapshot.set(table.INCIDENTS, self.incidents)
