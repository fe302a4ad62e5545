"""The text of filters: what it means, what is wrong with it and where, and that it is written as it is read."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.domain.clock import from_datetime
from dragoman.domain.task_query import keys, terms
from dragoman.domain.task_query.moments import Range, range_of, span
from dragoman.domain.task_query.terms import Term, Value

NOW = from_datetime(datetime(2026, 3, 28, 22, 30, tzinfo=UTC))  # in Riga it is the 29th, when clocks go forward
ZONE = "Europe/Riga"
HOUR = 3_600 * 10_000_000
TEXTS = st.text(st.sampled_from('ab ,:"<>=.-\n'), max_size=8)
VALUES = st.one_of(
    TEXTS.map(lambda text: Value(text)),
    st.builds(lambda operator, low: Value(operator + low, operator, low), st.sampled_from(terms.PREFIXES), TEXTS),
    st.builds(lambda low, high: Value(f"{low}..{high}", "..", low, high), TEXTS, TEXTS),
)
TERMS = st.one_of(
    st.builds(Term, st.none(), TEXTS.map(lambda text: (Value(text),))),
    st.builds(
        Term,
        st.one_of(st.sampled_from(["is", "due"]), TEXTS.filter(bool).map(lambda text: f"prop.{text}")),
        st.lists(VALUES, min_size=1, max_size=3).map(tuple),
        st.booleans(),
    ),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(TERMS, max_size=4))
def test_terms_are_read_as_they_were_written(written: list[Term]) -> None:
    read, faults = terms.parse(terms.printed(written))
    assert not faults
    assert [replace(term, start=0, end=0, at=1) for term in read] == written


def faults(text: str) -> list[tuple[str, int, str, str | None]]:
    found = keys.read(text, NOW, ZONE, ["native"]).faults
    return [(fault.code, fault.at, fault.key, fault.suggestion) for fault in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("is:open stat:ready", [("unknown_key", 9, "stat", "state")]),
        ("-stat:x sort:size", [("unknown_key", 2, "stat", "state"), ("unknown_value", 9, "sort", None)]),
        ("state:ready,claimd", [("unknown_value", 1, "state", "claimed")]),
        (
            "dialect:Native due:2026-02-30",
            [("unknown_value", 1, "dialect", "native"), ("not_a_moment", 16, "due", None)],
        ),
        ('a "b c', [("unclosed_quote", 3, "", None)]),
        ('category:"b', [("unclosed_quote", 1, "category", None)]),
        ("state:", [("missing_value", 1, "state", None)]),
        ("case:x priority:5..", [("not_a_number", 1, "case", None), ("not_a_number", 8, "priority", None)]),
        ("sort:due sort:-due", [("sort_twice", 10, "sort", None)]),
        ("-sort:due", [("negated_sort", 2, "sort", None)]),
        ("sort:due,due,due,due,due,due", [("too_many_sorts", 1, "sort", None)]),
        ('"http://x" 12:30 -', []),
    ],
)
def test_each_fault_is_found_at_its_key(text: str, found: list[tuple[str, int, str, str | None]]) -> None:
    assert faults(text) == found


def test_days_are_those_of_the_zone() -> None:
    today = span("today", NOW, ZONE)
    assert today is not None
    assert today.start == from_datetime(datetime(2026, 3, 28, 22, tzinfo=UTC))
    assert today.end - today.start == 23 * HOUR  # clocks go forward
    assert span("2026-03-29", NOW, ZONE) == today
    assert span("now", NOW, ZONE) == (NOW, NOW + 1)
    assert span("+2h", NOW, ZONE) == (NOW + 2 * HOUR, NOW + 2 * HOUR + 1)
    assert span("tomorrow", NOW, ZONE) == span("today+1d", NOW, ZONE) == span("+1d", NOW, ZONE)
    assert span("today-1m", NOW, ZONE) == span("2026-02-28", NOW, ZONE)
    assert [span(text, NOW, ZONE) for text in ("", "soon", "2026-13-01", "today+", "9999-12-31")] == [None] * 5


def test_bounds_of_a_day() -> None:
    today = span("today", NOW, ZONE)
    assert today is not None

    def read(text: str) -> Range | None:
        return range_of(terms.parse(f"due:{text}").terms[0].values[0], NOW, ZONE)

    assert read("<today") == (None, today.start - 1)
    assert read("<=today") == (None, today.end - 1)
    assert read(">today") == (today.end, None)
    assert read(">=today") == (today.start, None)
    assert read("today..tomorrow") == (today.start, today.end + 24 * HOUR - 1)


def test_terms_are_changed_and_the_others_stay_as_they_were_typed() -> None:
    text = 'is:open  category:"Two  words",x   sort:due a'
    read = terms.parse(text).terms
    assert terms.without(text, read[1]) == "is:open sort:due a"
    assert terms.with_value(text, "category", "Re, turns") == (
        'is:open  category:"Two  words",x,"Re, turns"   sort:due a'
    )
    assert terms.with_value("", "assignee", "me") == "assignee:me"
    assert terms.with_sort(text, "-due") == 'is:open  category:"Two  words",x a sort:-due'
