"""A batch of a million entries through a server: uploaded, previewed, run, its results streamed, and taken back, with a
pause on the way.

The server's memory is looked at all the while. On PostgreSQL the rate of the results stands beside that of PostgreSQL's
own COPY of the same rows.
"""

import json
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlencode

import psycopg

from bench import world
from bench.contenders import Side
from bench.gauges import memory_mb
from bench.plan import Bench
from bench.servers import answer, dragoman
from bench.world import World

BATCHES = "/v1/batches"
FORMS = ("application/x-ndjson", "text/csv")
LOOK_SECONDS = 0.1
STILL_SECONDS = 1.0  # how long a paused batch is looked at
PATIENCE_SECONDS = 3_600.0
ENDED = {"completed", "stopped", "cancelled", "expired"}
COPY = """COPY (SELECT "index", "error" IS NULL, unchanged, object, code, "error", "at" FROM batch_outcome
WHERE batch = (SELECT number FROM batch WHERE uid = '{uid}') ORDER BY "index") TO STDOUT (FORMAT csv)"""


def run(bench: Bench, engine: str) -> None:
    """One batch on one engine. The worse engine's memory counts."""
    size = bench.plan.many
    place = world.make(bench.databases, engine, bench.plan.few, samples=size)
    with dragoman(place) as side:
        asked = Asked(side, place)
        with _watched(side) as largest:
            took: dict[str, float] = {}
            uid = asked.timed(took, "upload", lambda: asked.upload(size))
            asked.timed(took, "preview", lambda: asked.reach(uid, {"pending_review"}))
            asked.decide(uid)
            asked.timed(took, "run", lambda: asked.reach(uid, ENDED))
            rates = {form: _rates(size, 1, partial(asked.results, uid, form)) for form in FORMS}
            undo = asked.undo(uid)
            asked.timed(took, "undo's preview", lambda: asked.reach(undo, {"pending_review"}))
            asked.decide(undo)
            paused = asked.pause(undo)
            asked.timed(took, "undo", lambda: asked.reach(undo, ENDED))
            asked.must_have_succeeded(undo, size)
        spent = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in took.items())
        bench.report(f"{engine:9}a batch of {size:,}: {spent}; {largest[0]:.0f} MB; paused in {paused:.3f} s")
        if engine == "postgres":
            copied = _rates(size, bench.plan.bulk_rounds, lambda: _copied(place, uid))
            shares = {form: rate / copied for form, rate in rates.items()}
            bench.report(f"{engine:9}COPY {copied:.0f} rows/s; results {rates}")
            bench.figures["results_vs_copy"] = round(min(shares.values()), 3)
    bench.figures["bulk_pause_s"] = max(round(paused, 3), bench.figures.get("bulk_pause_s", 0.0))
    bench.figures[f"bulk_rss_mb_1m_{engine}"] = round(largest[0], 1)
    bench.figures["bulk_rss_mb_1m"] = max(round(largest[0], 1), bench.figures.get("bulk_rss_mb_1m", 0.0))


class Asked:
    """The requests of one batch."""

    def __init__(self, side: Side, place: World) -> None:
        self._address, self._place = side.address + BATCHES, place
        self._headers = {"Authorization": f"Bearer {place.token}"}

    def upload(self, size: int) -> str:
        """Send a CSV of entries, line by line; the id of the batch."""
        options = {"method": "PATCH", "type": "task", "field": "id", "data": json.dumps({"priority": 1_000_000})}
        headers = {**self._headers, "Content-Type": "text/csv"}
        request = urllib.request.Request(
            f"{self._address}?{urlencode(options)}", data=self._lines(size), headers=headers, method="POST"
        )
        with urllib.request.urlopen(request) as got:
            return str(json.loads(got.read())["id"])

    def _lines(self, size: int) -> Iterator[bytes]:
        yield b"id\n"
        for first in range(self._place.sampled, self._place.sampled + size, 10_000):
            stop = min(first + 10_000, self._place.sampled + size)
            yield "".join(f"{number}\n" for number in range(first, stop)).encode()

    def reach(self, uid: str, wanted: set[str]) -> None:
        """Wait until the batch has one of these statuses."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            status = answer(f"{self._address}/{uid}?wait=30", self._headers)["status"]
            if status in wanted:
                return
            if status in ENDED:
                raise SystemExit(f"the batch is {status}")
        raise SystemExit(f"the batch did not become {sorted(wanted)}")

    def decide(self, uid: str) -> None:
        """Approve it."""
        answer(f"{self._address}/{uid}/approve", self._headers, "POST", {})

    def pause(self, uid: str) -> float:
        """Pause a batch that is under way, see that it stands still, and let it go on; how many seconds the pause took
        to act."""
        while not (before := self._of(uid))["counts"]["processed"]:
            time.sleep(LOOK_SECONDS)
        began = time.perf_counter()
        stood = answer(f"{self._address}/{uid}/pause", self._headers, "POST", {})
        took = time.perf_counter() - began
        time.sleep(STILL_SECONDS)
        after = self._of(uid)
        if before["status"] != "running" or after["counts"] != stood["counts"] or after["status"] != "paused":
            raise SystemExit(f"the batch did not stand still: {before}, {stood}, {after}")
        answer(f"{self._address}/{uid}/resume", self._headers, "POST", {})
        return took

    def _of(self, uid: str) -> Any:
        return answer(f"{self._address}/{uid}", self._headers)

    def undo(self, uid: str) -> str:
        """The id of the batch that takes it back."""
        return str(answer(f"{self._address}/{uid}/undo", self._headers, "POST", {})["id"])

    def results(self, uid: str, form: str) -> int:
        """Read the whole file; how many rows it has."""
        request = urllib.request.Request(f"{self._address}/{uid}/results", headers={**self._headers, "Accept": form})
        lines = 0
        with urllib.request.urlopen(request) as got:
            while piece := got.read(1 << 20):
                lines += piece.count(b"\n")
        return lines - (form == "text/csv")

    def must_have_succeeded(self, uid: str, size: int) -> None:
        """Each entry is done."""
        counts = answer(f"{self._address}/{uid}", self._headers)["counts"]
        if counts["success"] != size:
            raise SystemExit(f"{counts} of {size} entries")

    @staticmethod
    def timed(took: dict[str, float], name: str, do: Callable[[], Any]) -> Any:
        """Note how long something takes; what it returns."""
        began = time.perf_counter()
        found = do()
        took[name] = time.perf_counter() - began
        return found


@contextmanager
def _watched(side: Side) -> Iterator[list[float]]:
    """The largest memory of the server during the block, in MB."""
    largest, over = [0.0], threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            largest[0] = max(largest[0], memory_mb(side.pids()))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield largest
    finally:
        over.set()
        watcher.join()


def _rates(size: int, rounds: int, read: Callable[[], int]) -> float:
    """Rows a second of reading so many."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        rows = read()
        if rows != size:
            raise SystemExit(f"{rows} of {size} rows")
        found.append(size / (time.perf_counter() - began))
    return statistics.median(found)


def _copied(place: World, uid: str) -> int:
    """Read the same rows by COPY; how many."""
    rows = 0
    url = place.url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url) as connection, connection.cursor().copy(COPY.format(uid=uid)) as copy:
        for block in copy:
            rows += bytes(block).count(b"\n")
    return rows
