"""Every metric: its name, kind, labels, and one sentence. `docs/reference/metrics.md` is made from this table.

Labels take few values, all of them ours: no path, id, login or anything else that a client chooses.
"""

from enum import StrEnum

import msgspec

REQUEST_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LANE_BOUNDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
JOB_BOUNDS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
GROUP_BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
JOBS_COUNTED = 10_000


class Kind(StrEnum):
    """What may be done with the values: rates of counters, levels of gauges, quantiles of histograms."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(msgspec.Struct, frozen=True):
    """One metric. With `is_common` all processes say the same, and the highest counts; else they are added up."""

    name: str
    kind: Kind
    summary: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    is_common: bool = False


def _counter(name: str, summary: str, *labels: str) -> Metric:
    return Metric(name, Kind.COUNTER, summary, labels)


def _gauge(name: str, summary: str, *labels: str, is_common: bool = False) -> Metric:
    return Metric(name, Kind.GAUGE, summary, labels, is_common=is_common)


def _histogram(name: str, bounds: tuple[float, ...], summary: str, *labels: str) -> Metric:
    return Metric(name, Kind.HISTOGRAM, summary, labels, bounds)


REQUESTS = _counter(
    "dragoman_requests_total",
    "Requests answered, by the dialect and its operation (`none` where there is none: pages, health, unknown paths) "
    "and by the class of the status: `2xx`, `3xx`, `4xx`, `5xx`.",
    "dialect",
    "operation",
    "status",
)
REQUEST_SECONDS = _histogram(
    "dragoman_request_duration_seconds",
    REQUEST_BOUNDS,
    "From a request's head to its answer.",
    "dialect",
)
REFUSALS = _counter("dragoman_refusals_total", "Requests that were refused, by the code of the error.", "code")
INCIDENTS = _counter("dragoman_incidents_total", "Answers 500: faults of the server, each logged with its trace.")
LOOP_LAG = _histogram(
    "dragoman_event_loop_lag_seconds",
    LANE_BOUNDS,
    "How much later than wanted the event loop did what it was to do, looked at four times a second.",
)

GROUP_SIZE = _histogram(
    "dragoman_group_size",
    GROUP_BOUNDS,
    "How many commands shared a transaction; `queue` is `write` or `read`.",
    "queue",
)
QUEUE_WAIT = _histogram(
    "dragoman_queue_wait_seconds",
    LANE_BOUNDS,
    "How long a command waited before its transaction began; `work` is `request`, or `bulk` for slices of long work.",
    "queue",
    "work",
)
GROUP_SECONDS = _histogram(
    "dragoman_group_duration_seconds",
    LANE_BOUNDS,
    "How long a transaction took, from its begin to the end of its commit; `bulk` if a slice of long work rode in it.",
    "queue",
    "work",
)
QUEUE_LENGTH = _gauge("dragoman_queue_length", "Commands that wait for a transaction now.", "queue")
LANES = _gauge("dragoman_lanes", "Threads, each with a connection of its own, that take from a queue.", "queue")
TROUBLES = _counter(
    "dragoman_database_troubles_total",
    "Transactions that the database did not take: `retry` (another was quicker, or it was busy), `clash`, `full`, "
    "`lost` (the connection).",
    "trouble",
)

JOBS = _gauge(
    "dragoman_jobs",
    f"Jobs in the database by state, of all tenants; each tenant's are counted up to {JOBS_COUNTED:,}.",
    "state",
    is_common=True,
)
JOBS_OVERDUE = _gauge(
    "dragoman_jobs_overdue_seconds",
    "How long the job has waited that is due longest, in any tenant; 0 when none is due.",
    is_common=True,
)
TIMERS_OVERDUE = _gauge(
    "dragoman_timers_overdue_seconds",
    "How long ago the moment of a timer came that has not fired, the oldest in any tenant; else 0.",
    "timer",
    is_common=True,
)
DATABASE_UP = _gauge(
    "dragoman_database_up",
    "1 when the database answered for this page within two seconds, else 0; then the lines about jobs and timers are "
    "missing.",
    is_common=True,
)
JOB_ATTEMPTS = _counter(
    "dragoman_job_attempts_total",
    "Attempts at jobs that ended here, by kind and outcome: `finished`, `failed`, `discarded` (given up), `later` (the "
    "server was too busy), `lost` (another has it).",
    "kind",
    "outcome",
)
JOB_SECONDS = _histogram("dragoman_job_duration_seconds", JOB_BOUNDS, "How long an attempt at a job took.", "kind")
TIMERS_FIRED = _counter("dragoman_timers_fired_total", "Timers that fired here.", "timer")
TIMERS_ASIDE = _gauge("dragoman_timers_put_aside", "Timers that failed here within the last minute.")

DATABASE_BYTES = _gauge(
    "dragoman_database_bytes", "Size of the SQLite file (`main`) and of its write-ahead log (`wal`).", "file"
)
DISK_FREE = _gauge("dragoman_disk_free_bytes", "Room that is left where the SQLite file lies.")
WORKERS = _gauge("dragoman_workers", "Processes of this server, over which the other values are added up.")
BUILD = _gauge(
    "dragoman_build_info",
    "Always 1; which release, Python and database engine this is.",
    "version",
    "python",
    "database",
    is_common=True,
)

# Those that every program has, under the names that all of them use.
PROCESS = (
    _counter("process_cpu_seconds_total", "Time of processors that it used."),
    _gauge("process_resident_memory_bytes", "Memory that it holds."),
    _gauge("process_virtual_memory_bytes", "Addresses that it has mapped."),
    _gauge("process_open_fds", "Open files and connections."),
    _gauge("process_max_fds", "Most files and connections that may be open.", is_common=True),
    _gauge("process_start_time_seconds", "When it was started, in seconds since 1970.", is_common=True),
)

METRICS: tuple[Metric, ...] = (
    *(REQUESTS, REQUEST_SECONDS, REFUSALS, INCIDENTS, LOOP_LAG),
    *(GROUP_SIZE, QUEUE_WAIT, GROUP_SECONDS, QUEUE_LENGTH, LANES, TROUBLES),
    *(JOBS, JOBS_OVERDUE, TIMERS_OVERDUE, DATABASE_UP, JOB_ATTEMPTS, JOB_SECONDS, TIMERS_FIRED, TIMERS_ASIDE),
    *(DATABASE_BYTES, DISK_FREE, WORKERS, BUILD),
    *PROCESS,
)
"""All of them, in the order of the page."""
