"""Moments as text in UTC, for dialects and for what the core itself writes."""

from datetime import date
from functools import lru_cache

from dragoman.domain.clock import TICKS_PER_SECOND, Moment

SECONDS_PER_DAY = 86_400
TICKS_PER_DAY = SECONDS_PER_DAY * TICKS_PER_SECOND
EPOCH_DAY = date(1970, 1, 1).toordinal()

EARLIEST = Moment((1 - EPOCH_DAY) * TICKS_PER_DAY)
"""The first moment of the year 1, UTC."""
LATEST = Moment((date.max.toordinal() + 1 - EPOCH_DAY) * TICKS_PER_DAY - 1)
"""The last moment of the year 9999, UTC."""


def render_native(moment: Moment) -> str:
    """RFC 3339 in UTC with as many digits as the moment needs: none, 3, 6 or 7."""
    text, fraction = clock_time(within(moment))
    if not fraction:
        return f"{text}Z"
    if not fraction % 10_000:
        return f"{text}.{fraction // 10_000:03d}Z"
    return f"{text}.{fraction // 10:06d}Z" if not fraction % 10 else f"{text}.{fraction:07d}Z"


def render_micros(moment: Moment) -> str:
    """RFC 3339 in UTC with six digits, always; the seventh is cut."""
    text, fraction = clock_time(within(moment))
    return f"{text}.{fraction // 10:06d}Z"


def within(moment: int) -> int:
    """A moment that four digits of a year can't write shows as the nearest they can: a list must never fail on it."""
    return min(max(moment, EARLIEST), LATEST)


def clock_time(ticks: int) -> tuple[str, int]:
    """`yyyy-MM-ddTHH:mm:ss` and the rest in 100 ns."""
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    return _second(seconds), fraction


@lru_cache(maxsize=1_024)
def _second(seconds: int) -> str:
    """Remembered: events and lists show the same seconds again and again."""
    day, rest = divmod(seconds, SECONDS_PER_DAY)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    return f"{date.fromordinal(day + EPOCH_DAY).isoformat()}T{hour:02d}:{minute:02d}:{second:02d}"
