"""How much is tried: little with each submission, all of it where there is time (`DRAGOMAN_TEST_LONG=1`)."""

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

LONG = os.environ.get("DRAGOMAN_TEST_LONG") == "1"


def some(few: Sequence[T], all_of_them: Sequence[T]) -> Sequence[T]:
    """The few, or all where there is time."""
    return all_of_them if LONG else few
