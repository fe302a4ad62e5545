"""Metrics: counted right, added up over processes, written as Prometheus reads them."""

import re
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dragoman.command import EXCLUSIVE
from dragoman.logs import Line
from dragoman.metrics import exposition, table
from dragoman.metrics.groups import Groups
from dragoman.metrics.requests import MOST_CODES, OTHER, Requests
from dragoman.metrics.snapshot import Snapshot, Spread
from dragoman.metrics.table import METRICS, PROCESS, Kind, Metric
from dragoman.metrics.tally import Counts, Histogram
from dragoman.store.unit.overlay import Stamp
from dragoman.store.unit.work import Work

UNITS = ("_seconds", "_bytes", "_total", "_info")
WITHOUT_UNIT = {
    *("dragoman_group_size", "dragoman_queue_length", "dragoman_database_up", "dragoman_timers_put_aside"),
    *("dragoman_requests_in_hand", "dragoman_requests_held"),
}
NAMES_OF_THINGS = {"dragoman_lanes", "dragoman_jobs", "dragoman_workers", "process_open_fds", "process_max_fds"}


def line(**fields: object) -> Line:
    given = {"time": "", "level": "info", "event": "http.request", "request": "r", "method": "GET", "status": 200}
    return Line(**(given | fields))  # type: ignore[arg-type]


def told(*lines: Line) -> Snapshot:
    requests, snapshot = Requests(), Snapshot()
    for each in lines:
        requests.add(each)
    requests.measure(snapshot)
    return snapshot


def work(queued_at: float, *, bulk: bool = False) -> Work:
    made = Work(1, EXCLUSIVE, lambda overlay: None, Stamp("anna", "test", "test"))
    made.queued_at, made.is_bulk = queued_at, bulk
    return made


def waits(groups: Groups) -> dict[tuple[str, ...], float]:
    snapshot = Snapshot()
    groups.measure(snapshot, "write")
    return {labels: spread.sum for labels, spread in snapshot.spreads[table.QUEUE_WAIT.name].items()}


def test_a_value_on_a_bound_lies_below_it() -> None:
    histogram = Histogram((1.0, 2.0))
    histogram.observe_all([0.5, 1.0, 1.5, 2.0])
    histogram.observe(3.0)
    assert (histogram.counts, histogram.sum) == ([2, 2, 1], 8.0)


def test_snapshots_of_processes_add_up() -> None:
    ours, theirs = Snapshot(), Snapshot()
    counts = Counts()
    counts.add("retry")
    for snapshot, lag in ((ours, 0.5), (theirs, 2.0)):
        snapshot.count(table.TROUBLES, counts)
        snapshot.set(table.DATABASE_UP, 1)
        histogram = Histogram((1.0,))
        histogram.observe(lag)
        snapshot.spread(table.LOOP_LAG, histogram)
    ours.add_packed(theirs.pack())
    assert ours.levels[table.TROUBLES.name] == {("retry",): 2}
    assert ours.levels[table.DATABASE_UP.name] == {(): 1}  # common to both: not added
    assert ours.spreads[table.LOOP_LAG.name] == {(): Spread([1, 1], 2.5)}


def test_prometheus_reads_the_page() -> None:
    snapshot = told(line(dialect="native", operation="get_task", milliseconds=3.0), line(status=404))
    exposition.measure_process(snapshot)
    body, media_type = exposition.render(snapshot)
    families = {family.name: family for family in text_string_to_metric_families(body.decode())}
    assert media_type.startswith("text/plain; version=0.0.4")
    [sample] = [s for s in families["dragoman_requests"].samples if s.labels["dialect"] == "native"]
    assert (sample.labels["operation"], sample.labels["status"], sample.value) == ("get_task", "2xx", 1)
    buckets = {s.labels["le"]: s.value for s in families["dragoman_request_duration_seconds"].samples
               if s.name.endswith("_bucket") and s.labels["dialect"] == "native"}  # fmt: skip
    assert (buckets["0.0025"], buckets["0.005"], buckets["+Inf"]) == (0, 1, 1)
    assert families["process_resident_memory_bytes"].samples[0].value > 1_000_000


def test_what_was_refused_before_it_was_a_request_took_no_time() -> None:
    snapshot = told(line(event="http.refused", method="", status=431, code="headers_too_large"))
    assert snapshot.levels[table.REQUESTS.name] == {("none", "none", "4xx"): 1}
    assert snapshot.spreads[table.REQUEST_SECONDS.name][("none",)].counts == [0] * (len(table.REQUEST_BOUNDS) + 1)


def test_codes_are_bounded_whatever_is_refused() -> None:
    snapshot = told(*(line(status=400, code=f"code_{number}") for number in range(MOST_CODES + 10)))
    codes = snapshot.levels[table.REFUSALS.name]
    assert len(codes) == MOST_CODES + 1
    assert codes[(OTHER,)] == 10


def test_a_group_with_a_slice_of_bulk_work_says_nothing_of_how_long_requests_take() -> None:
    groups = Groups()
    groups.add([work(8.0), work(9.0)], 10.0, 0.5)
    groups.add([work(9.0), work(0.0, bulk=True)], 10.0, 4.0)
    snapshot = Snapshot()
    groups.measure(snapshot, "write")
    assert waits(groups) == {("write", "request"): 4.0, ("write", "bulk"): 10.0}
    seconds = snapshot.spreads[table.GROUP_SECONDS.name]
    assert (seconds["write", "request"].sum, seconds["write", "bulk"].sum) == (0.5, 4.0)
    assert snapshot.spreads[table.GROUP_SIZE.name]["write",].sum == 4


def test_a_request_of_a_known_kind_is_counted_with_two_calls() -> None:
    requests, one = Requests(), line(dialect="native", operation="get_task", milliseconds=3.0)
    requests.add(one)
    assert calls_of(lambda: requests.add(one)) == ["add", "observe"]


def calls_of(run: Callable[[], None]) -> list[str]:
    """The functions in Python that are called, without the given one."""
    called: list[str] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            called.append(frame.f_code.co_name)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return called[1:]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_follow_the_conventions(metric: Metric) -> None:
    assert metric.name.startswith("process_" if metric in PROCESS else "dragoman_")
    assert re.fullmatch("[a-z_]+", metric.name)
    assert (metric.kind is Kind.COUNTER) == metric.name.endswith("_total")
    assert metric.name.endswith(UNITS) or metric.name in WITHOUT_UNIT | NAMES_OF_THINGS
    assert bool(metric.bounds) == (metric.kind is Kind.HISTOGRAM)
    assert metric.summary.endswith(".")
