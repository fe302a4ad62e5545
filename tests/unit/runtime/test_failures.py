"""Failed logins are counted for each key, within a window."""

import pytest

from dragoman.domain.errors import TooMany
from dragoman.runtime import failures as limits
from dragoman.runtime.failures import Failures


def test_ten_failures_refuse_further_logins_within_the_window() -> None:
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
