"""Every metric: name, kind, labels, description. `docs/reference/metrics.md` is generated from this table.

Labels have few values, which come from the code: no path, id, login or other text of a client.
"""

from enum import StrEnum

import msgspec

REQUEST_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LANE_BOUNDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
JOB_BOUNDS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
GROUP_BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
JOBS_COUNTED = 10_000


class Kind(StrEnum):
    """The types of Prometheus."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(msgspec.Struct, frozen=True):
    """One metric. With `is_common`, all processes have the same value and the highest is used; others are summed."""

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
    "Time from the headers of a request to its reply.",
    "dialect",
)
REFUSALS = _counter("dragoman_refusals_total", "Refused requests, by the code of the error.", "code")
INCIDENTS = _counter("dragoman_incidents_total", "Replies 500: bugs of the server, each logged with its trace.")
LOOP_LAG = _histogram(
    "dragoman_event_loop_lag_seconds",
    LANE_BOUNDS,
    "Delay of a timer in the event loop, measured four times a second.",
)
IN_HAND = _gauge("dragoman_requests_in_hand", "Requests that are being worked at, without streams and long polls.")
HELD = _gauge(
    "dragoman_requests_held", "Requests that wait for their turn, because `limits.in_hand` others are in hand."
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
    "Time that a command waited for its transaction; `work` is `request`, or `bulk` for slices of background work.",
    "queue",
    "work",
)
GROUP_SECONDS = _histogram(
    "dragoman_group_duration_seconds",
    LANE_BOUNDS,
    "Duration of a transaction, including its commit; `work` is `bulk` if it contained a slice of background work.",
    "queue",
    "work",
)
QUEUE_LENGTH = _gauge("dragoman_queue_length", "Commands that are waiting for a transaction.", "queue")
LANES = _gauge("dragoman_lanes", "Threads, each with its own connection, that serve a queue.", "queue")
TROUBLES = _counter(
    "dragoman_database_troubles_total",
    "Transactions that the database refused: `retry` (a conflict, or the database was busy), `clash`, `full`, "
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
    "Waiting time of the job that has been due for longest, over all tenants; 0 when none is due.",
    is_common=True,
)
TIMERS_OVERDUE = _gauge(
    "dragoman_timers_overdue_seconds",
    "Delay of the oldest timer that is due and has not fired, over all tenants; 0 when none is due.",
    "timer",
    is_common=True,
)
DATABASE_UP = _gauge(
    "dragoman_database_up",
    "1 if the database responded within two seconds, else 0; then the metrics of jobs and timers are missing.",
    is_common=True,
)
JOB_ATTEMPTS = _counter(
    "dragoman_job_attempts_total",
    "Attempts at jobs in this process, by kind and outcome: `finished`, `failed`, `discarded`, `later` (the server was "
    "busy), `lost` (another worker has the job).",
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
    *(REQUESTS, REQUEST_SECONDS, REFUSALS, INCIDENTS, LOOP_LAG, IN_HAND, HELD),
    *(GROUP_SIZE, QUEUE_WAIT, GROUP_SECONDS, QUEUE_LENGTH, LANES, TROUBLES),
    *(JOBS, JOBS_OVERDUE, TIMERS_OVERDUE, DATABASE_UP, JOB_ATTEMPTS, JOB_SECONDS, TIMERS_FIRED, TIMERS_ASIDE),
    *(DATABASE_BYTES, DISK_FREE, WORKERS, BUILD),
    *PROCESS,
)
"""All of them, in the order of the page."""
