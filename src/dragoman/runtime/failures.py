"""Failed logins by account and address. Counters live in this process's memory and expire by themselves."""

from collections import deque
from math import ceil

from dragoman.domain.errors import TooMany

MOST_KEYS = 10_000


class Failures:
    """Failed attempts by key, within a sliding window.

    At most MOST_KEYS keys are remembered: the one whose last failure is oldest is dropped first, so that a flood of
    names costs no memory.
    """

    def __init__(self, most: int, window_seconds: float) -> None:
        self._most = most
        self._window = window_seconds
        self._at: dict[object, deque[float]] = {}

    def check(self, key: object, now: float) -> None:
        """TooMany when the key has used up its failures; with the time until the oldest of them expires."""
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
