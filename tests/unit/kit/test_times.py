"""Moments as text: the forms that dialects take, those that they refuse, and local time at every clock change."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dragoman.dialects.kit import times
from dragoman.domain.clock import Moment, from_datetime

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, *, ticks: int = 0) -> Moment:
    return Moment(from_datetime(datetime(year, month, day, hour, minute, second, tzinfo=UTC)) + ticks)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2015-03-01T10:00:00.000Z", at(2015, 3, 1, 10)),
        ("2015-03-01T10:00:00Z", at(2015, 3, 1, 10)),
        ("2031-04-10T06:30:00.7776149Z", at(2031, 4, 10, 6, 30, ticks=7_776_149)),
        ("2031-04-10T06:30:00.12Z", at(2031, 4, 10, 6, 30, ticks=1_200_000)),
        ("2031-04-10T06:30:00+03:00", at(2031, 4, 10, 3, 30)),
        ("2031-04-10T06:30:00-09:30", at(2031, 4, 10, 16)),
        ("2031-04-10T06:30:00+14:00", at(2031, 4, 9, 16, 30)),
        ("2031-04-10T06:30:00-00:00", at(2031, 4, 10, 6, 30)),
        ("2024-02-29T23:59:59.9999999Z", at(2024, 2, 29, 23, 59, 59, ticks=9_999_999)),
        ("1969-12-31T23:59:59.9999999Z", Moment(-1)),
        ("0001-01-01T00:00:00Z", times.EARLIEST),
        ("9999-12-31T23:59:59.9999999Z", times.LATEST),
        ("0001-01-01T01:00:00+01:00", times.EARLIEST),
    ],
)
def test_moments_with_an_offset(text: str, moment: Moment) -> None:
    assert times.parse_iso(text) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2031-04-10T06-30-00.0000000Z", at(2031, 4, 10, 6, 30)),
        ("2031-04-10T06-30-00.000Z", at(2031, 4, 10, 6, 30)),
        ("2031-04-10T06-30-00-03:00", at(2031, 4, 10, 9, 30)),
        ("2031-04-10T06-30-00", at(2031, 4, 10, 4, 30)),
        ("2031-04-10T06:30:00", at(2031, 4, 10, 4, 30)),
        ("2031-04-10", at(2031, 4, 9, 22)),
    ],
)
def test_the_forms_of_the_crm(text: str, moment: Moment) -> None:
    assert times.parse_iso(text, date_only=True, dashes=True, zone=BERLIN) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2031-4-1T06:30:00Z",
        "2031-04-10 06:30:00Z",
        "2031-04-10t06:30:00Z",
        "2031-04-10T06:30:00z",
        "2031-04-10T06:30Z",
        "2031-04-10T24:00:00Z",
        "2031-04-10T06:60:00Z",
        "2016-12-31T23:59:60Z",
        "2024-02-30T10:00:00Z",
        "2023-02-29T10:00:00Z",
        "2031-13-01T00:00:00Z",
        "2031-00-01T00:00:00Z",
        "2031-01-00T00:00:00Z",
        "0000-00-00T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2016-Dec-04T10:00:00Z",
        "2024-01-01T00:00:00+99:99",
        "2024-01-01T00:00:00+14:01",
        "2024-01-01T00:00:00+01:60",
        "2024-01-01T00:00:00+0100",
        "2024-01-01T00:00:00+01",
        "2031-04-10T06:30:00.Z",
        "2031-04-10T06:30:00.12345678Z",
        "2031-04-10T06:30:00,5Z",
        "2031-04-10T06-30-00Z",
        "2031-04-10T06:30-00Z",
        "2031-04-10",
        "2031-04-10T06:30:00",
        " 2031-04-10T06:30:00Z",
        "2031-04-10T06:30:00Z\n",
        "٢٠٣١-04-10T06:30:00Z",
        "1925029800",
        "+2031-04-10T06:30:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "9999-12-31T23:59:59.999999999+14:00",
    ],
)
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        times.parse_iso(text)


def test_a_dialect_chooses_its_digits() -> None:
    with pytest.raises(ValueError, match="digits"):
        times.parse_iso("2031-04-10T06:30:00.12Z", fraction_digits=(0, 3, 7))
    cut = times.parse_iso("2031-04-10T06:30:00.123456789Z", fraction_digits=range(10))
    assert cut == at(2031, 4, 10, 6, 30, ticks=1_234_567)


def test_a_day_without_a_zone_is_refused_and_a_mixed_time_always() -> None:
    with pytest.raises(ValueError, match="offset"):
        times.parse_iso("2031-04-10", date_only=True)
    assert times.parse_iso("2031-04-10", date_only=True, zone=UTC) == at(2031, 4, 10)
    with pytest.raises(ValueError, match="not a date"):
        times.parse_iso("2031-04-10T06-30:00Z", dashes=True)


def test_a_skipped_time_takes_the_offset_before_and_a_doubled_time_is_the_first() -> None:
    assert times.parse_iso("2031-03-30T02:30:00", zone=BERLIN) == at(2031, 3, 30, 1, 30)
    assert times.parse_iso("2031-10-26T02:30:00", zone=BERLIN) == at(2031, 10, 26, 0, 30)


def transitions(zone: ZoneInfo) -> list[tuple[datetime, timedelta, timedelta]]:
    """Each change of offset 2025 to 2035: its instant, the offset before, the offset after."""
    found = []
    day = datetime(2025, 1, 1, tzinfo=UTC)
    offset = day.astimezone(zone).utcoffset()
    while day.year < 2036:
        following = day + timedelta(days=7)
        after = following.astimezone(zone).utcoffset()
        if after != offset:
            low, high = day, following
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                low, high = (low, middle) if middle.astimezone(zone).utcoffset() != offset else (middle, high)
            assert offset is not None
            assert after is not None
            found.append((high.replace(microsecond=0), offset, after))
        day, offset = following, after
    return found


def test_local_time_is_read_as_rfc_5545_says_in_every_zone() -> None:
    changes = 0
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        for instant, before, after in transitions(zone):
            changes += 1
            first = (instant + min(before, after)).replace(tzinfo=None)
            last = (instant + max(before, after)).replace(tzinfo=None)
            for local in (first, first + (last - first) / 2, last - timedelta(seconds=1)):
                local = local.replace(microsecond=0)
                wanted = from_datetime((local - before).replace(tzinfo=UTC))
                assert times.parse_iso(local.isoformat(), zone=zone) == wanted, (name, local)
            assert times.parse_iso(last.isoformat(), zone=zone) == from_datetime((last - after).replace(tzinfo=UTC))
    assert changes > 1_000


@pytest.mark.parametrize(
    ("moment", "millis", "seconds", "native"),
    [
        (at(2015, 3, 1, 10), "2015-03-01T10:00:00.000Z", "2015-03-01T10:00:00Z", "2015-03-01T10:00:00Z"),
        (
            at(2015, 3, 1, 10, 5, ticks=1_200_000),
            "2015-03-01T10:05:00.120Z",
            "2015-03-01T10:05:00Z",
            "2015-03-01T10:05:00.120Z",
        ),
        (
            at(2015, 3, 1, 10, 5, ticks=1_234_560),
            "2015-03-01T10:05:00.123Z",
            "2015-03-01T10:05:00Z",
            "2015-03-01T10:05:00.123456Z",
        ),
        (
            at(2015, 3, 1, 10, 5, ticks=9_999_999),
            "2015-03-01T10:05:00.999Z",
            "2015-03-01T10:05:00Z",
            "2015-03-01T10:05:00.9999999Z",
        ),
        (Moment(-1), "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.9999999Z"),
    ],
)
def test_the_printed_forms(moment: Moment, millis: str, seconds: str, native: str) -> None:
    assert times.render_millis(moment) == millis
    assert times.render_seconds(moment) == seconds
    assert times.render_native(moment) == native


def test_ticks_are_printed_in_the_zones_time() -> None:
    moment = at(2031, 4, 10, 6, 30, ticks=7_776_149)
    assert times.render_ticks(moment) == "2031-04-10T06:30:00.7776149Z"
    assert times.render_ticks(moment, BERLIN) == "2031-04-10T08:30:00.7776149+02:00"
    assert times.render_ticks(moment, NEW_YORK) == "2031-04-10T02:30:00.7776149-04:00"
    assert times.render_ticks(moment, ZoneInfo("Pacific/Marquesas")) == "2031-04-09T21:00:00.7776149-09:30"
    assert times.render_ticks(at(2031, 1, 10, 6), ZoneInfo("Europe/London")) == "2031-01-10T06:00:00.0000000Z"
    assert times.render_ticks(times.EARLIEST) == "0001-01-01T00:00:00.0000000Z"


def test_an_old_offset_with_seconds_keeps_the_instant() -> None:
    moment = at(1880, 6, 1)
    printed = times.render_ticks(moment, BERLIN)  # 53 min 28 s
    assert printed == "1880-06-01T00:53:00.0000000+00:53"
    assert times.parse_iso(printed) == moment


def test_a_moment_at_the_edge_of_the_calendar_is_printed_in_utc() -> None:
    assert times.render_ticks(times.EARLIEST, NEW_YORK) == "0001-01-01T00:00:00.0000000Z"
    assert times.render_ticks(times.LATEST, BERLIN) == "9999-12-31T23:59:59.9999999Z"
    assert times.render_ticks(times.LATEST, timezone(timedelta(minutes=1))) == "9999-12-31T23:59:59.9999999Z"


@pytest.mark.parametrize("render", [times.render_ticks, times.render_native, times.render_millis])
def test_a_moment_beyond_the_calendar_shows_its_edge(render: Callable[[Moment], str]) -> None:
    assert render(Moment(2**63 - 1)) == render(times.LATEST)
    assert render(Moment(-(2**63))) == render(times.EARLIEST)


moments = st.integers(times.EARLIEST, times.LATEST).map(Moment)
zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)


@given(moments, zones)
@example(times.EARLIEST, NEW_YORK)
@example(times.LATEST, BERLIN)
@example(times.EARLIEST + 2 * 86_400 * 10_000_000, ZoneInfo("Asia/Manila"))
def test_what_is_printed_in_ticks_is_read_back(moment: Moment, zone: ZoneInfo) -> None:
    assert times.parse_iso(times.render_ticks(moment, zone)) == moment


@given(moments)
def test_what_is_printed_natively_is_read_back(moment: Moment) -> None:
    assert times.parse_iso(times.render_native(moment)) == moment
    assert times.parse_iso(times.render_millis(moment)) == moment - moment % 10_000
    assert times.parse_iso(times.render_seconds(moment)) == moment - moment % 10_000_000
