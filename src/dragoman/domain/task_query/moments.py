"""Moments as people write them in a filter: a day, a minute, or words such as `today+3d`, in their own time zone."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import NamedTuple

from dragoman.domain.clock import Moment, later, read_iso, to_datetime
from dragoman.domain.due import moment_of
from dragoman.domain.task_query.terms import Value
from dragoman.domain.zones import zone as zone_of

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MINUTE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", re.ASCII)
RELATIVE = re.compile(r"(?:(today|now|tomorrow)|)(?:([+-])(\d{1,4})([hdwm]))?", re.ASCII)


class Span(NamedTuple):
    """From the first moment until before `end`."""

    start: Moment
    end: Moment


class Range(NamedTuple):
    """Moments or numbers, both ends included; None is no bound."""

    low: int | None
    high: int | None


def span(text: str, now: Moment, zone: str) -> Span | None:
    """What the text stands for: a day, a minute, or one moment. None for what can't be read.

    A number of hours counts from now, days, weeks and months from today where neither is named.
    """
    try:
        if DAY.fullmatch(text):
            return _day(date.fromisoformat(text), zone)
        if MINUTE.fullmatch(text):
            at = moment_of(read_iso(text).isoformat(), zone)
            return Span(at, later(at, seconds=60))
        return _relative(text, now, zone)
    except (ValueError, OverflowError):
        return None


def _relative(text: str, now: Moment, zone: str) -> Span | None:
    found = RELATIVE.fullmatch(text)
    if found is None or not text:
        return None
    base, sign, number, unit = found.groups()
    count = int(number or 0) * (-1 if sign == "-" else 1)
    local = to_datetime(now).astimezone(zone_of(zone))
    if base == "now" or (base is None and unit == "h"):
        if unit == "m":
            moved = _months(local.date(), count)
            at = moment_of(datetime.combine(moved, local.time().replace(microsecond=0)).isoformat(), zone)
        else:
            at = later(now, seconds=count * {"h": 3_600, "d": 86_400, "w": 604_800, None: 0}[unit])
        return Span(at, Moment(at + 1))
    day = local.date() + timedelta(days=base == "tomorrow")
    if unit == "h":
        at = later(_day(day, zone).start, seconds=count * 3_600)
        return Span(at, Moment(at + 1))
    if unit == "m":
        return _day(_months(day, count), zone)
    return _day(day + timedelta(days=count * (7 if unit == "w" else 1)), zone)


def _months(day: date, count: int) -> date:
    years, month = divmod(day.month - 1 + count, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _day(day: date, zone: str) -> Span:
    following = day + timedelta(days=1)
    return Span(moment_of(f"{day}T00:00:00", zone), moment_of(f"{following}T00:00:00", zone))


def range_of(value: Value, now: Moment, zone: str) -> Range | None:
    """The moments that a value stands for: `<today` is before its first moment, `<=today` before its end, and both
    ends of a range count. None for what can't be read."""
    if not value.operator:
        found = span(value.text, now, zone)
        return None if found is None else Range(found.start, found.end - 1)
    low = span(value.low, now, zone)
    if low is None:
        return None
    if value.operator == "..":
        high = span(value.high, now, zone)
        return None if high is None else Range(low.start, high.end - 1)
    return {
        "<": Range(None, low.start - 1),
        "<=": Range(None, low.end - 1),
        ">": Range(low.end, None),
        ">=": Range(low.start, None),
    }[value.operator]


def number_range(value: Value, largest: int) -> Range | None:
    """The whole numbers that a value stands for; None for what can't be read."""
    low = _number(value.low if value.operator else value.text, largest)
    if low is None:
        return None
    if value.operator == "..":
        high = _number(value.high, largest)
        return None if high is None else Range(low, high)
    return {
        "": Range(low, low),
        "<": Range(None, low - 1),
        "<=": Range(None, low),
        ">": Range(low + 1, None),
        ">=": Range(low, None),
    }[value.operator]


def _number(text: str, largest: int) -> int | None:
    number = int(text) if re.fullmatch(r"\d{1,19}", text, re.ASCII) else None
    return None if number is None or number > largest else number
