"""How long our server takes from its start until it accepts, on an empty SQLite database."""

import signal
import statistics
import subprocess
import time

from bench.plan import Bench
from bench.processes import DRAGOMAN, environment
from tests.support.postgres import free_port

TIMES = 5


def run(bench: Bench, engine: str = "sqlite") -> None:
    """The median of some starts."""
    took = [start(bench.databases.empty(engine)) for _ in range(TIMES)]
    bench.report(f"{engine:9}from start to ready: {', '.join(f'{seconds:.2f}' for seconds in took)} s")
    bench.figures["ready_s"] = round(statistics.median(took), 3)


def start(url: str) -> float:
    """Seconds until it reports that it is ready."""
    command = [str(DRAGOMAN), "serve", "--port", str(free_port()), "--database", url]
    began = time.perf_counter()
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        line = b"" if server.stdout is None else server.stdout.readline()
        took = time.perf_counter() - began
        server.send_signal(signal.SIGTERM)
    if not line.startswith(b"dragoman ready "):
        raise SystemExit(f"the server did not get ready: {line!r}")
    return took
