"""Moments and lengths of time as this vendor writes them: UTC, whole seconds, a literal Z (page, 1)."""

import re
from datetime import UTC

from dragoman.dialects.kit import times
from dragoman.domain.clock import Moment, whole_seconds

_WITHOUT_SECONDS = re.compile(r"[0-9]{2}:[0-9]{2}(?=Z|[+-]|\Z)")
_SHORT_OFFSET = re.compile(r"([+-][0-9]{2})(?::?([0-9]{2}))?$")

render = times.render_seconds
"""`2031-05-04T10:20:30Z`. Never fractions: a known client reads a fixed pattern."""


def parse(text: str) -> Moment:
    """A date and time with `Z`, an offset, or neither, which is UTC; fractions are cut. ValueError for all else.

    Seconds may be missing: Java's `OffsetDateTime` and `LocalDateTime` print none at a full minute.
    """
    date, t, clock = text.partition("T")
    clock = _SHORT_OFFSET.sub(_long_offset, clock) if clock[5:] else clock
    short = _WITHOUT_SECONDS.match(clock)
    spelled = f"{date}{t}{clock}" if short is None else f"{date}{t}{short[0]}:00{clock[5:]}"
    return whole_seconds(times.parse_iso(spelled, zone=UTC, fraction_digits=range(10)))


def shown(moment: Moment) -> Moment:
    """The moment that a reader of our answer knows."""
    return whole_seconds(moment)


def _long_offset(found: "re.Match[str]") -> str:
    return f"{found[1]}:{found[2] or '00'}"
