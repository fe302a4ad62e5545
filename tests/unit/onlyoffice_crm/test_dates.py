"""Dates: the patterns that are read, what has no offset, and how moments are printed."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.kit import times
from dragoman.dialects.onlyoffice_crm.wire.dates import parse_date, print_date, shown, zone_of
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid

BERLIN = ZoneInfo("Europe/Berlin")


def printed(text: str, zone: tzinfo = UTC) -> str:
    return print_date(parse_date(text, "deadline").at(zone), zone)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2031-04-10T06:30:00.0000000Z", "2031-04-10T06:30:00.0000000Z"),
        ("2031-04-10T06-30-00.0000000Z", "2031-04-10T06:30:00.0000000Z"),
        ("2031-04-10T06-30-00.000Z", "2031-04-10T06:30:00.0000000Z"),
        ("2031-04-10T06:30:00.000Z", "2031-04-10T06:30:00.0000000Z"),
        ("2031-04-10T06-30-00Z", "2031-04-10T06:30:00.0000000Z"),
        ("2031-04-10T06:30:00+03:00", "2031-04-10T03:30:00.0000000Z"),
        ("2031-04-10T06-30-00+03:00", "2031-04-10T03:30:00.0000000Z"),
        ("2031-04-10T06:30:00", "2031-04-10T06:30:00.0000000Z"),
        ("2031-04-10T06-30-00", "2031-04-10T06:30:00.0000000Z"),
        ("2031-04-10", "2031-04-10T00:00:00.0000000Z"),
        ("2031-04-10T06:30:00.1234567Z", "2031-04-10T06:30:00.1234567Z"),
        ("2031-04-10T06:30:00.5Z", "2031-04-10T06:30:00.5000000Z"),
        ("2031-04-10T06:30:00.12Z", "2031-04-10T06:30:00.1200000Z"),
    ],
)
def test_patterns(text: str, expected: str) -> None:
    assert printed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2031-04-10T06:30:00", "2031-04-10T06:30:00.0000000+02:00"),
        ("2031-01-10", "2031-01-10T00:00:00.0000000+01:00"),
        ("2031-04-10T06:30:00Z", "2031-04-10T08:30:00.0000000+02:00"),
        ("2031-03-30T02:30:00", "2031-03-30T03:30:00.0000000+02:00"),  # a time that the change of clocks skips
        ("2031-10-26T02:30:00", "2031-10-26T02:30:00.0000000+02:00"),  # one that comes twice
    ],
)
def test_what_has_no_offset_is_meant_in_the_portals_zone(text: str, expected: str) -> None:
    assert printed(text, BERLIN) == expected


@pytest.mark.parametrize(
    "text",
    [
        "10.04.2031", "2031-4-1", "2031-04-10 06:30:00", "2031-04-10T24:00:00", "2031-02-30", "1933569000",
        "2031-04-10T06:30:00z", "2031-04-10T06-30:00Z", "2031-04-10T06:30:00.12345678Z", " 2031-04-10",
        "2031-04-10Z", "2031-04-10T06:30", "2031-04-10T06:30:60Z", "2031-04-10T06:30:00+0300", "0000-01-01",
        "2031-04-10T06:30:00.Z", "tomorrow",
    ],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_date(text, "deadline")
    assert refused.value.message == f"invalid date time format: {text}"
    assert refused.value.parameters == {"hresult": -2147024809, "data": {}}


@pytest.mark.parametrize("text", ["x", "2031-0", " "])
def test_short_text_is_not_repeated(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_date(text, "deadline")
    assert refused.value.message == "invalid date time format"


def test_a_zone_may_put_a_local_time_beyond_the_calendar() -> None:
    date = parse_date("0001-01-01T00:30:00", "deadline")
    assert date.at(UTC) == times.EARLIEST + 30 * 60 * 10_000_000
    with pytest.raises(Invalid, match="0001-01-01T00:30:00"):
        date.at(BERLIN)


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("2031-04-10", "2031-04-10T00:00:00"),
        ("2031-04-10T06-30-00", "2031-04-10T06:30:00"),
        ("2031-04-10T06:30:00.000", "2031-04-10T06:30:00"),
        ("2031-04-10T06:30:00.125", None),
        ("2031-04-10T06:30:00Z", None),
        ("2031-04-10T06:30:00-00:30", None),
    ],
)
def test_the_wall_time_that_a_person_chose(text: str, local: str | None) -> None:
    assert parse_date(text, "deadline").local == local


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati"])


@given(st.integers(times.EARLIEST, times.LATEST), ZONES)
def test_what_is_printed_is_read_as_the_same_moment(moment: int, name: str) -> None:
    text = print_date(Moment(moment), zone_of(name))
    assert parse_date(text, "deadline").at(zone_of(name)) == moment


@given(st.integers(times.EARLIEST - 10**18, times.LATEST + 10**18))
def test_a_moment_beyond_the_calendar_is_shown_as_the_nearest(moment: int) -> None:
    assert parse_date(print_date(Moment(moment), UTC), "x").at(UTC) == shown(Moment(moment))
