"""The rate of long work over its last ten seconds."""

from hypothesis import given
from hypothesis import strategies as st

from dragoman.domain import pace
from dragoman.domain.clock import TICKS_PER_SECOND, Moment


def at(seconds: float) -> Moment:
    return Moment(round(seconds * TICKS_PER_SECOND))


def after(steps: list[tuple[float, int]]) -> pace.Samples:
    samples: pace.Samples = ((0, 0),)
    for seconds, done in steps:
        samples = pace.noted(samples, at(seconds), done)
    return samples


def test_a_steady_pace_is_its_rate() -> None:
    steps = [(tenth / 10, tenth * 5) for tenth in range(1, 301)]
    assert pace.rate(after(steps), 1_500, at(30)) == 50.0


def test_only_the_last_ten_seconds_count() -> None:
    steps = [(1.0, 10_000), *((float(second), 10_000 + 10 * second) for second in range(2, 31))]
    assert pace.rate(after(steps), 10_300, at(30)) == 10.0


def test_nothing_moves_without_progress() -> None:
    assert pace.rate((), 0, at(5)) is None
    assert pace.rate(after([]), 0, at(5)) is None
    assert pace.rate(after([(1.0, 5)]), 5, at(12)) is None


def test_the_end_follows_from_the_rate() -> None:
    assert pace.end(50.0, 100, at(10)) == at(12)


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 50)), max_size=200))
def test_few_samples_are_kept(steps: list[tuple[int, int]]) -> None:
    moment, done, samples = 0, 0, pace.noted((), Moment(0), 0)
    for passed, more in steps:
        moment, done = moment + passed, done + more
        samples = pace.noted(samples, Moment(moment), done)
        assert len(samples) <= 13
        assert samples[-1] == (moment, done)
        assert list(samples) == sorted(samples)
