"""Moments as people read them, in their own time zone."""

from datetime import UTC, tzinfo
from typing import NamedTuple

from dragoman.domain import zones
from dragoman.domain.clock import Moment, to_datetime

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Written(NamedTuple):
    """A moment for programs, for people, and in full."""

    iso: str
    short: str
    full: str


class Moments:
    """Writes moments in one zone."""

    def __init__(self, zone: str) -> None:
        self._zone = _zone(zone)

    def of(self, moment: Moment) -> Written:
        """The moment, to the minute."""
        utc = to_datetime(moment)
        local = utc.astimezone(self._zone)
        short = f"{local.day} {MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"
        return Written(f"{utc:%Y-%m-%dT%H:%M:%S}Z", short, f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}")


def _zone(name: str) -> tzinfo:
    try:
        return zones.zone(name)
    except ValueError:  # stored by an earlier version, whose rules knew it
        return UTC
