"""Durations of tokens and links."""

import re

import pytest

from dragoman.dialects.native.wire.tokens import DURATION_PATTERN, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P90D", 90 * 86_400),
        ("P2W", 14 * 86_400),
        ("PT1H", 3_600),
        ("P1DT1H1M1S", 90_061),
        ("PT90M", 5_400),
        ("PT0S", 0),
    ],
)
def test_a_duration_is_so_long(text: str, seconds: int) -> None:
    assert re.fullmatch(DURATION_PATTERN, text)
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "90d", "P1Y", "P1M", "P1.5D", "-P1D", "P1D1W", "PT1S1H", "p1d"]
)
def test_other_text_is_none(text: str) -> None:
    assert not re.fullmatch(DURATION_PATTERN, text)
