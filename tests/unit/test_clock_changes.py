"""Every clock change of every zone from 2025 to 2035: wall times mean what RFC 5545 says (RELIABILITY 26).

What is expected follows from the offsets before and after a change alone, which are read the other way round: from
moments to wall times, where nothing is ambiguous.
"""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dragoman.dialects.onlyoffice_crm.wire.dates import parse_date, print_date
from dragoman.domain.clock import TICKS_PER_SECOND, Moment
from dragoman.domain.due import moment_of

FIRST = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
LAST = int(datetime(2036, 1, 1, tzinfo=UTC).timestamp())
DAY = 86_400
STEP = 7 * DAY
"""No zone changes its clocks twice within a week and back."""


class Change(NamedTuple):
    """A zone's offset from UTC changes at a moment; all in seconds."""

    zone: str
    at: int
    before: int
    after: int


@cache
def changes() -> list[Change]:
    return [change for zone in sorted(zoneinfo.available_timezones()) for change in changes_of(zone)]


def changes_of(name: str) -> Iterator[Change]:
    zone = ZoneInfo(name)
    known = offset(zone, FIRST)
    for end in range(FIRST + STEP, LAST + STEP, STEP):
        now = offset(zone, end)
        if now != known:
            yield Change(name, first_with(zone, end - STEP, end, now), known, now)
            known = now


def offset(zone: ZoneInfo, at: int) -> int:
    found = datetime.fromtimestamp(at, zone).utcoffset()
    assert found is not None
    return found // timedelta(seconds=1)


def first_with(zone: ZoneInfo, low: int, high: int, wanted: int) -> int:
    """The first second of an offset that doesn't hold at `low` and holds at `high`."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if offset(zone, middle) == wanted else (middle, high)
    return high


def wall(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def expected(change: Change) -> Iterator[tuple[int, int]]:
    """(wall time as if it were UTC, seconds since 1970 that it means), around a change."""
    _, at, before, after = change
    begins, ends = sorted((at + before, at + after))  # of what is skipped, or comes twice
    yield begins - 1, begins - 1 - before
    for inside in (begins, (begins + ends) // 2, ends - 1):
        yield inside, inside - before  # skipped: the offset before the change; twice: the first
    yield ends, ends - after
    yield ends + DAY, ends + DAY - after


def test_there_are_changes_to_look_at() -> None:
    assert len({change.zone for change in changes()}) > 100
    assert len(changes()) > 3_000
    assert any(change.after < change.before for change in changes())


def test_a_wall_time_that_is_skipped_or_comes_twice_is_what_the_rule_says() -> None:
    wrong = [
        (change.zone, wall(local))
        for change in changes()
        for local, means in expected(change)
        if moment_of(wall(local), change.zone) != means * TICKS_PER_SECOND
    ]
    assert not wrong


def test_crm_reads_wall_times_the_same_way_and_prints_every_moment_so_that_it_is_read_again() -> None:
    for change in changes():
        zone = ZoneInfo(change.zone)
        for local, means in expected(change):
            moment = Moment(means * TICKS_PER_SECOND)
            assert parse_date(wall(local), "deadline").at(zone) == moment, change
            assert parse_date(print_date(moment, zone), "deadline").at(zone) == moment, change


def test_nine_o_clock_stays_nine_o_clock_a_day_later() -> None:
    for change in changes():
        midnight = (change.at + change.before) // DAY * DAY
        first, second = (
            moment_of(wall(midnight + days * DAY + 9 * 3_600), change.zone) // TICKS_PER_SECOND for days in (-1, 2)
        )
        assert second - first == 3 * DAY - (change.after - change.before), change
