"""What is said of an entry that failed (carrierx-batch.md 9)."""

import json

import pytest

from dragoman.domain import batch_report
from dragoman.domain.errors import Conflict, Expected, Forbidden, Invalid, NotFound, Problem


@pytest.mark.parametrize(
    ("entry", "key"), [("12025550199", '{"phonenumber":"12025550199"}'), (12025550199, '{"phonenumber":12025550199}')]
)
def test_a_key_keeps_the_type_of_the_entry(entry: str | int, key: str) -> None:
    assert batch_report.key_of_entry("phonenumber", entry) == key


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b'{"name": "lobby", "phonenumber": 12025550103}', '{"phonenumber":12025550103}'),
        (b'{"name": "lobby", "price": 1}', '{"name":"lobby","price":1}'),
    ],
)
def test_what_is_to_be_made_is_named_by_its_natural_key_or_whole(content: bytes, key: str) -> None:
    assert batch_report.key_of_content("phonenumber", content) == key


@pytest.mark.parametrize(
    ("error", "message", "inner"),
    [
        (
            Invalid("invalid_body", "Faults.", (Problem("/a", "type", "must be text"), Problem("", "type", "is odd"))),
            "object validation error",
            [{"field": "a", "message": "must be text"}, {"message": "is odd"}],
        ),
        (
            Conflict("already_exists", "this name already exists", field="name", reference_sid="7", other="x"),
            "object validation error",
            [{"field": "name", "message": "this name already exists", "reference_sid": "7"}],
        ),
        (Forbidden("forbidden", "anna may not."), "Forbidden", [{"message": "anna may not."}]),
        (NotFound("none", "There is none."), "object validation error", [{"message": "There is none."}]),
        (Expected("odd", "Odd."), "Odd.", [{"message": "Odd."}]),
    ],
)
def test_a_refusal_is_told_with_all_its_faults(error: Expected, message: str, inner: list[dict[str, str]]) -> None:
    assert json.loads(batch_report.refused(error)) == {"message": message, "errors": inner}


def test_the_narrowest_scope_is_the_one_that_is_missing() -> None:
    told = json.loads(batch_report.scope_missing(frozenset({"prefix.manage", "prefix.update"})))
    assert told == {"message": "Forbidden", "errors": [{"message": "scope prefix.update is missing"}]}
