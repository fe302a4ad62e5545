"""Timers of a task: the time until it is due, expires or is deleted, and how its suspension ends.

A duration is stored as it was sent (IBM's calendar expressions, or ISO 8601) under one of the keys below. The moment is
computed when the task enters the state from which the duration counts. Months and years are calendar units, in UTC.
"""

import re
from calendar import monthrange
from datetime import datetime, timedelta

from dragoman.domain.clock import Moment, from_datetime, to_datetime
from dragoman.domain.errors import Invalid

DUE = "due"  # from the first time it was ready
EXPIRES = "expires"  # from the first time it was ready
DELETED = "deleted"  # from its end
WAKES = "wakes"  # how a timed suspension ends; absent: the task resumes unchanged
KEPT = "kept"  # ends after which the task is not deleted: `unless_completed`

RELEASE = "release"
"""A value of `WAKES`: the task resumes without its assignee, and its output and fault are deleted."""
RELEASE_AND_KEEP = "release_and_keep"
"""A value of `WAKES`: the task resumes without its assignee; its output and fault stay."""
UNLESS_COMPLETED = "unless_completed"
"""A value of `KEPT`: only a completed task is deleted automatically (IBM: AUTO_DELETE_ON_SUCCESSFUL_COMPLETION)."""

ZERO = "DURATION_ZERO"
INFINITE = "DURATION_INFINITE"
NOT_USED = "DURATION_NOT_USED"
CONSTANTS = frozenset({ZERO, INFINITE, NOT_USED})

_UNIT = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_PART = re.compile(r"([0-9]{1,9})\s*(second|minute|hour|day|week|month|year)s?\s*", re.IGNORECASE)
_ISO = re.compile(
    r"P(?=[0-9T])(?:([0-9]{1,9})Y)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})W)?(?:([0-9]{1,9})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})(?:\.[0-9]{1,9})?S)?)?"
)
_LAST = from_datetime(to_datetime(Moment(0)).replace(year=9999, month=12, day=31, hour=23, minute=59, second=59))


def after(start: Moment, duration: str) -> Moment | None:
    """The moment a duration after `start`; None for a duration without end (or replaced by a fixed time).

    Invalid (`bad_duration`) for other text, and for a moment after the year 9999.
    """
    if duration in (INFINITE, NOT_USED):
        return None
    months, seconds = (0, 0) if duration == ZERO else _parts(duration)
    try:
        moved = _months_later(to_datetime(start), months) + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        raise bad_duration(duration) from None
    # The digit below the microsecond is not lost: what counts from a stored moment agrees with it to the last one.
    reached = Moment(from_datetime(moved) + start % 10)
    if reached > _LAST:
        raise bad_duration(duration)
    return reached


def bad_duration(text: str) -> Invalid:
    """The error for text that is not a duration."""
    return Invalid("bad_duration", f"{text[:64]!r} is not a duration, such as 5days or P14D.", value=text)


def _parts(text: str) -> tuple[int, int]:
    """Months and seconds."""
    iso = _ISO.fullmatch(text.strip())
    if iso is not None:
        years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return years * 12 + months, ((weeks * 7 + days) * 24 + hours) * 3_600 + minutes * 60 + seconds
    return _spoken(text)


def _spoken(text: str) -> tuple[int, int]:
    months = seconds = 0
    place = len(text) - len(text.lstrip())
    if place == len(text):
        raise bad_duration(text)
    while place < len(text):
        part = _PART.match(text, place)
        if part is None:
            raise bad_duration(text)
        count, unit = int(part[1]), part[2].lower()
        if unit in _UNIT:
            seconds += count * _UNIT[unit]
        else:
            months += count * (12 if unit == "year" else 1)
        place = part.end()
    return months, seconds


def _months_later(day: datetime, months: int) -> datetime:
    """The same day some months later, or the last day of a shorter month."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))
