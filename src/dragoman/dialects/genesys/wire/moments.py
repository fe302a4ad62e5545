"""Moments as this vendor writes them: ISO 8601, UTC, milliseconds, Z (page, section 1)."""

import re

from dragoman.dialects.kit import times
from dragoman.domain.clock import Moment

DIGITS = (0, 3)
TICKS_PER_MILLISECOND = 10_000
_OFFSET = re.compile(r"([+-][0-9]{2})([0-9]{2})$")


def parse(text: str) -> Moment:
    """Also without a fraction, and with a numeric offset, its colon left out or not. ValueError for all else."""
    return times.parse_iso(_OFFSET.sub(r"\1:\2", text) if "T" in text else text, fraction_digits=DIGITS)


def parse_in_query(text: str) -> Moment:
    """The same, where the plus of an offset arrived as a blank."""
    return parse(text.replace(" ", "+"))


def render(moment: Moment) -> str:
    """Always in the same form; what is finer is cut."""
    return times.render_millis(moment)


def cut(moment: Moment) -> Moment:
    """The moment as a client can see it."""
    return Moment(moment - moment % TICKS_PER_MILLISECOND)
