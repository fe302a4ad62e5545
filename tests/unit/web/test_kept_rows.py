"""Rows that are kept for later pages are those that would be drawn now."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.domain.clock import TICKS_PER_SECOND, Moment, from_datetime, later
from dragoman.domain.task import State, Task, Verb
from dragoman.usecases.tasks.rows import Row
from dragoman.web.drawing import row
from dragoman.web.moments import Moments
from dragoman.web.rows.columns import columns
from dragoman.web.rows.drawing import Drawer
from dragoman.web.rows.kept import KEPT, Kept, KeptRows
from dragoman.web.words import words

NOW = from_datetime(datetime.fromisoformat("2026-12-02T12:00:00Z"))
TASK = Task(tenant=1, number=7, uid="a", title="Call", due_at=NOW, created_at=NOW, modified_at=NOW)
ZONES = ("Europe/Berlin", "America/St_Johns", "Pacific/Apia")
SECOND, MINUTE, HOUR, DAY = 1, 60, 3_600, 86_400
APART = sorted(
    sign * (seconds + more)
    for seconds in (
        0,
        MINUTE,
        5 * MINUTE,
        HOUR,
        2 * HOUR,
        6 * HOUR,
        12 * HOUR,
        DAY,
        2 * DAY,
        3 * DAY,
        7 * DAY,
        40 * DAY,
    )
    for more in (-SECOND, 0)
    for sign in (1, -1)
)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    KEPT.forget()
    yield
    KEPT.forget()


def drawer(now: Moment = NOW, zone: str = "Europe/Berlin", language: str = "en", **more: object) -> Drawer:
    said = words(language)
    shown = columns("all", "due,changed,created,ended,priority,category,assignee")
    return Drawer(row(language), said, Moments(zone, said, now), now, shown, **{"from_list": "?from=all"} | more)  # type: ignore[arg-type]


def of(task: Task = TASK, **more: object) -> Row:
    return Row(task, **{"category": None, "case": None, "contact": None, "assignee": None, "creator": None} | more)  # type: ignore[arg-type]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("task", [TASK, replace(TASK, state=State.COMPLETED, completed_at=NOW)], ids=["open", "ended"])
def test_a_row_is_right_however_late_it_is_shown_again(task: Task, zone: str) -> None:
    drawers = {seconds: drawer(later(NOW, seconds=seconds), zone) for seconds in APART}
    expected = {seconds: each.one(of(task)) for seconds, each in drawers.items()}
    for first in APART:
        for second, each in drawers.items():
            KEPT.forget()
            drawers[first].all([of(task)])
            assert each.all([of(task)]) == expected[second], (first, second)


@given(
    apart=st.integers(-10 * DAY, 10 * DAY),
    ticks=st.integers(0, TICKS_PER_SECOND),
    zone=st.sampled_from(ZONES),
    share=st.floats(0, 1),
)
def test_words_for_a_moment_stay_until_they_may_change(apart: int, ticks: int, zone: str, share: float) -> None:
    now = Moment(later(NOW, seconds=apart) + ticks)
    then = Moments(zone, words("en"), now)
    until = then.near_until(NOW)
    for at in (until - 1, now + int((until - 1 - now) * share)):
        if at >= now:
            assert Moments(zone, words("en"), Moment(at)).of(NOW).near == then.of(NOW).near


def test_a_day_ends_where_the_reader_is() -> None:
    """Twelve hours before, Samoa had gone from one day to the next but one."""
    apia = from_datetime(datetime.fromisoformat("2011-12-30T09:59:00Z"))
    tomorrow = Moments("Pacific/Apia", words("en"), apia)
    assert tomorrow.near_until(later(apia, seconds=DAY)) <= later(apia, seconds=MINUTE)


@pytest.mark.parametrize(
    "other",
    [
        of(replace(TASK, title="Ring")),
        of(replace(TASK)),
        of(assignee="Bert"),
        of(category="Money"),
        of(case="A case"),
        of(contact="Nora"),
        of(verbs=frozenset({Verb.CLAIM})),
        of(may_edit=True),
    ],
)
def test_a_row_shows_what_is_so_now(other: Row) -> None:
    drawer().all([of()])
    assert drawer().all([other]) == drawer().one(other)


def test_readers_have_rows_in_their_own_language_zone_and_list() -> None:
    drawer().all([of()])
    for more in ({"zone": "America/St_Johns"}, {"language": "de"}, {"from_list": "?from=mine"}):
        assert drawer(**more).all([of()]) == drawer(**more).one(of()) != drawer().one(of())  # type: ignore[arg-type]


def test_what_holds_for_one_page_is_not_kept() -> None:
    plain = drawer().all([of()])
    for more in ({"current": 7}, {"chosen": frozenset({7})}, {"reasons": {7: "Too late."}}):
        assert drawer(**more).all([of()]) == drawer(**more).one(of()) != plain
    assert drawer().all([of()]) == plain


def test_a_row_that_is_kept_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now, earlier = later(NOW, seconds=100), later(NOW, seconds=99)
    first = drawer(now).all([of()])
    monkeypatch.setattr(Drawer, "_drawn", lambda *_: "drawn again")
    assert drawer(later(now, seconds=1)).all([of()]) == first
    assert drawer(earlier).all([of()]) == "drawn again"


def test_the_rows_that_were_not_asked_for_the_longest_go_first() -> None:
    kept = KeptRows(most_bytes=5_000)
    for number in (1, 2, 3):
        kept.keep(number, Kept(TASK, NOW, later(NOW, seconds=1), "x" * 500))
    assert kept.find(1, TASK, NOW)
    kept.keep(4, Kept(TASK, NOW, later(NOW, seconds=1), "x" * 500))
    assert [number for number in (1, 2, 3, 4) if kept.find(number, TASK, NOW) is None] == [2]
    assert kept.bytes <= 5_000
