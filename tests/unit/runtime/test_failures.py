"""Failed logins are counted for each key, within a window."""

import pytest

from dragoman.runtime import failures as limits
from dragoman.runtime.failures import Failures


def test_failures_count_within_the_window() -> None:
    failures: Failures[str] = Failures(10, 900)
    for second in range(10):
        assert failures.full_until("k", second) is None
        failures.add("k", second, "anna")
    assert failures.count("k", 10) == 10
    assert failures.full_until("k", 10) == 900
    assert failures.full_until("k", 900.5) is None  # the first is forgotten
    assert failures.count("k", 900.5) == 9
    assert failures.count("k", 2000) == 0


def test_of_many_the_last_ones_count() -> None:
    failures: Failures[str] = Failures(2, 900)
    for second in range(5):
        failures.add("k", second, "anna")
    assert failures.count("k", 5) == 2
    assert failures.full_until("k", 5) == 903


def test_one_key_failing_closes_no_other() -> None:
    failures: Failures[tuple[str, str]] = Failures(1, 900)
    failures.add(("anna", "10.0.0.1"), 0, "anna")
    assert failures.full_until(("anna", "10.0.0.2"), 0) is None
    assert failures.full_until(("bert", "10.0.0.1"), 0) is None


def test_a_key_is_dropped() -> None:
    failures: Failures[str] = Failures(1, 900)
    failures.add("k", 0, "anna")
    failures.drop("k")
    assert failures.count("k", 0) == 0


def test_failures_of_an_account_are_forgotten_up_to_a_moment() -> None:
    failures: Failures[str] = Failures(10, 900)
    for second, account in enumerate(["anna", "bert", "anna", "anna"]):
        failures.add("10.0.0.1", second, account)
    failures.add("10.0.0.2", 0, "anna")
    failures.forget("anna", 2)
    assert failures.count("10.0.0.1", 4) == 2
    assert failures.count("10.0.0.2", 4) == 0


def test_a_flood_of_names_is_forgotten_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_KEYS", 2)
    failures: Failures[str] = Failures(1, 900)
    for key in "abc":
        failures.add(key, 0, key)
    assert [failures.count(key, 0) for key in "abc"] == [0, 1, 1]
