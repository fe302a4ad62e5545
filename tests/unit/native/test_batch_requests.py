"""Reading requests about batches: conditions, options, numbers that keep their text."""

from typing import Any

import pytest

from dragoman.dialects.kit import json
from dragoman.dialects.kit.batch_tags import parse_if_match
from dragoman.dialects.kit.warnings import warning_of
from dragoman.dialects.native.wire.batch_orders import parse_order, parse_patch
from dragoman.dialects.native.wire.batch_verbs import parse_reason
from dragoman.domain.errors import Invalid, TooLarge
from dragoman.usecases.batches.types.resource_types import find, register
from tests.unit.native.asking import OPERATIONS, ask

ORDER: dict[str, Any] = {"method": "PATCH", "type": "task", "field": "id", "entries": [7], "data": {"priority": 1}}


@pytest.fixture(autouse=True)
def _types() -> None:
    from dragoman.dialects.native.resource_types import RESOURCE_TYPES

    if find("task") is None:
        register(RESOURCE_TYPES)


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (None, None),
        ("*", "*"),
        (" * ", "*"),
        ('"2-0"', {2}),
        ('"2"', {2}),
        ('"2-0", "3-17"', {2, 3}),
        ('W/"2-0"', set()),
        ('"2-"', set()),
        ('"-2"', set()),
        ('"x"', set()),
        ('"2-0-1"', set()),
        ('""', set()),
        ('"99999999999999999999"', set()),
    ],
)
def test_if_match_names_revisions(header: str | None, named: Any) -> None:
    headers: dict[str, Any] = {} if header is None else {"if_match": header}
    expected = frozenset(named) if isinstance(named, set) else named
    assert parse_if_match(ask("POST", **headers)) == expected


@pytest.mark.parametrize("header", ["2-0", '"2', "", "2", '"2" "3"'])
def test_a_malformed_if_match_is_refused(header: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_if_match(ask("POST", if_match=header))
    assert caught.value.code == "invalid_if_match"


def order(**members: Any) -> Any:
    request = ask("POST", body=json.encode({**ORDER, **members}))
    request.operation = OPERATIONS["create_batch"]
    return parse_order(request)


def faults(**members: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        order(**members)
    return [(problem.path, problem.code) for problem in caught.value.problems]


def test_numbers_keep_their_text() -> None:
    body = b'{"method":"PATCH","type":"task","field":"id","entries":[7],"data":{"a": 1.50},"rate_per_second": 1.50e1}'
    made = parse_order(ask("POST", body=body))
    assert made.data == '{"a": 1.50}'
    assert made.options.rate == "1.50e1"


@pytest.mark.parametrize(("value", "kept"), [(0, "0"), (5.0, "5"), ("0%", "0%"), ("007%", "7%"), (None, None)])
def test_failures_are_kept_as_text(value: Any, kept: str | None) -> None:
    assert order(max_failures=value).options.max_failures == kept


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"title": "x" * 256}, [("/title", "range")]),
        ({"purpose": "x" * 2_001}, [("/purpose", "range")]),
        ({"max_failures": "-1%"}, [("/max_failures", "type")]),
        ({"max_failures": "1.5%"}, [("/max_failures", "type")]),
        ({"max_failures": -1}, [("/max_failures", "range")]),
        ({"rate_per_second": 100_000.5}, [("/rate_per_second", "range")]),
        ({"rate_per_second": True}, [("/rate_per_second", "type")]),
        ({"canary": 10_001}, [("/canary", "range")]),
        ({"priority": 1.5}, [("/priority", "type")]),
        ({"not_before": "1980-01-01T00:00:00"}, [("/not_before", "type")]),
        ({"not_before": "1971-01-03T00:00:00Z"}, [("/not_before", "range")]),
        ({"entries": [7.0]}, [("/entries/0", "type")]),
        ({"data": [{}]}, [("/data/0", "too_few")]),
        ({"data": []}, [("/data", "too_few")]),
        ({"a/b": 1}, [("/a~1b", "unknown")]),
    ],
)
def test_each_fault_has_its_place(members: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert faults(**members) == found


def test_a_past_moment_is_as_none() -> None:
    assert order(not_before="1969-01-01T00:00:00Z").options.not_before is None


def test_a_hundred_thousand_entries_are_the_most() -> None:
    assert order(entries=list(range(100_000))).size == 100_000
    for count in (100_001, 300_000):
        with pytest.raises(TooLarge) as caught:
            order(entries=list(range(count)))
        assert caught.value.code == "too_many_entries"


def test_a_patch_gives_defaults_back() -> None:
    body = b'{"title": null, "rate_per_second": 2.0, "max_failures": 3}'
    assert parse_patch(ask("PATCH", body=body)) == {"title": None, "rate": "2.0", "max_failures": "3"}
    assert parse_patch(ask("PATCH", body=b'{"rate_per_second": null}')) == {"rate": None}


def test_a_reason_is_text_of_a_limited_length() -> None:
    assert parse_reason(ask("POST")) is None
    assert parse_reason(ask("POST", body=b"{}")) is None
    assert parse_reason(ask("POST", body=b'{"reason": "why"}')) == "why"
    with pytest.raises(Invalid):
        parse_reason(ask("POST", body=json.encode({"reason": "x" * 2_001})))


def test_a_warning_can_stand_in_a_header() -> None:
    name, value = warning_of('a "quoted" \\ line\nwith ü')
    assert (name, value) == ("Warning", '299 dragoman "a \\"quoted\\" \\\\ line with ?"')
