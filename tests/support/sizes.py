"""How much is tried: a sample in `make quick`, more in `make test`, all of it with `DRAGOMAN_TEST_LONG=1`."""

import os
from typing import TypeVar

import hypothesis

T = TypeVar("T")

QUICK = "quick"
"""The name of the Hypothesis profile of `make quick`."""

LONG = os.environ.get("DRAGOMAN_TEST_LONG") == "1"


def sized(short: T, long: T) -> T:
    """The size of this run."""
    return long if LONG else short


def examples(full: int) -> int:
    """The number of examples that `settings` names for a test that `make quick` runs too."""
    return examples_of_quick(full) if hypothesis.settings.get_current_profile_name() == QUICK else full


def examples_of_quick(full: int) -> int:
    return max(2, full // 8)
