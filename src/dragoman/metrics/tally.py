"""Counters: an increment costs an addition, and they are read for each scrape.

Each tally is raised by one thread alone. Others may read it at any time; what they see is one step old at most.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence


class Histogram:
    """A histogram: for each bound, the number of values up to it and above the one before, and the sum of all."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)  # the last one is for values above all bounds
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def observe_all(self, values: Iterable[float]) -> None:
        """As `observe` for each of them."""
        counts, bounds = self.counts, self.bounds
        total = 0.0
        for value in values:
            counts[bisect_left(bounds, value)] += 1
            total += value
        self.sum += total


class Counts(dict[tuple[str, ...], int]):
    """The count of each combination of label values, in the order of the metric's labels."""

    __slots__ = ()

    def add(self, *labels: str, times: int = 1) -> None:
        self[labels] = self.get(labels, 0) + times
