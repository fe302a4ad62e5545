"""Dates as this API writes them (page, 4): values without an offset are in the portal's zone, which is stored.

So reading has two steps: the text is checked where it comes in, and becomes a moment where the zone is known.
"""

import re
from datetime import UTC, tzinfo
from functools import lru_cache

import msgspec

from dragoman.dialects.kit import times
from dragoman.dialects.onlyoffice_crm.problems import OUT_OF_RANGE, bad_text
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid
from dragoman.domain.zones import zone

SHORTEST = 7
UNREADABLE = "invalid date time format"

_OFFSET = re.compile(r"(?:Z|[+-][0-9]{2}:[0-9]{2})\Z")


class Date(msgspec.Struct, frozen=True):
    """A date that can be read. `parameter` names it in a refusal."""

    text: str
    parameter: str
    has_offset: bool

    def at(self, zone: tzinfo) -> Moment:
        """The moment it means. Invalid for a local time of the years 1 or 9999 that the zone puts beyond them."""
        try:
            return _read(self.text, zone)
        except ValueError:
            raise bad_date(self.text, self.parameter) from None

    @property
    def local(self) -> str | None:
        """The wall time that a person chose, to be kept beside the moment. None where an offset fixes the moment, or
        where a fraction shows that no person chose it."""
        if self.has_offset:
            return None
        wall = times.render_native(_read(self.text, UTC)).removesuffix("Z")
        return None if "." in wall else wall


def parse_date(text: str, parameter: str) -> Date:
    """A date by its text. Invalid for all but the seven patterns of the page; fractions may have 0 to 7 digits."""
    try:
        _read(text, UTC)
    except ValueError:
        raise bad_date(text, parameter) from None
    return Date(text, parameter, _OFFSET.search(text) is not None)


def bad_date(text: str, parameter: str) -> Invalid:
    """The refusal in the vendor's words: under seven characters it doesn't repeat the text."""
    if len(text) < SHORTEST:
        return bad_text(parameter, "not a date", UNREADABLE, OUT_OF_RANGE)
    return bad_text(parameter, "not a date", f"{UNREADABLE}: {text}", OUT_OF_RANGE, quoted=True)


def print_date(moment: Moment, zone: tzinfo) -> str:
    """Seven digits in the portal's time, then `Z` or the offset."""
    return times.render_ticks(moment, zone)


def shown(moment: Moment) -> Moment:
    """The moment that the printed text means: four digits of a year hold no more than the years 1 to 9999."""
    return Moment(min(max(moment, times.EARLIEST), times.LATEST))


NEVER = "0001-01-01T00:00:00.0000000Z"
"""How a date object that was never set is printed."""


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """The zone of a portal by its IANA name."""
    return zone(name)


def _read(text: str, zone: tzinfo) -> Moment:
    return times.parse_iso(text, date_only=True, dashes=True, zone=zone)
