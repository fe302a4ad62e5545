"""Moments and clocks. Only a Clock reads the system time; everything else is passed a Moment.

A Moment counts 100 ns since 1970 UTC, so that the seven digits of the CRM dialect survive a round trip.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import NewType, Protocol

Moment = NewType("Moment", int)

TICKS_PER_SECOND = 10_000_000
FOREVER = Moment(2**62)
"""Later than any moment."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """A source of the present time."""

    def now(self) -> Moment: ...

    def monotonic(self) -> float:
        """Seconds that never go back, for durations and time-outs."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> Moment:
        return Moment(time.time_ns() // 100)

    def monotonic(self) -> float:
        return time.monotonic()


uptime = SystemClock().monotonic
"""For time limits in real time, which also apply when a test stops the clock."""


class FixedClock:
    """A clock that moves only by `advance`; for tests and for repeating the past."""

    def __init__(self, at: Moment) -> None:
        self.at = at

    def now(self) -> Moment:
        return self.at

    def monotonic(self) -> float:
        return self.at / TICKS_PER_SECOND

    def advance(self, seconds: float) -> None:
        self.at = later(self.at, seconds=seconds)


def from_datetime(value: datetime) -> Moment:
    """The Moment of an aware datetime, with microsecond precision."""
    delta = value - EPOCH
    return Moment((delta.days * 86_400 + delta.seconds) * TICKS_PER_SECOND + delta.microseconds * 10)


def read_iso(text: str) -> datetime:
    """The datetime of a text in the format of ISO 8601. ValueError for what is none, and for the hour 24, which Python
    takes since 3.14: on each version the same texts are moments."""
    if text[11:13] == "24":
        raise ValueError("hour must be in 0..23")
    return datetime.fromisoformat(text)


def to_datetime(moment: Moment) -> datetime:
    """An aware UTC datetime; the seventh digit is truncated."""
    return EPOCH + timedelta(microseconds=moment // 10)


def later(moment: Moment, *, seconds: float) -> Moment:
    """The moment plus some seconds, which may be negative."""
    return Moment(moment + round(seconds * TICKS_PER_SECOND))


def whole_seconds(moment: Moment) -> Moment:
    """The moment truncated to the second."""
    return Moment(moment - moment % TICKS_PER_SECOND)
