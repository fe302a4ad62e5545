"""The pace of long work: how much of it is done a second, over the last ten seconds, from samples of its progress."""

from dragoman.domain.clock import TICKS_PER_SECOND, Moment

LATELY = 10 * TICKS_PER_SECOND
"""The time over which the rate is taken."""

Samples = tuple[tuple[int, int], ...]
"""Moments, and how much was done by then; oldest first."""


def noted(samples: Samples, at: Moment, done: int) -> Samples:
    """The samples with one more. About one a second is kept, and one that is older than the time of the rate."""
    kept = list(samples)
    if len(kept) > 1 and at - kept[-2][0] < TICKS_PER_SECOND:
        kept.pop()
    kept.append((at, done))
    while len(kept) > 2 and kept[1][0] <= at - LATELY:
        kept.pop(0)
    return tuple(kept)


def rate(samples: Samples, done: int, now: Moment) -> float | None:
    """How much is done a second; None when nothing moves."""
    since = now - LATELY
    recent = [sample for sample in samples if sample[0] > since]
    if not recent:
        return None
    start: float
    before: float
    start, before = recent[0]
    if len(recent) < len(samples):
        at, known = samples[-len(recent) - 1]
        before = known + (before - known) * (since - at) / (start - at)  # as if it had moved evenly between the two
        start = since
    seconds = (now - start) / TICKS_PER_SECOND
    return round((done - before) / seconds, 3) if done > before and seconds > 0 else None


def end(per_second: float, left: int, now: Moment) -> Moment:
    """When the rest is done at this rate."""
    return Moment(now + int(left / per_second * TICKS_PER_SECOND))
