"""What history records as different between two states of an entity."""

from typing import Any

import pytest

from dragoman.domain.resource import Resource
from dragoman.store.unit.overlay import differences


@pytest.mark.parametrize(
    ("before", "after", "recorded"),
    [
        ({"a": True}, {"a": 1}, {"body.a": [True, 1]}),
        ({"a": {"b": [0]}}, {"a": {"b": [False]}}, {"body.a": [{"b": [0]}, {"b": [False]}]}),
        ({"a": 1, "b": 2}, {"b": 2}, {"body.a": [1, None]}),
        ({"a": 1}, {"a": 1}, {}),
    ],
)
def test_values_that_are_equal_and_not_the_same_are_recorded(
    before: dict[str, Any], after: dict[str, Any], recorded: dict[str, Any]
) -> None:
    one, other = (Resource(1, 1, "u", "t", "n", body=body) for body in (before, after))
    found = differences(one, other, ("body",))
    assert {name: list(map(repr, change)) for name, change in found.items()} == {
        name: list(map(repr, change)) for name, change in recorded.items()
    }
