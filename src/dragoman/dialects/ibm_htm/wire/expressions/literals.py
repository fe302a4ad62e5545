"""Values as they are written (ibm-htm-2.md, B.2), turned into what columns hold."""

import re
from datetime import UTC, datetime, timedelta

from dragoman.dialects.ibm_htm.wire import ids
from dragoman.domain.clock import Moment, from_datetime, to_datetime, whole_seconds

BEYOND = 2**63
"""Larger than every number of a column; a number with more digits is as good as this one."""

_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
_MOMENT = re.compile(
    r"""(?:(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{1,2})(?:-(?P<day>[0-9]{1,2}))?)?)?
    (?P<t>\ ?T)?
    (?:(?P<hour>[0-9]{2})[:.](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2})(?:[.,][0-9]{1,9})?)?
       (?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?""",
    re.VERBOSE,
)


def number(text: str) -> tuple[int, bool] | None:
    """The whole number at or below it, and whether that is it. None for what is no number."""
    found = _NUMBER.fullmatch(text)
    if found is None or not text.isascii():
        return None
    sign, whole, fraction = found.groups()
    digits, is_whole = whole.lstrip("0") or "0", not (fraction or "").strip("0")
    size = int(digits) if len(digits) < 19 else BEYOND
    if not sign:
        return size, is_whole
    return (-size, True) if is_whole else (-size - 1, False)


def moment(text: str, now: Moment) -> Moment | None:
    """The text within TS(): missing parts are 01 and 00:00:00, a missing day is today; UTC without a zone. Fractions
    are cut, since columns are compared at whole seconds. None for all else."""
    found = _MOMENT.fullmatch(text)
    if found is None or not text.isascii() or not _is_complete(found):
        return None
    parts = found.groupdict()
    today = to_datetime(now)
    year, month, day = (
        (int(parts["year"]), int(parts["month"] or 1), int(parts["day"] or 1))
        if parts["year"]
        else (today.year, today.month, today.day)
    )
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        return whole_seconds(from_datetime(local - _offset(parts["zone"])))
    except (ValueError, OverflowError):
        return None


def canonical(text: str) -> str:
    """An id with small letters and without leading zeros."""
    prefix, _, words = text.partition(":")
    return f"{prefix}:{'.'.join(word.lstrip('0') or '0' for word in words.lower().split('.'))}"


def uid_of(identifier: str) -> str:
    """The UUID that an id spells."""
    digits = "".join(word.rjust(8, "0") for word in identifier.partition(":")[2].split("."))
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def is_id(text: str) -> bool:
    """Whether the text has the form of an id."""
    return ids.is_object(text)


def _is_complete(found: "re.Match[str]") -> bool:
    """A time of day stands behind a whole date or alone, and behind a `T` where there is a date."""
    has_clock = found["hour"] is not None
    if found["year"] is None:
        return has_clock and found["t"] in (None, "T")
    return (found["t"] is not None and found["day"] is not None) if has_clock else found["t"] is None


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone == "Z":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        raise ValueError(zone)
    length = timedelta(hours=hours, minutes=minutes)
    return -length if zone[0] == "-" else length
