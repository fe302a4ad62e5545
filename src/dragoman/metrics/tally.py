"""Counting as it goes: raised for the price of an addition, read when somebody asks.

Each tally is raised by one thread alone. Others may read it at any time; what they see is one step old at most.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence


class Histogram:
    """How values are spread: how many lie at or below each bound but above the one before, and their sum."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)  # the last one for what lies above all bounds
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
    """How often each thing happened. A thing is what its metric's labels say of it, in their order."""

    __slots__ = ()

    def add(self, *labels: str, times: int = 1) -> None:
        self[labels] = self.get(labels, 0) + times
