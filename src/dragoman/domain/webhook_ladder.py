"""The ladder: when a delivery that failed is tried again, and how long a receiver may hold them back."""

import msgspec

RETRY_SECONDS = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
JITTER = 0.1
MOST_HELD_SECONDS = 86_400.0
"""A receiver can't hold deliveries back for longer than a day."""
HOLDING = frozenset({429, 502, 503, 504})
"""The statuses whose `Retry-After` counts."""


class Ladder(msgspec.Struct, frozen=True):
    """The pauses between attempts, each varied by the jitter: with n pauses there are n + 1 attempts."""

    retry_seconds: tuple[float, ...] = RETRY_SECONDS
    jitter: float = JITTER

    @property
    def attempts(self) -> int:
        return len(self.retry_seconds) + 1

    def pause(self, attempts: int, chance: float) -> float | None:
        """Seconds behind so many attempts, for a random number from 0 to 1; None behind the last."""
        if attempts > len(self.retry_seconds):
            return None
        return self.retry_seconds[max(attempts, 1) - 1] * (1 + self.jitter * (2 * chance - 1))
