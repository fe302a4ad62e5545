"""Ids, times, values and headers as this vendor writes them."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.ibm_htm.wire import custom, durations, ids, negotiation, times, until, values
from dragoman.dialects.kit import Request
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Invalid
from dragoman.domain.extension import Extension
from dragoman.domain.task import Task

NOON = Moment(17_900_000_000_000_000)
UID = "a01b0144-2bf9-1704-fec7-573fb3151268"
TKIID = "_TKI:a01b0144.2bf91704.fec7573f.b3151268"


def request(query: str = "", **headers: str) -> Request:
    given_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("PUT", "/", query_string=query, headers=given_headers, received_at=NOON)


def refused(read: Callable[..., Any], *arguments: Any) -> str:
    with pytest.raises(Invalid) as error:
        read(*arguments)
    return error.value.code


def test_an_id_is_four_words_of_a_uuid() -> None:
    assert ids.task_id(UID) == TKIID
    assert ids.parse_task(TKIID) == UID


def test_leading_zeros_are_dropped() -> None:
    assert ids.template_id("801a0001-0000-0001-0000-000100000000") == "_TKT:801a0001.1.1.0"
    assert ids.parse_template("_TKT:801a0001.1.1.0") == "801a0001-0000-0001-0000-000100000000"


@given(st.uuids())
def test_every_uuid_survives_the_way_out_and_back(uuid: Any) -> None:
    assert ids.parse_task(ids.task_id(str(uuid))) == str(uuid)


@pytest.mark.parametrize(
    "text", ["", "_TKI:", UID, "_TKI:1.2.3", "_TKI:1.2.3.4.5", "_TKI:123456789.2.3.4", "_TKI:G.2.3.4", "_TKI:1.2.3.4 "]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    assert refused(ids.parse_task, text) == "bad_object_id"


def test_the_id_of_something_else_is_told_apart() -> None:
    assert refused(ids.parse_task, "_TKT:1.2.3.4") == "other_object_id"
    assert refused(ids.parse_template, TKIID) == "other_object_id"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2031-05-04T10:20:30Z", "2031-05-04T10:20:30Z"),
        ("2031-05-04T10:20:30", "2031-05-04T10:20:30Z"),
        ("2031-05-04T10:20Z", "2031-05-04T10:20:00Z"),
        ("2031-05-04T10:20", "2031-05-04T10:20:00Z"),
        ("2031-05-04T10:20:30.999999999Z", "2031-05-04T10:20:30Z"),
        ("2031-05-04T12:20:30+02:00", "2031-05-04T10:20:30Z"),
        ("2031-05-04T12:20:30+0200", "2031-05-04T10:20:30Z"),
        ("2031-05-04T12:20:30.5+02", "2031-05-04T10:20:30Z"),
        ("2031-05-04T05:20:30-05", "2031-05-04T10:20:30Z"),
    ],
)
def test_a_time_is_read_with_a_zone_or_without(text: str, shown: str) -> None:
    assert times.render(times.parse(text)) == shown


@pytest.mark.parametrize("text", ["", "2031-05-04", "2031-02-30T00:00:00Z", "2031-05-04T24:00:00Z", "tomorrow", "0"])
def test_another_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not|no such|day|month"):
        times.parse(text)


@pytest.mark.parametrize(("value", "read"), [("a", "a"), (42, "42"), (1.5, "1.5"), (True, "true"), (False, "false")])
def test_a_string_takes_any_scalar(value: object, read: str) -> None:
    assert values.text("p", value) == read


@pytest.mark.parametrize("value", [None, [], {}, ["a"]])
def test_a_string_takes_nothing_else(value: object) -> None:
    assert refused(values.text, "p", value) == "bad_value"


@pytest.mark.parametrize(("value", "read"), [(True, True), ("true", True), (" False ", False), ("TRUE", True)])
def test_a_boolean_also_takes_a_word(value: object, read: bool) -> None:
    assert values.boolean("p", value) is read


@pytest.mark.parametrize("value", ["T", "yes", "", 1, 0, None, []])
def test_a_boolean_takes_no_other_word(value: object) -> None:
    assert refused(values.boolean, "p", value) == "bad_value"


@pytest.mark.parametrize(("value", "read"), [(0, 0), ("7", 7), (2**31 - 1, 2**31 - 1), (3.0, 3)])
def test_a_priority_is_a_number_from_0_on(value: object, read: int) -> None:
    whole = values.whole("priority", value)
    values.must_be_priority("priority", whole)
    assert whole == read


@pytest.mark.parametrize("value", ["high", "", 1.5, True, None, [], "1_0", "٣"])
def test_a_priority_is_a_whole_number(value: object) -> None:
    assert refused(values.whole, "priority", value) == "bad_value"


@pytest.mark.parametrize("value", [-1, 2**31, "-7", 10**18])
def test_a_priority_has_its_limits(value: object) -> None:
    assert refused(values.must_be_priority, "priority", values.whole("priority", value)) == "bad_priority"


@pytest.mark.parametrize("value", ["5days", "2days 3hours", "P14D", "DURATION_ZERO", "1 Month"])
def test_a_length_is_kept_as_it_was_sent(value: str) -> None:
    assert values.duration("p", value) == value


@pytest.mark.parametrize("value", ["", "soon", "5", 5, "P", "DURATION_SOME", "9999years"])
def test_another_length_is_refused(value: object) -> None:
    assert refused(values.duration, "p", value) == "bad_duration"


def test_a_length_is_shown_while_the_moment_follows_from_it() -> None:
    task = Task(1, 1, UID, first_activated_at=NOON, timing={"due": "1day"}, due_at=later(NOON, seconds=86_400))
    assert durations.until_due(task) == "1day"
    moved = Task(1, 1, UID, first_activated_at=NOON, timing={"due": "1day"}, due_at=NOON)
    assert durations.until_due(moved) == "DURATION_NOT_USED"
    assert durations.until_due(Task(1, 1, UID, timing={"due": "1day"})) == "1day"
    assert durations.until_due(Task(1, 1, UID, due_at=NOON)) == "DURATION_NOT_USED"
    assert durations.until_due(Task(1, 1, UID)) is None


def test_a_length_that_leads_nowhere_is_no_fault_of_a_reader() -> None:
    late = Task(1, 1, UID, first_activated_at=NOON, timing={"due": "8000years"}, due_at=NOON)
    assert durations.until_due(late) == "DURATION_NOT_USED"


def test_extensions_are_shown_as_text_and_long_values_cut() -> None:
    task = Task(
        1,
        1,
        UID,
        properties={"mine": "1", "long": "ä" * 200},
        extensions={
            "note": Extension("Note", '{"a":1}'),
            "word": Extension("Word", '"said"'),
            "mine": Extension("mine", "2"),
        },
    )
    assert custom.shown(task) == {"Note": '{"a":1}', "Word": "said", "mine": "1", "long": "ä" * 127}


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "application/*", "text/plain, application/json;q=0.1", "", ", ,"]
)
def test_json_satisfies(accept: str) -> None:
    negotiation.check(request(accept=accept), negotiation.JSON)


@pytest.mark.parametrize("accept", ["text/plain", "application/xml", "application/json;q=0", "image/*"])
def test_json_does_not_satisfy(accept: str) -> None:
    assert refused(negotiation.check, request(accept=accept), negotiation.JSON) == "not_acceptable"


@pytest.mark.parametrize(
    ("encodings", "taken"),
    [("gzip", True), ("identity;q=0", False), ("*;q=0", False), ("*;q=0, identity", True), ("gzip, *;q=0.0", False)],
)
def test_a_body_as_it_is_satisfies_unless_it_is_refused(encodings: str, taken: bool) -> None:
    asked = request(accept_encoding=encodings)
    if taken:
        negotiation.check(asked)
    else:
        assert refused(negotiation.check, asked) == "not_acceptable"


def test_a_suspension_lasts_until_a_moment_in_the_future() -> None:
    assert until.parse_until(request("duration=PT2H")).moment(NOON) == later(NOON, seconds=7_200)
    assert until.parse_until(request("deadline=2031-05-04T10:20:30")).moment(NOON) == times.parse("2031-05-04T10:20:30")
    assert until.parse_until(request()).moment(NOON) is None


@pytest.mark.parametrize(
    "query",
    ["duration=2hours", "duration=PT0S", "duration=", "deadline=", "deadline=2001-01-01T00:00:00Z", "duration=P9Z"],
)
def test_another_end_of_a_suspension_is_refused(query: str) -> None:
    assert refused(until.parse_until, request(query)) == "bad_timer"


def test_one_end_of_a_suspension_excludes_the_other() -> None:
    both = request("duration=P1D&deadline=2031-05-04T10:20:30Z")
    assert refused(until.parse_until, both) == "parameters_at_odds"
