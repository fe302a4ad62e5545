"""New tasks: how they are kept, and every fault at once."""

from typing import Any

import pytest

from dragoman.dialects import discover
from dragoman.dialects.carrierx_batch import problems
from dragoman.dialects.carrierx_batch.wire.orders import parse_order
from dragoman.dialects.kit.fields import MAX_PROBLEMS, Problems
from dragoman.domain.bulk import Method
from dragoman.domain.errors import Invalid
from dragoman.usecases.batches.lifecycle import NewBatch
from dragoman.usecases.batches.types import resource_types

PATCH: dict[str, Any] = {
    "method": "PATCH",
    "type": "phonenumber",
    "field": "phonenumber",
    "entries": ["1", 2],
    "data": {"b": 1.50, "a": {"d": None, "c": "ä"}},
}
POST: dict[str, Any] = {"method": "POST", "type": "phonenumber", "data": [{"phonenumber": "1"}]}
DELETE: dict[str, Any] = {"method": "DELETE", "type": "phonenumber", "field": "did_sid", "entries": ["1"]}


@pytest.fixture(scope="module", autouse=True)
def known_types() -> None:
    """The types that the application makes known when it opens."""
    for dialect in discover():
        resource_types.register(dialect.resource_types)


def faults(body: Any, *, most: int = 100) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        parse_order(body, most=most)
    return [(problem.path, problem.code) for problem in refused.value.problems]


def test_entries_and_data_are_kept_in_one_spelling() -> None:
    order = parse_order(PATCH, most=100)
    data = '{"a":{"c":"ä","d":null},"b":1.5}'
    assert order == NewBatch(Method.PATCH, "phonenumber", "phonenumber", '["1",2]', data, review=True, size=2)


def test_what_a_method_has_no_use_for_is_kept_as_nothing() -> None:
    made = parse_order(POST | {"field": None, "entries": None, "review": False}, most=100)
    assert (made.field, made.entries, made.review, made.size) == (None, None, False, 1)
    empties: tuple[dict[str, Any], ...] = ({}, {"data": None}, {"data": {}}, {"data": []})
    for empty in empties:
        assert parse_order(DELETE | empty, most=100).data is None


@pytest.mark.parametrize("data", ["", 0, False, [None], [{}], {"a": None}, "x"])
def test_a_deletion_has_no_data(data: Any) -> None:
    assert faults(DELETE | {"data": data}) == [("data", "must_be_empty")]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"method": None}, [("method", "required")]),
        ({"method": 7}, [("method", "invalid_type")]),
        ({"method": "PUT"}, [("method", "invalid_value")]),
        ({"type": None}, [("type", "required")]),
        ({"type": ["phonenumber"]}, [("type", "invalid_type")]),
        ({"type": "batch_task"}, [("type", "invalid_value")]),
        ({"field": None}, [("field", "required")]),
        ({"field": ""}, [("field", "invalid_value")]),
        ({"field": {}}, [("field", "invalid_type")]),
        ({"entries": "12"}, [("entries", "invalid_type")]),
        ({"entries": []}, [("entries", "invalid_value")]),
        ({"entries": [True]}, [("entries", "invalid_type")]),
        ({"entries": [1.0, "x", {}]}, [("entries", "invalid_type"), ("entries", "invalid_type")]),
        ({"data": None}, [("data", "required")]),
        ({"data": {}}, [("data", "invalid_value")]),
        ({"data": []}, [("data", "invalid_value")]),
        ({"data": [{}]}, [("data", "invalid_value")]),
        ({"data": 5}, [("data", "invalid_type")]),
        ({"data": [{"a": 1}, {"a": 2}, {"a": 3}]}, [("data", "invalid_value")]),
        ({"review": None}, [("review", "invalid_type")]),
        ({"review": 1}, [("review", "invalid_type")]),
        ({"status": None}, [("status", "invalid_type")]),
        ({"status": "pending_review"}, [("status", "invalid_value")]),
        ({"Review": False}, [("Review", "unknown_field")]),
    ],
)
def test_each_fault_is_told(change: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert faults(PATCH | change) == found


def test_pairs_may_be_as_many_as_the_entries() -> None:
    assert parse_order(PATCH | {"data": [{"a": 1}, {}]}, most=2).size == 2


def test_more_operations_than_may_be_are_refused() -> None:
    assert faults(PATCH, most=1) == [("entries", "invalid_value")]
    assert faults(POST | {"data": [{"a": 1}, {"a": 2}]}, most=1) == [("data", "invalid_value")]


def test_a_hundred_faults_are_enough() -> None:
    assert len(faults(PATCH | {"entries": [None] * 5_000})) == 100
    assert len(faults({f"x{at}": 1 for at in range(5_000)})) == 100


def test_a_long_name_is_told_back_cut() -> None:
    assert len(faults(PATCH | {"n" * 5_000: 1})[0][0]) == 64


@pytest.mark.parametrize("body", [None, [], "x", 5, True])
def test_what_is_no_object_is_refused(body: Any) -> None:
    assert faults(body) == [("", "invalid_type")]


def test_hints_are_looked_for_as_long_as_faults_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def nothing_near(name: str, *_: object) -> list[str]:
        asked.append(name)
        return []

    monkeypatch.setattr(problems, "get_close_matches", nothing_near)
    found = Problems()
    problems.refuse_unknown([f"m{place}" for place in range(1_000)], ("data",), found)
    assert len(asked) == len(found.found) == MAX_PROBLEMS
