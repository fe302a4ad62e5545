"""Due times: a local time decides, a moment alone lets go of it, clock changes as RFC 5545 has them."""

import pytest
from msgspec import UNSET, UnsetType

from dragoman.dialects.kit import times
from dragoman.domain.clock import Moment
from dragoman.domain.due import Due, DueChange, changed, moment_of
from dragoman.domain.errors import Invalid

NOON = Moment(times.parse_iso("2031-05-04T12:00:00Z"))
CHOSEN = Due(moment_of("2031-05-04T12:00:00", "Europe/Riga"), "2031-05-04T12:00:00", "Europe/Riga")
PLAIN = Due(NOON)


@pytest.mark.parametrize(
    ("local", "zone", "moment"),
    [
        ("2031-03-30T03:30:00", "Europe/Riga", "2031-03-30T01:30:00Z"),  # skipped: the offset before the change
        ("2031-10-26T03:30:00", "Europe/Riga", "2031-10-26T00:30:00Z"),  # twice: the first
        ("2031-07-01T09:00:00", "America/New_York", "2031-07-01T13:00:00Z"),
        ("2031-07-01T09:00:00", "UTC", "2031-07-01T09:00:00Z"),
    ],
)
def test_a_local_time_is_a_moment(local: str, zone: str, moment: str) -> None:
    assert times.render_native(moment_of(local, zone)) == moment


@pytest.mark.parametrize(
    ("present", "change", "after"),
    [
        (PLAIN, DueChange(), PLAIN),
        (CHOSEN, DueChange(), CHOSEN),
        (CHOSEN, DueChange(NOON), PLAIN),
        (CHOSEN, DueChange(CHOSEN.at), CHOSEN),
        (CHOSEN, DueChange(None), Due()),
        (CHOSEN, DueChange(UNSET, None), Due(CHOSEN.at)),
        (CHOSEN, DueChange(UNSET, UNSET, None), Due(CHOSEN.at)),
        (PLAIN, DueChange(UNSET, UNSET, None), PLAIN),
        (PLAIN, DueChange(UNSET, UNSET, "UTC"), Due(NOON, None, "UTC")),
        (CHOSEN, DueChange(UNSET, UNSET, "UTC"), Due(NOON, "2031-05-04T12:00:00", "UTC")),
        (Due(), DueChange(UNSET, "2031-05-04T12:00:00"), Due(NOON, "2031-05-04T12:00:00", "UTC")),
        (CHOSEN, DueChange(CHOSEN.at, "2031-05-04T12:00:00", "Europe/Riga"), CHOSEN),
        (CHOSEN, DueChange(CHOSEN.at, "2031-05-04T12:00:00", UNSET), CHOSEN),
        (CHOSEN, DueChange(NOON, UNSET, "UTC"), Due(NOON, None, "UTC")),
        (Due(), DueChange(None, None, None), Due()),
    ],
)
def test_what_is_said_decides_what_isnt_stays(present: Due, change: DueChange, after: Due) -> None:
    assert changed(present, change, default_zone="UTC") == after


@pytest.mark.parametrize("at", [NOON, None])
def test_a_moment_beside_a_local_time_must_be_the_same(at: Moment | UnsetType | None) -> None:
    with pytest.raises(Invalid, match="another moment"):
        changed(PLAIN, DueChange(at, "2031-05-04T12:00:00", "Europe/Riga"), default_zone="UTC")
