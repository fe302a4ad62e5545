"""The rate of a batch: how many entries may be done in any time, and how many are."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.domain import bulk_rates
from dragoman.domain.bulk import Batch
from dragoman.domain.clock import TICKS_PER_SECOND, Moment, later
from tests.unit.bulk_samples import NEW, NOON

rates = st.sampled_from(["0.05", "0.5", "1", "3", "7.5", "20", "99", "1000", "40000"])
lateness = st.lists(st.floats(0, 0.3), min_size=20, max_size=60)


def run(batch: Batch, delays: list[float]) -> list[tuple[Moment, int]]:
    """Slices as a worker takes them that is late by these seconds each time."""
    at, slices = NOON, []
    for delay in delays:
        at = later(max(at, bulk_rates.ready_at(batch, at)), seconds=delay)
        count = bulk_rates.allowed(batch, at) or 0
        assert count > 0
        batch = bulk_rates.taken(batch, count, at)
        slices.append((at, count))
    return slices


@given(rates, lateness)
def test_no_more_entries_than_the_rate_allows_in_any_time(rate: str, delays: list[float]) -> None:
    slices = run(replace(NEW, size=10**9, rate=rate), delays)
    per_second = float(rate)
    for first, last in itertools.combinations(range(len(slices)), 2):
        done = sum(count for _, count in slices[first : last + 1])
        seconds = (slices[last][0] - slices[first][0]) / TICKS_PER_SECOND
        assert done <= per_second * seconds + 1 + per_second / 10 + 1e-3


@pytest.mark.parametrize("rate", ["0.5", "1", "3", "7.5", "20", "99", "1000", "40000"])
@pytest.mark.parametrize("late", [0.0, 0.01, 0.03])
def test_ten_seconds_are_within_a_twentieth_of_the_rate(rate: str, late: float) -> None:
    batch, at = replace(NEW, size=10**9, rate=rate), NOON
    done, end = 0, later(NOON, seconds=100)
    while at < end:
        count = bulk_rates.allowed(batch, at) or 0
        batch, done = bulk_rates.taken(batch, count, at), done + count
        at = later(bulk_rates.ready_at(batch, at), seconds=late)
    assert abs(done - 100 * float(rate)) <= 5 * float(rate) + 1


def test_without_a_rate_any_number_may_be_done_at_once() -> None:
    assert bulk_rates.allowed(NEW, NOON) is None
    assert bulk_rates.ready_at(NEW, NOON) == NOON
    assert bulk_rates.taken(NEW, 1_000, NOON) is NEW


def test_the_last_entries_are_not_waited_for_longer_than_they_take() -> None:
    batch = bulk_rates.taken(replace(NEW, size=3, rate="1000"), 101, NOON)
    waits = (bulk_rates.ready_at(batch, NOON) - NOON) / TICKS_PER_SECOND
    assert math.isclose(waits, 0.003, rel_tol=1e-3)


def test_a_faster_rate_does_not_wait_for_the_slower_one() -> None:
    batch = bulk_rates.taken(replace(NEW, rate="0.1"), 1, NOON)
    assert bulk_rates.ready_at(batch, NOON) > later(NOON, seconds=9)
    faster = bulk_rates.changed(batch, "10", NOON)
    assert bulk_rates.ready_at(faster, NOON) <= later(NOON, seconds=0.2)
    assert bulk_rates.allowed(bulk_rates.changed(batch, None, NOON), NOON) is None
