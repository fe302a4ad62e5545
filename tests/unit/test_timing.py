"""Durations become moments: what they may look like, where months end, and when a task counts them from."""

from datetime import datetime

import pytest
from msgspec.structs import replace

from dragoman.domain import timing
from dragoman.domain.clock import EPOCH, Moment, from_datetime, later, to_datetime
from dragoman.domain.errors import Invalid
from dragoman.domain.task import State, Task, new_task

NOON = Moment(17_900_000_000_000_000)
DAY = 86_400


def at(text: str) -> Moment:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=EPOCH.tzinfo))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5days", 5 * DAY),
        ("1hour", 3_600),
        ("2 hours 30 minutes", 9_000),
        ("1day2hours3minutes4seconds", DAY + 7_384),
        ("3 WEEKS", 21 * DAY),
        ("  10seconds  ", 10),
        ("P14D", 14 * DAY),
        ("P2W", 14 * DAY),
        ("PT36H", 36 * 3_600),
        ("P1DT2H3M4S", DAY + 7_384),
        ("PT0.5S", 0),
        ("DURATION_ZERO", 0),
        ("0days", 0),
    ],
)
def test_a_duration_is_counted_from_a_moment(text: str, seconds: int) -> None:
    assert timing.after(NOON, text) == later(NOON, seconds=seconds)


@pytest.mark.parametrize(
    ("start", "text", "end"),
    [
        ("2031-01-31T12:00:00", "1month", "2031-02-28T12:00:00"),
        ("2032-01-31T12:00:00", "P1M", "2032-02-29T12:00:00"),
        ("2032-02-29T12:00:00", "1year", "2033-02-28T12:00:00"),
        ("2031-08-31T23:59:59", "P1M", "2031-09-30T23:59:59"),
        ("2031-10-31T00:00:00", "4months", "2032-02-29T00:00:00"),
        ("2031-12-15T08:00:00", "1month", "2032-01-15T08:00:00"),
        ("2031-01-31T12:00:00", "1month 1day", "2031-03-01T12:00:00"),  # the month first
        ("2031-01-31T12:00:00", "P1Y1M1D", "2032-03-01T12:00:00"),
        ("2031-05-05T05:05:05", "12months", "2032-05-05T05:05:05"),
    ],
)
def test_a_month_ends_where_its_days_do(start: str, text: str, end: str) -> None:
    reached = timing.after(at(start), text)
    assert reached is not None
    assert to_datetime(reached) == to_datetime(at(end))


@pytest.mark.parametrize("text", [timing.INFINITE, timing.NOT_USED])
def test_some_durations_never_end(text: str) -> None:
    assert timing.after(NOON, text) is None


@pytest.mark.parametrize(
    "text",
    ["", " ", "5", "days", "5 dayz", "-1days", "1.5days", "5days later", "P", "PT", "P1H", "P1D2H", "duration_zero"]
    + ["1day;2hours", "9" * 10 + "days", "P" + "1" * 400 + "D", "8000years", "999999999years", "999999999weeks"],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        timing.after(NOON, text)
    assert refused.value.code == "bad_duration"


def test_no_digit_of_a_moment_is_lost() -> None:
    assert timing.after(Moment(NOON + 7), "1day") == later(NOON, seconds=DAY) + 7


def test_a_long_text_is_refused_at_once() -> None:
    with pytest.raises(Invalid):
        timing.after(NOON, "1day " * 10_000 + "x")


# When a task counts from


def draft(**fields: object) -> Task:
    return new_task(tenant=1, number=1, uid="u", at=NOON, state=State.INACTIVE, **fields)


LATER = later(NOON, seconds=60)
BOTH = {timing.DUE: "1day", timing.EXPIRES: "2days"}


def test_a_task_made_ready_counts_from_then() -> None:
    assert new_task(tenant=1, number=1, uid="u", at=NOON, timing=BOTH).expires_at == later(NOON, seconds=2 * DAY)
    given = new_task(tenant=1, number=1, uid="u", at=NOON, timing=BOTH, assignee="anna")
    assert given.state is State.CLAIMED
    assert given.due_at == later(NOON, seconds=DAY)


def test_a_time_that_was_set_stays() -> None:
    started = draft(timing=BOTH, due_at=LATER).start(at=NOON)
    assert started.due_at == LATER
    assert started.expires_at == later(NOON, seconds=2 * DAY)


@pytest.mark.parametrize("text", [timing.INFINITE, timing.NOT_USED])
def test_a_time_that_never_comes_is_none(text: str) -> None:
    assert draft(timing={timing.EXPIRES: text}).start(at=NOON).expires_at is None


def test_a_duration_of_nothing_expires_at_once() -> None:
    assert draft(timing={timing.EXPIRES: timing.ZERO}).start(at=NOON).expires_at == NOON


@pytest.mark.parametrize("end", ["terminate", "fail", "expire"])
def test_only_completed_tasks_go_where_that_is_asked_for(end: str) -> None:
    started = draft(timing={timing.DELETED: "1day", timing.KEPT: timing.UNLESS_COMPLETED}).start(at=NOON)
    ended: Task = getattr(started, end)(at=LATER)
    assert ended.delete_at is None
    assert started.finish(at=LATER).delete_at == later(LATER, seconds=DAY)


def test_a_moment_that_somebody_chose_stays_when_it_is_opened_again() -> None:
    fixed = replace(draft(), delete_at=LATER).start(at=NOON).finish(at=LATER)
    assert fixed.reopen(at=LATER).delete_at == LATER
