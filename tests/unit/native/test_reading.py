"""Ids, preconditions and queries: read, or refused with their place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.native.wire import cursors
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.queries import TaskQuery, Trial
from dragoman.domain.errors import Invalid, NotFound
from dragoman.domain.task import State
from tests.unit.native.asking import ID, ask


@pytest.mark.parametrize(
    ("text", "found"),
    [("1", 1), ("9223372036854775807", 2**63 - 1), (ID, ID), (ID.upper(), ID)],
)
def test_a_path_holds_a_number_or_an_id(text: str, found: int | str) -> None:
    assert reading.ref(ask(variables={"id": text}), "task") == found


NEITHER = ["0", "01", "-1", "+1", "1.0", " 1", "١", "1e3", "x", "9223372036854775808", "9" * 400, ""]


@pytest.mark.parametrize("text", [*NEITHER, ID[:-1], ID + "0", ID + "\n"])
def test_what_is_neither_is_found_nowhere(text: str) -> None:
    with pytest.raises(NotFound):
        reading.ref(ask(variables={"id": text}), "task")


@pytest.mark.parametrize(
    ("header", "revisions"),
    [
        ('"7"', {7}),
        ('"7", "9"', {7, 9}),
        ('W/"7"', set()),
        ('W/"7","8"', {8}),
        ('"abc"', set()),
        ('"07"', set()),
        ('"0"', {0}),
        ('""', set()),
        ('"7",', {7}),  # recipients skip empty elements of a list (RFC 9110 5.6.1)
        ("*", None),
        (" * ", None),
    ],
)
def test_if_match_names_revisions(header: str, revisions: set[int] | None) -> None:
    assert reading.if_match(ask(if_match=header)) == revisions


@pytest.mark.parametrize("header", ["7", '"7', '7"', '"7" "8"', ",", "", '"a b"'])
def test_if_match_that_cant_be_read_is_no_absent_one(header: str) -> None:
    with pytest.raises(Invalid, match="If-Match"):
        reading.if_match(ask(if_match=header))


def test_without_if_match_nothing_is_asked() -> None:
    assert reading.if_match(ask()) is None


def test_a_query_is_read_as_it_is_declared() -> None:
    query = reading.query(
        ask(query="state=ready,claimed&is_open=true&limit=7&case=3&q=a+b&unassigned=false"), TaskQuery
    )
    assert query.state == [State.READY, State.CLAIMED]
    assert (query.is_open, query.limit, query.case, query.q, query.unassigned) == (True, 7, 3, "a b", False)


@pytest.mark.parametrize(
    ("text", "parameter", "code"),
    [
        ("limit=0", "?limit", "range"),
        ("limit=1001", "?limit", "range"),
        ("limit=x", "?limit", "type"),
        ("limit=1.0", "?limit", "type"),
        ("limit=", "?limit", "type"),
        ("is_open=True", "?is_open", "type"),
        ("is_open=1", "?is_open", "type"),
        ("state=", "?state/0", "choice"),
        ("state=ready,", "?state/1", "choice"),
        ("due_from=2031-05-04", "?due_from", "format"),
        ("due_from=0001-01-01T00:00:00%2B01:00", "?due_from", "format"),
        ("due_to=2031-05-04T00:00:00Z%0A", "?due_to", "format"),
        ("contact=01931b2c-0000-7000-8000-000000000000%0A", "?contact", "format"),
        ("sort=due%0A", "?sort", "format"),
        ("case=0", "?case", "range"),
        ("case=99999999999999999999", "?case", "format"),
        ("priority=-1", "?priority", "range"),
        ("assignee=", "?assignee", "too_short"),
        ("sort=", "?sort", "format"),
        ("sort=due,,title", "?sort", "format"),
        ("sort=--due", "?sort", "format"),
        ("sort=ended", "?sort", "format"),
        ("Limit=7", "?Limit", "unknown"),
        ("limit=7&limit=8", "?limit", "twice"),
    ],
)
def test_a_parameter_that_cant_be_read_is_named(text: str, parameter: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        reading.query(ask(query=text), TaskQuery)
    assert [(fault.path.partition("/")[0], fault.code) for fault in caught.value.problems] == [
        (parameter.partition("/")[0], code)
    ]


def test_all_parameters_that_cant_be_read_are_named() -> None:
    with pytest.raises(Invalid) as caught:
        reading.query(ask(query="dry_run=maybe&x=1&y=2"), Trial)
    assert [fault.path for fault in caught.value.problems] == ["?dry_run", "?x", "?y"]


@given(st.text(min_size=1, max_size=30))
def test_any_cursor_is_read_or_refused(text: str) -> None:
    with pytest.raises(Invalid):
        cursors.read(ask(query="limit=5"), text, (int,))


def test_a_cursor_is_good_for_its_own_list() -> None:
    link = cursors.link(ask(query="state=ready&limit=5"), (17, 4))
    path, _, query = link.partition("?")
    assert path == "/v1/tasks"
    wanted = reading.query(ask(query=query), TaskQuery)
    assert cursors.read(ask(query=query), wanted.cursor, (int, int)) == (17, 4)
    assert cursors.read(ask(query=query.replace("limit=5", "limit=9")), wanted.cursor, (int, int)) == (17, 4)
    for other in (query.replace("ready", "claimed"), f"{query}&kind=work"):
        with pytest.raises(Invalid):
            cursors.read(ask(query=other), wanted.cursor, (int, int))
    with pytest.raises(Invalid):
        cursors.read(ask(path="/v1/cases", query=query), wanted.cursor, (int, int))
    with pytest.raises(Invalid):
        cursors.read(ask(query=query), wanted.cursor, (str, int))
