"""Rate limits of requests, for each credential. Counters live in this process's memory and expire by themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from dragoman.domain.errors import TooMany
from dragoman.runtime.failures import MOST_KEYS
from dragoman.settings import Limits


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
