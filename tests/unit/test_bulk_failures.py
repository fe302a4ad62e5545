"""Failures of entries."""

import json

import pytest

from dragoman.domain import bulk_failures
from dragoman.domain.errors import Conflict, Expected, Forbidden, Invalid, NotFound, Problem


@pytest.mark.parametrize(
    ("entry", "key"), [("12025550199", '{"phonenumber":"12025550199"}'), (12025550199, '{"phonenumber":12025550199}')]
)
def test_a_key_keeps_the_type_of_the_entry(entry: str | int, key: str) -> None:
    assert bulk_failures.key_of_entry("phonenumber", entry) == key


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b'{"name": "lobby", "phonenumber": 12025550103}', '{"phonenumber":12025550103}'),
        (b'{"name": "lobby", "price": 1}', '{"name":"lobby","price":1}'),
    ],
)
def test_what_is_to_be_made_is_named_by_its_natural_key_or_whole(content: bytes, key: str) -> None:
    assert bulk_failures.key_of_content("phonenumber", content) == key


@pytest.mark.parametrize(
    ("error", "code", "message", "inner"),
    [
        (
            Invalid("invalid_body", "Faults.", (Problem("/a", "type", "must be text"), Problem("", "type", "is odd"))),
            "invalid",
            "object validation error",
            [{"field": "a", "message": "must be text"}, {"message": "is odd"}],
        ),
        (
            Conflict("already_exists", "this name already exists", field="name", reference="7", other="x"),
            "conflict",
            "object validation error",
            [{"field": "name", "message": "this name already exists", "reference": "7"}],
        ),
        (Forbidden("forbidden", "anna may not."), "forbidden", "Forbidden", [{"message": "anna may not."}]),
        (NotFound("none", "There is none."), "not_found", "object validation error", [{"message": "There is none."}]),
        (Expected("odd", "Odd."), "invalid", "Odd.", [{"message": "Odd."}]),
    ],
)
def test_a_failure_has_all_problems_of_its_error(
    error: Expected, code: str, message: str, inner: list[dict[str, str]]
) -> None:
    assert json.loads(bulk_failures.refused(error)) == {"code": code, "message": message, "errors": inner}


def test_the_narrowest_scope_is_the_one_that_is_missing() -> None:
    failure = json.loads(bulk_failures.scope_missing(frozenset({"prefix.manage", "prefix.update"})))
    assert failure == {
        "code": "forbidden",
        "message": "Forbidden",
        "errors": [{"message": "scope prefix.update is missing"}],
    }
