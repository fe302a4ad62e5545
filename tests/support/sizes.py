"""How much is tried: little with each submission, all of it where there is time (`DRAGOMAN_TEST_LONG=1`)."""

import os
from typing import TypeVar

T = TypeVar("T")

LONG = os.environ.get("DRAGOMAN_TEST_LONG") == "1"


def sized(short: T, long: T) -> T:
    """The size of this run."""
    return long if LONG else short
