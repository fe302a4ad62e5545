"""Slices of long work: as long as requests take while there are any, longer when nobody waits."""

import pytest

from dragoman.jobs.slices import LARGEST, next_size, pause
from dragoman.store.unit.lane import Pressure


@pytest.mark.parametrize(
    ("size", "seconds", "pressure", "following"),
    [
        (20, 0.004, Pressure(False, 0.0, 0.0), 40),  # nobody waits: twice as many, and so on
        (800, 0.02, Pressure(False, 0.0, 0.0), LARGEST),
        (1000, 0.4, Pressure(False, 0.0, 0.0), 500),  # whoever comes now would wait that long
        (400, 0.1, Pressure(True, 0.01, 0.1), 40),  # as long as the last group took
        (40, 0.01, Pressure(True, 0.01, 0.01), 40),
        (80, 0.1, Pressure(True, 0.001, 0.1), 2),  # it gets on, however quick requests are
        (1, 10.0, Pressure(True, 0.001, 10.0), 1),
        (20, 0.0, Pressure(True, 0.001, 0.0), 40),  # a clock that stands
    ],
)
def test_the_next_slice_is_as_long_as_people_allow(
    size: int, seconds: float, pressure: Pressure, following: int
) -> None:
    assert next_size(size, seconds, pressure) == following


def test_people_keep_two_thirds_of_the_lane_while_they_want_it() -> None:
    assert pause(0.01, Pressure(True, 0.001, 0.01)) == 0.02
    assert pause(0.01, Pressure(False, 0.001, 0.01)) == 0.0
