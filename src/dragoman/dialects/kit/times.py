"""Moments as text: ISO 8601 in and out, to the seventh digit. What can't be read is a ValueError; the dialect words it.

Local time follows RFC 5545: a time that a clock change skips takes the offset before the change, a time that comes
twice is the first.
"""

import re
from collections.abc import Container
from datetime import UTC, date, datetime, timedelta, tzinfo

from dragoman.domain.clock import TICKS_PER_SECOND, Moment, to_datetime
from dragoman.domain.moment_text import EARLIEST, EPOCH_DAY, LATEST, clock_time, render_native, within

__all__ = [
    "EARLIEST",
    "LATEST",
    "parse_iso",
    "render_millis",
    "render_native",
    "render_seconds",
    "render_ticks",
]

_TICKS_PER_MINUTE = 60 * TICKS_PER_SECOND
_MAX_OFFSET_MINUTES = 14 * 60
_FRACTION_DIGITS = 7

_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:T([0-9]{2})([:-])([0-9]{2})\5([0-9]{2})(?:\.([0-9]{1,9}))?(?:(Z)|([+-])([0-9]{2}):([0-9]{2}))?)?"
)


def parse_iso(
    text: str,
    *,
    date_only: bool = False,
    dashes: bool = False,
    zone: tzinfo | None = None,
    fraction_digits: Container[int] = range(_FRACTION_DIGITS + 1),
) -> Moment:
    """The moment of `yyyy-MM-ddTHH:mm:ss[.f][Z|±hh:mm]`. ValueError, with the reason, for all else.

    With `date_only` a day alone will do and means its midnight, with `dashes` also `THH-mm-ss`. Without an offset
    the time is that of `zone`, or refused when there is none. An eighth digit, where `fraction_digits` lets it in,
    is cut. No 24:00, no leap second, no 30 February; letters in upper case, digits in ASCII.
    """
    found = _ISO.fullmatch(text)
    if found is None or (found[4] is None and not date_only) or (found[5] == "-" and not dashes):
        raise ValueError("not a date and time")
    day = date(int(found[1]), int(found[2]), int(found[3])).toordinal()
    hour, minute, second = (int(found[4]), int(found[6]), int(found[7])) if found[4] else (0, 0, 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("no such time of day")
    fraction = found[8] or ""
    if found[4] and len(fraction) not in fraction_digits:
        raise ValueError("not this many digits of a second")
    seconds = (day - EPOCH_DAY) * 86_400 + hour * 3_600 + minute * 60 + second
    if found[9] is None:
        seconds -= _written_offset(found) if found[10] else _zone_offset(day, hour, minute, second, zone)
    moment = seconds * TICKS_PER_SECOND + int(fraction[:_FRACTION_DIGITS].ljust(_FRACTION_DIGITS, "0"))
    if not EARLIEST <= moment <= LATEST:
        raise ValueError("not within the years 1 to 9999")
    return Moment(moment)


def render_millis(moment: Moment) -> str:
    """UTC with three digits: `2015-03-01T10:00:00.000Z`; what is finer is cut."""
    text, fraction = clock_time(within(moment))
    return f"{text}.{fraction // 10_000:03d}Z"


def render_seconds(moment: Moment) -> str:
    """UTC in whole seconds: `2031-05-04T10:20:30Z`; the fraction is cut."""
    return f"{clock_time(within(moment))[0]}Z"


def render_ticks(moment: Moment, zone: tzinfo = UTC) -> str:
    """Seven digits in a zone's time, then `Z` for no offset, else `+hh:mm` (ONLYOFFICE CRM 4.2).

    An offset of old with seconds in it is written in whole minutes, and the time goes with what is written. UTC is
    written where the zone's time would leave the years 1 to 9999, or its offset the 14 hours that readers take (Manila
    until 1844).
    """
    utc = within(moment)
    minutes = _offset_minutes(utc, zone)
    local = utc + minutes * _TICKS_PER_MINUTE
    if not minutes or abs(minutes) > _MAX_OFFSET_MINUTES or not EARLIEST <= local <= LATEST:
        local, suffix = utc, "Z"
    else:
        hours, rest = divmod(abs(minutes), 60)
        suffix = f"{'+' if minutes > 0 else '-'}{hours:02d}:{rest:02d}"
    text, fraction = clock_time(local)
    return f"{text}.{fraction:07d}{suffix}"


def _written_offset(found: re.Match[str]) -> int:
    """Seconds of the offset in the text."""
    minutes = int(found[11]) * 60 + int(found[12])
    if minutes > _MAX_OFFSET_MINUTES or int(found[12]) > 59:
        raise ValueError("no such offset")
    return minutes * (60 if found[10] == "+" else -60)


def _zone_offset(day: int, hour: int, minute: int, second: int, zone: tzinfo | None) -> int:
    """Seconds of the zone's offset at a local time; `fold=0` is RFC 5545's rule for both kinds of change."""
    if zone is None:
        raise ValueError("no offset given")
    midnight = datetime.fromordinal(day)
    offset = midnight.replace(hour=hour, minute=minute, second=second, tzinfo=zone).utcoffset()
    return 0 if offset is None else offset // timedelta(seconds=1)


def _offset_minutes(moment: int, zone: tzinfo) -> int:
    if zone is UTC:
        return 0
    try:
        offset = to_datetime(Moment(moment)).astimezone(zone).utcoffset()
    except OverflowError:  # the zone's time is in the year 0 or 10000
        return 0
    return 0 if offset is None else offset // timedelta(minutes=1)
