"""The values of all metrics at one moment, of one process or added up over several."""

import msgspec

from dragoman.metrics.table import METRICS, Metric
from dragoman.metrics.tally import Counts, Histogram

Labels = tuple[str, ...]


class Spread(msgspec.Struct):
    """What a Histogram held: how many in each bucket (not added up), and the sum of all values."""

    counts: list[int]
    sum: float


class Packed(msgspec.Struct):
    """A snapshot on its way to another process: by name of metric, the labels and value of each line."""

    levels: dict[str, list[tuple[Labels, float]]]
    spreads: dict[str, list[tuple[Labels, Spread]]]


class Snapshot:
    """Values by metric and labels. Setting one that is there already adds to it, or keeps the higher if common."""

    def __init__(self) -> None:
        self.levels: dict[str, dict[Labels, float]] = {}
        self.spreads: dict[str, dict[Labels, Spread]] = {}

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """The value of a gauge or counter."""
        values = self.levels.setdefault(metric.name, {})
        known = values.get(labels)
        values[labels] = value if known is None else max(known, value) if metric.is_common else known + value

    def count(self, metric: Metric, counts: Counts) -> None:
        """The values of a counter, from where it is raised."""
        for labels, number in counts.copy().items():
            self.set(metric, number, *labels)

    def spread(self, metric: Metric, histogram: Histogram, *labels: str) -> None:
        """The values of a histogram, from where it is raised."""
        self._add(metric.name, labels, Spread(list(histogram.counts), histogram.sum))

    def _add(self, name: str, labels: Labels, more: Spread) -> None:
        values = self.spreads.setdefault(name, {})
        known = values.get(labels)
        if known is not None:
            more = Spread([a + b for a, b in zip(known.counts, more.counts, strict=True)], known.sum + more.sum)
        values[labels] = more

    # Between processes

    def pack(self) -> bytes:
        """The snapshot for another process of the same release."""
        levels = {name: list(values.items()) for name, values in self.levels.items()}
        spreads = {name: list(values.items()) for name, values in self.spreads.items()}
        return msgspec.msgpack.encode(Packed(levels, spreads))

    def add_packed(self, packed: bytes) -> None:
        """Add up with that of another process."""
        packed_values = msgspec.msgpack.decode(packed, type=Packed)
        for metric in METRICS:
            for labels, value in packed_values.levels.get(metric.name, ()):
                self.set(metric, value, *labels)
            for labels, spread in packed_values.spreads.get(metric.name, ()):
                self._add(metric.name, labels, spread)
