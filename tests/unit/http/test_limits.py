"""Counters that refuse what comes too often."""

import pytest

from dragoman.domain.errors import TooMany
from dragoman.http import rate_limits as limits
from dragoman.http.rate_limits import Failures, Rates
from dragoman.settings import Limits


def test_the_tenth_failure_closes_the_door_for_the_window() -> None:
    failures = Failures(10, 900)
    for second in range(10):
        failures.check("k", second)
        failures.add("k", second)
    with pytest.raises(TooMany) as refused:
        failures.check("k", 10)
    assert refused.value.retry_after_seconds == 890
    failures.check("k", 900.5)  # the first is forgotten


def test_one_account_failing_closes_no_other() -> None:
    failures = Failures(1, 900)
    failures.add(("anna", "10.0.0.1"), 0)
    failures.check(("anna", "10.0.0.2"), 0)
    failures.check(("bert", "10.0.0.1"), 0)


def test_a_success_forgets_the_failures() -> None:
    failures = Failures(1, 900)
    failures.add("k", 0)
    failures.forget("k")
    failures.check("k", 0)


def test_a_flood_of_names_is_forgotten_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_KEYS", 2)
    failures = Failures(1, 900)
    for key in "abc":
        failures.add(key, 0)
    failures.check("a", 0)
    with pytest.raises(TooMany):
        failures.check("c", 0)


def test_a_burst_is_taken_and_then_the_rate_counts() -> None:
    rates = Rates(Limits(rate=True, rate_per_second=50, rate_burst=100))
    for _ in range(100):
        rates.take("t", 0.0)
    with pytest.raises(TooMany) as refused:
        rates.take("t", 0.0)
    assert refused.value.retry_after_seconds == 1
    rates.take("u", 0.0)
    rates.take("t", 0.021)
    with pytest.raises(TooMany):
        rates.take("t", 0.022)


def test_buckets_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_KEYS", 2)
    rates = Rates(Limits(rate=True, rate_burst=1))
    for key in "abc":
        rates.take(key, 0.0)
    rates.take("a", 0.0)  # forgotten, so full again


def test_changes_in_flight_are_bounded_and_given_back() -> None:
    rates = Rates(Limits(rate=True, rate_changes=1))
    with rates.change("t"):
        with pytest.raises(TooMany), rates.change("t"):
            pass
        with rates.change("u"):
            pass
    with rates.change("t"):
        pass
