"""Rate limits of requests."""

import pytest

from dragoman.domain.errors import TooMany
from dragoman.http import rate_limits as limits
from dragoman.http.rate_limits import Rates
from dragoman.settings import Limits


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
