"""Time zones come from the pinned package on every machine, whatever rules the machine has."""

import zoneinfo
from datetime import datetime, timedelta

import pytest

from dragoman.domain import zones
from dragoman.domain.due import moment_of
from dragoman.domain.zones import zone


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("America/Vancouver", -7),  # on summer time for good since 1 November 2026
        ("America/Edmonton", -6),
        ("America/Winnipeg", -5),
        ("America/Inuvik", -6),
        ("Africa/Casablanca", 0),
        ("America/Havana", -4),
        ("Europe/Riga", 2),
        ("UTC", 0),
    ],
)
def test_the_rules_of_2026_hold(name: str, hours: int) -> None:
    assert datetime(2026, 12, 15, 9, tzinfo=zone(name)).utcoffset() == timedelta(hours=hours)


def test_a_morning_in_vancouver_is_at_sixteen_in_december() -> None:
    assert moment_of("2026-12-15T09:00:00", "America/Vancouver") == moment_of("2026-12-15T16:00:00", "UTC")


def test_the_machine_s_own_rules_are_not_looked_at() -> None:
    assert zoneinfo.TZPATH == ()
    assert "localtime" not in zones.names()


def test_a_zone_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        zone("Atlantis/Capital")
