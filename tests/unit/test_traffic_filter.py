"""The filter of traffic: what its keys mean, and what is wrong with a text and where."""

import pytest

from dragoman.domain.clock import Moment
from dragoman.domain.traffic import Entry
from dragoman.domain.traffic_filter import matches, read

DIALECTS = ("native", "genesys")
ENTRY = Entry(
    1, Moment(0), "native", "Desk 4", "update_task", "PATCH", "/v1/tasks/4711", "dry_run=true", 422, 200.5, "req-1", 1,
    None, "invalid_body", "", (), 500,
)  # fmt: skip
CHANGED = {4711: frozenset({"req-1"})}


def holds(text: str) -> bool:
    wanted = read(text, DIALECTS)
    assert wanted.faults == (), text
    return matches(ENTRY, wanted.terms, CHANGED)


@pytest.mark.parametrize(
    "text",
    [
        "", "status:>=400", "status:422", "status:400..499", "status:200,422", "-status:200", "duration:>200",
        "duration:200", "duration:<=201", "dialect:native", 'client:"desk 4"', "operation:update_task", "task:4711",
        "request:req-1", "tasks/47", '"DRY_RUN"', "status:>=400 duration:>200 dialect:genesys,native",
    ],
)  # fmt: skip
def test_these_match(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "status:<400", "-status:422", "duration:>201", "duration:<200", "dialect:genesys", "client:desk",
        "operation:task", "task:4712", "request:req", "nowhere", "status:>=400 dialect:genesys",
    ],
)  # fmt: skip
def test_these_don_t(text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("status:200 stat:5", [("unknown_key", 12, "status")]),
        ("-dialec:native", [("unknown_key", 2, "dialect")]),
        ("dialect:nativ", [("unknown_value", 1, "native")]),
        ("status:abc duration:>x task:y", [("not_a_number", n, None) for n in (1, 12, 24)]),
        ("status:1..", [("not_a_number", 1, None)]),
        ('client:"Desk', [("unclosed_quote", 1, None)]),
        ("status:", [("missing_value", 1, None)]),
        ("task:99999999999999999999", [("not_a_number", 1, None)]),
        ("x" * 2_001, [("too_long", 1, None)]),
    ],
)
def test_each_fault_has_its_place(text: str, found: list[tuple[str, int, str | None]]) -> None:
    assert [(fault.code, fault.at, fault.suggestion) for fault in read(text, DIALECTS).faults] == found
