"""When a request is tried again: pauses that double, and what the server asks for in `Retry-After`."""

import secrets
from datetime import UTC
from email.utils import parsedate_to_datetime

from dragoman.domain.clock import TICKS_PER_SECOND, Moment, from_datetime
from dragoman.domain.outside import Retry

MOST_HELD_SECONDS = 3600.0
"""A server can't hold requests back for longer than an hour."""
_STEPS = 1000


def pause(retry: Retry, tries: int) -> float:
    """Seconds to wait after so many tries: doubled each time, up to the maximum, and a random half of it less."""
    whole = min(retry.backoff_s * 2.0 ** min(tries - 1, 60), retry.max_s)
    return whole * (1 + secrets.randbelow(_STEPS + 1) / _STEPS) / 2


def asked_pause(header: str | None, now: Moment, most: float = MOST_HELD_SECONDS) -> float | None:
    """The seconds of a `Retry-After`, which may be a date, at most `most`; None if there is none that can be read."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), most)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    seconds = (from_datetime(at if at.tzinfo else at.replace(tzinfo=UTC)) - now) / TICKS_PER_SECOND
    return min(max(seconds, 0.0), most)
