"""Where the time of a request goes in our server: by thread and by layer, sampled from outside (py-spy).

A sample belongs to what its thread waits for, when it waits; else to the layer of the innermost function that is
anybody's, so that what Python and its libraries do for a layer counts as that layer's.
"""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench import world
from bench.contenders import Contender, Side
from bench.plan import Bench
from bench.processes import RIVALS
from bench.servers import dragoman

RATE = 200
WORKS = ("update", "read", "list")
CONNECTIONS = 64
MARGIN_SECONDS = 1.0  # the load begins before the first sample and ends after the last
THREADS = {"MainThread": "event loop", "lane": "lanes", "reader": "readers"}
INNERMOST = 6
IDLE = "waits for work"
WAITS = (
    ("waits for the disk", r"\bf(data)?sync\b"),
    ("waits for the interpreter", r"pthread_cond_timedwait|take_gil"),  # Python's lock; its others wait otherwise
    ("waits for the database", r"psycopg.*(poll|epoll_wait|select)\b"),
    (IDLE, r"lock_PyThread_acquire_lock|SimpleQueue_get|epoll_wait|uv__io_poll"),
)
LAYERS = (
    ("SQLite", r"sqlite"),
    ("psycopg", r"psycopg|libpq"),
    ("SQLAlchemy", r"sqlalchemy/"),
    ("log", r"dragoman/logs\.py|/logging/|logging/__init__"),
    ("metrics and traces", r"dragoman/(metrics|tracing)"),
    ("dialect", r"dragoman/dialects/"),
    ("use cases and domain", r"dragoman/(usecases|domain)/"),
    ("store", r"dragoman/store/"),
    ("HTTP", r"dragoman/(http/|app\.py)|uvicorn/|starlette/|httptools|loop\.c|uvloop"),
)
_waits = [(name, re.compile(pattern)) for name, pattern in WAITS]
_layers = [(name, re.compile(pattern)) for name, pattern in LAYERS]


@dataclass(frozen=True)
class Profile:
    """Microseconds of each request: layer -> thread -> µs. `rate` is how many a second there were while it was made."""

    engine: str
    work: str
    rate: float
    layers: dict[str, dict[str, float]]


def run(bench: Bench, engine: str) -> Iterator[Profile]:
    """Our server under each kind of work, one after the other."""
    place = world.make(bench.databases, engine, bench.plan.few)
    with dragoman(place) as side:
        for work in WORKS:
            side.ask(work, CONNECTIONS, MARGIN_SECONDS)
            yield profile(side, engine, work, CONNECTIONS, max(5.0, bench.plan.seconds), bench.folder)


def profile(side: Side, engine: str, work: str, connections: int, seconds: float, folder: Path) -> Profile:
    """Watch our server answer so many connections for so long. SystemExit when it can't be watched."""
    written = folder / "profile.txt"
    command = [str(RIVALS / "py-spy"), "record", "--pid", str(side.pid), "--duration", str(int(seconds)), "--threads"]
    command += ["--native", "--rate", str(RATE), "--format", "raw", "--output", str(written)]
    with ThreadPoolExecutor(1) as aside:
        asked = aside.submit(_ask, side, work, connections, seconds)
        done = subprocess.run(command, capture_output=True, text=True)
        rate = asked.result()
    if done.returncode != 0:
        raise SystemExit(f"py-spy could not watch the server: {done.stderr}")
    return Profile(engine, work, rate, layers(written.read_text().splitlines(), int(seconds), rate))


def _ask(side: Contender, work: str, connections: int, seconds: float) -> float:
    return side.ask(work, connections, seconds + 2 * MARGIN_SECONDS).rate


def layers(stacks: Sequence[str], seconds: float, rate: float) -> dict[str, dict[str, float]]:
    """What py-spy wrote, a stack and its count in each line, as microseconds of each request."""
    counts: Counter[tuple[str, str]] = Counter()
    for stack in stacks:
        frames, _, count = stack.rpartition(" ")
        thread, *inner = frames.split(";")
        counts[_layer(inner), _thread(thread)] += int(count)
    found: dict[str, dict[str, float]] = {}
    for (layer, thread), seen in counts.items():
        found.setdefault(layer, {})[thread] = seen / RATE / seconds / rate * 1e6
    return found


def _thread(title: str) -> str:
    name = title.rpartition(": ")[2].rpartition("-")[0] or title.rpartition(": ")[2]
    return THREADS.get(name, "others")


def _layer(frames: Sequence[str]) -> str:
    inner = " ".join(frames[-INNERMOST:])
    for name, pattern in _waits:
        if pattern.search(inner):
            return name
    for frame in reversed(frames):
        for name, pattern in _layers:
            if pattern.search(frame):
                return name
    return "other"
