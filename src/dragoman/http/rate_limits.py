"""Counting what comes too often. Counters live in this process's memory and forget by themselves."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from dragoman.domain.errors import TooMany
from dragoman.settings import Limits

MOST_KEYS = 10_000


class Failures:
    """Failed attempts by key, within a sliding window.

    At most MOST_KEYS keys are remembered: the one whose last failure is oldest is forgotten first, so that a flood of
    names costs no memory.
    """

    def __init__(self, most: int, window_seconds: float) -> None:
        self._most = most
        self._window = window_seconds
        self._at: dict[object, deque[float]] = {}

    def check(self, key: object, now: float) -> None:
        """TooMany when the key has used up its failures; says when the oldest of them is forgotten."""
        times = self._at.get(key)
        if times is None:
            return
        while times and times[0] <= now - self._window:
            times.popleft()
        if not times:
            del self._at[key]
        elif len(times) >= self._most:
            wait = max(1, ceil(times[0] + self._window - now))
            raise TooMany("too_many_failures", "Too many failed logins. Wait before the next one.", wait)

    def add(self, key: object, now: float) -> None:
        times = self._at.pop(key, None)
        if times is None:
            times = deque(maxlen=self._most)
            if len(self._at) >= MOST_KEYS:
                del self._at[next(iter(self._at))]
        times.append(now)
        self._at[key] = times  # last in order: the youngest

    def forget(self, key: object) -> None:
        self._at.pop(key, None)


class Rates:
    """A token bucket for each credential, and a bound on its changes in flight. Off unless `limits.rate`."""

    def __init__(self, limits: Limits) -> None:
        self.enabled = limits.rate
        self._per_second = limits.rate_per_second
        self._burst = float(limits.rate_burst)
        self._changes = limits.rate_changes
        self._buckets: dict[str, tuple[float, float]] = {}  # what is left, when it was
        self._in_flight: dict[str, int] = {}

    def take(self, key: str, now: float) -> None:
        """One request of `key`. TooMany when its bucket is empty, with the second of the next drop."""
        left, since = self._buckets.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_second)
        enough = left >= 1.0
        if not enough:
            wait = max(1, ceil((1.0 - left) / self._per_second))
        elif len(self._buckets) >= MOST_KEYS:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[key] = (left - 1.0 if enough else left, now)
        if not enough:
            raise TooMany("rate_limited", f"More than {self._per_second:g} requests a second.", wait)

    @contextmanager
    def change(self, key: str) -> Iterator[None]:
        """Around one changing request. TooMany when as many as may be are in flight."""
        running = self._in_flight.get(key, 0)
        if running >= self._changes:
            raise TooMany("too_many_in_flight", f"{running} changes are still being made. Wait for their answers.")
        self._in_flight[key] = running + 1
        try:
            yield
        finally:
            left = self._in_flight[key] - 1
            if left:
                self._in_flight[key] = left
            else:
                del self._in_flight[key]
