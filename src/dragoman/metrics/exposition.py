"""A snapshot as Prometheus reads it, in its text format or in OpenMetrics, whichever the client prefers.

Imported for the first scrape, so that a start doesn't wait for the Prometheus client.
"""

from collections.abc import Iterator

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.core import (
    Metric as Family,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector, CollectorRegistry

from dragoman.metrics.snapshot import Snapshot, Spread
from dragoman.metrics.table import METRICS, PROCESS, Kind, Metric

FAMILIES = {Kind.COUNTER: CounterMetricFamily, Kind.GAUGE: GaugeMetricFamily}


def render(snapshot: Snapshot, accept: str = "") -> tuple[bytes, str]:
    """The page and its media type. Metrics without a value are left out."""
    encode, media_type = choose_encoder(accept)
    return encode(_Once(snapshot)), media_type


def measure_process(snapshot: Snapshot) -> None:
    """The operating system's figures of this process, where it has them."""
    values = {
        sample.name: sample.value for family in ProcessCollector(registry=None).collect() for sample in family.samples
    }
    for metric in PROCESS:
        if metric.name in values:
            snapshot.set(metric, values[metric.name])


class _Once(CollectorRegistry):
    """A registry of what one snapshot holds."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(auto_describe=False)
        self.register(_Values(snapshot))


class _Values(Collector):
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Family]:
        for metric in METRICS:
            if metric.name in self._snapshot.levels:
                yield _levels(metric, self._snapshot.levels[metric.name])
            elif metric.name in self._snapshot.spreads:
                yield _spreads(metric, self._snapshot.spreads[metric.name])


def _levels(metric: Metric, values: dict[tuple[str, ...], float]) -> Family:
    family: CounterMetricFamily | GaugeMetricFamily = FAMILIES[metric.kind](
        metric.name, metric.summary, labels=metric.labels
    )
    for labels, value in sorted(values.items()):
        family.add_metric(labels, value)
    return family


def _spreads(metric: Metric, values: dict[tuple[str, ...], Spread]) -> Family:
    family = HistogramMetricFamily(metric.name, metric.summary, labels=metric.labels)
    bounds = [*(f"{float(bound)}" for bound in metric.bounds), "+Inf"]
    for labels, spread in sorted(values.items()):
        so_far, buckets = 0, []
        for bound, number in zip(bounds, spread.counts, strict=True):
            so_far += number
            buckets.append((bound, so_far))
        family.add_metric(labels, buckets, spread.sum)
    return family
