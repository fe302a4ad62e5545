"""The filter language: what is read, what is refused and where, what matches."""

from typing import Any

import pytest

from dragoman.dialects.carrierx_batch.wire.filter import Comparison, Literal, is_like, member, parse
from dragoman.domain.errors import Invalid

NAMES = ("status", "failure", "data", "date_created", "review")


def read(text: str) -> list[tuple[str, str, list[str]]]:
    return [(".".join(c.path), c.operator, [v.text for v in c.values]) for c in parse(text, NAMES)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("status eq pending_review", [("status", "eq", ["pending_review"])]),
        ('  status\teq  "pending_review" ', [("status", "eq", ["pending_review"])]),
        (
            'status eq "a b" and failure gt 0 AND review ne true',
            [("status", "eq", ["a b"]), ("failure", "gt", ["0"]), ("review", "ne", ["true"])],
        ),
        ("data.a.b-c eq 'it\"s'", [("data.a.b-c", "eq", ['it"s'])]),
        ("status in (a, 'b,c' ,d)", [("status", "in", ["a", "b,c", "d"])]),
        ("status IN(a)", [("status", "in", ["a"])]),
        (
            "date_created ge 2025-02-01 and failure eq -1",
            [("date_created", "ge", ["2025-02-01"]), ("failure", "eq", ["-1"])],
        ),
        ('status eq ""', [("status", "eq", [""])]),
        ("status eq and", [("status", "eq", ["and"])]),
    ],
)
def test_a_filter_is_read(text: str, found: list[tuple[str, str, list[str]]]) -> None:
    assert read(text) == found


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 1),
        ("eq x", 1),
        ("status", 7),
        ("status eq", 10),
        ("status is x", 8),
        ("status eqx", 8),
        ("colour eq red", 1),
        ("status eq 'x", 11),
        ("status eq x or failure eq 1", 13),
        ("status eq x failure eq 1", 13),
        ("status eq x and", 16),
        ("status eq x and and failure eq 1", 17),
        ("status in a", 11),
        ("status in (a", 13),
        ("status in ()", 12),
        ("status in (a,)", 14),
        ("status eq 'x'and failure eq 1", 14),
        ("(status eq x)", 1),
        ("status. eq x", 7),
        ("data..a eq x", 5),
    ],
)
def test_what_is_no_filter_is_refused_with_its_place(text: str, position: int) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text, NAMES)
    assert refused.value.parameters["position"] == position
    assert f"at position {position}" in refused.value.message


def holds(actual: Any, operator: str, *values: str) -> bool:
    [comparison] = parse(f"data {operator} " + (f"({', '.join(values)})" if operator == "in" else values[0]), NAMES)
    return comparison.holds(actual)


@pytest.mark.parametrize(
    ("actual", "operator", "value"),
    [
        ("a", "eq", "a"),
        ("a", "ne", "b"),
        ("b", "gt", "a"),
        ("B", "lt", "a"),
        ("null", "eq", '"null"'),
        (None, "eq", "null"),
        (None, "ne", "a"),
        (0, "ne", "null"),
        (True, "eq", "true"),
        (False, "ne", "true"),
        (5, "eq", "5"),
        (5, "eq", '"5"'),
        (5, "eq", "5.0"),
        (5, "gt", "4.5"),
        (10, "gt", "9"),
        ("10", "lt", "9"),
        (5, "le", "5"),
        ("2025-02-01T00:00:00.000Z", "eq", "2025-02-01"),
        ("2025-02-01T00:00:00.001Z", "gt", "2025-02-01"),
        ("2025-02-01T01:00:00+01:00", "le", "2025-02-01T00:00:00Z"),
        ("lobby", "like", "lob%"),
        ("lobby", "ilike", "%BB%"),
        ([], "ne", "null"),
        ({}, "ne", "x"),
    ],
)
def test_what_matches(actual: Any, operator: str, value: str) -> None:
    assert holds(actual, operator, value)


@pytest.mark.parametrize(
    ("actual", "operator", "value"),
    [
        ("a", "eq", "A"),
        ("null", "eq", "null"),
        ("true", "eq", "true"),
        (None, "eq", '"null"'),
        (None, "lt", "1"),
        (True, "eq", "1"),
        (1, "eq", "true"),
        (True, "gt", "false"),
        (5, "gt", "many"),
        (5, "like", "5"),
        ("lobby", "like", "lob"),
        ("lobby", "like", "LOB%"),
        ([], "eq", "null"),
        ({}, "gt", "0"),
        ("x", "gt", "null"),
    ],
)
def test_what_does_not_match(actual: Any, operator: str, value: str) -> None:
    assert not holds(actual, operator, value)


def test_one_of_several() -> None:
    assert holds("b", "in", "a", "b")
    assert holds(None, "in", "a", "null")
    assert not holds("c", "in", "a", "b")


def test_ne_is_what_eq_is_not() -> None:
    values: tuple[Any, ...] = (None, True, 0, 1.5, "x", [], {"a": 1})
    for actual in values:
        for value in ("null", "true", "0", "x", "2025-01-01"):
            literal = (Literal(value),)
            same = Comparison(("data",), "eq", literal).holds(actual)
            assert Comparison(("data",), "ne", literal).holds(actual) is not same


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("abcabc", True),
        ("%", True),
        ("a%c", True),
        ("%b%b%", True),
        ("%b%b%b%", False),
        ("abc%abcc", False),
        ("_bcabc", False),
    ],
)
def test_patterns(pattern: str, fits: bool) -> None:
    assert is_like("abcabc", pattern, folded=False) is fits


def test_parts_of_a_pattern_do_not_overlap() -> None:
    assert not is_like("ab", "ab%b", folded=False)
    assert is_like("abb", "ab%b", folded=False)


def test_a_pattern_of_many_runs_takes_no_longer() -> None:
    assert not is_like("a" * 100_000, "%a" * 500 + "%b", folded=False)


def test_a_member_that_is_not_there_is_null() -> None:
    assert member({"a": {"b": 1}}, ("a", "b")) == 1
    assert member({"a": [1]}, ("a", "b")) is None
    assert member(None, ("a",)) is None
