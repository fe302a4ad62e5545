"""Failed logins by key, within a sliding window. They live in this process's memory and expire by themselves."""

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

MOST_KEYS = 10_000

Key = TypeVar("Key", bound=Hashable)


class Failures(Generic[Key]):
    """The last `most` failures of each key, with the account that each was about. Times are monotonic seconds.

    At most MOST_KEYS keys are remembered: the one whose last failure is oldest is dropped first, so that a flood of
    names costs no memory.
    """

    def __init__(self, most: int, window_seconds: float) -> None:
        self.most = most
        self.window_seconds = window_seconds
        self._of: dict[Key, deque[tuple[float, str]]] = {}

    def count(self, key: Key, now: float) -> int:
        """How many failures the window holds, up to `most`."""
        found = self._of.get(key)
        if found is None:
            return 0
        while found and found[0][0] <= now - self.window_seconds:
            found.popleft()
        if not found:
            del self._of[key]
        return len(found)

    def full_until(self, key: Key, now: float) -> float | None:
        """When there will be fewer than `most` again; None if there are now."""
        if self.count(key, now) < self.most:
            return None
        return self._of[key][0][0] + self.window_seconds

    def add(self, key: Key, now: float, account: str) -> None:
        """One more failure."""
        found = self._of.pop(key, None)
        if found is None:
            found = deque(maxlen=self.most)
            if len(self._of) >= MOST_KEYS:
                del self._of[next(iter(self._of))]
        found.append((now, account))
        self._of[key] = found  # last in order: the youngest

    def drop(self, key: Key) -> None:
        """Forget all failures of a key."""
        self._of.pop(key, None)

    def forget(self, account: str, until: float) -> None:
        """Forget the failures about an account up to a moment, whatever their key."""
        for key, found in list(self._of.items()):
            kept = [each for each in found if each[1] != account or each[0] > until]
            if len(kept) < len(found):
                found.clear()
                found.extend(kept)
                if not kept:
                    del self._of[key]
