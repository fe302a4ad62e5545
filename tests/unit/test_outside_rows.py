"""Rows of the preview of outside objects, and where two values differ."""

from typing import Any

import pytest

from dragoman.domain.bulk import Effect, Method
from dragoman.domain.bulk_failures import code_of
from dragoman.domain.pointers import differing
from dragoman.usecases.batches.execution.outside_work import Found, Touched, Work, number_of, row_of, value_of

ONE = Found(1, "7", '"v1"', {"id": "7", "n": 1, "a": {"x": 1, "y": [1]}})


def work(method: Method = Method.PATCH, data: bytes = b'{"n": 2}') -> Work:
    return Work("b", 3, method, "ticket", "id", "7", data)


@pytest.mark.parametrize(
    ("before", "after", "pointers"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, ["/a"]),
        ({"a": 1, "b": 2}, {"a": 2, "c": 3}, ["/a", "/b", "/c"]),
        ({"a": {"x": 1, "y": 1}}, {"a": {"x": 2, "y": 1}}, ["/a/x"]),
        ({"a": {"x": 1}}, {"a": None}, ["/a"]),
        ({"a": [1]}, {"a": [2]}, ["/a"]),
        ({"a/b": 1, "m~n": 1}, {}, ["/a~1b", "/m~0n"]),
        (1, 2, [""]),
    ],
)
def test_members_that_differ(before: Any, after: Any, pointers: list[str]) -> None:
    assert differing(before, after) == pointers


def test_a_change_is_shown_before_and_after() -> None:
    row = row_of(work(data=b'{"n": 2, "a": {"x": null}, "z": 1.50}'), ONE)
    assert (row.index, row.effect, row.object, row.version) == (3, Effect.WILL_CHANGE, "7", '"v1"')
    assert value_of(row.before) == ONE.document
    assert row.after == '{"id":"7","n":2,"a":{"y":[1]},"z":1.50}'
    assert value_of(row.changed) == ["/a/x", "/n", "/z"]
    assert row.number == number_of("7")


def test_nothing_to_change_is_shown() -> None:
    row = row_of(work(data=b'{"n": 1.0, "q": null}'), ONE)
    assert (row.effect, value_of(row.changed)) == (Effect.NO_OP, [])


def test_objects_that_go_and_come_are_shown_on_one_side() -> None:
    row = row_of(work(Method.DELETE), ONE)
    assert (row.effect, row.after, value_of(row.changed)) == (Effect.WILL_CHANGE, None, [])
    row = row_of(work(Method.POST, b'{"n": 1, "q": null}'), Found())
    assert (row.effect, row.object, row.before, row.after) == (Effect.WILL_CHANGE, None, None, '{"n":1}')


@pytest.mark.parametrize(
    ("found", "effect", "code"),
    [
        (Found(0), Effect.MISSING, "not_found"),
        (Found(2), Effect.AMBIGUOUS, "ambiguous"),
        (Found(failure='{"code":"outside_silent","message":"","errors":[]}'), Effect.INVALID, "outside_silent"),
    ],
)
def test_what_cannot_be_done_is_shown_with_its_reason(found: Found, effect: Effect, code: str) -> None:
    row = row_of(work(), found)
    assert row.error is not None
    assert (row.effect, code_of(row.error), row.object) == (effect, code, None)


@pytest.mark.parametrize("method", [Method.PATCH, Method.POST])
def test_data_that_is_no_object_is_invalid(method: Method) -> None:
    row = row_of(work(method, b"[1]"), ONE)
    assert row.error is not None
    assert (row.effect, code_of(row.error)) == (Effect.INVALID, "invalid")


def test_an_object_is_shown_as_entries_before_left_it() -> None:
    row = row_of(work(), ONE, Touched({"id": "7", "n": 5}))
    assert (value_of(row.before), row.version) == ({"id": "7", "n": 5}, None)
    assert row_of(work(), ONE, Touched()).effect is Effect.MISSING
