"""Overload (RELIABILITY 41): more clients than can be served at once. Each waits for its turn, and as many are served
as before; whoever can't be served in time is told so.

python -m tests.load.overload --backend sqlite --seconds 20
"""

import argparse
import sys
import threading
from http.client import HTTPConnection
from time import monotonic

from tests.resilience.load.clients import make_tasks, patch
from tests.resilience.load.place import Place, serving
from tests.resilience.load.wrk import drive

CLIENTS = 64
MANY = 2_000
LEAST_SHARE = 0.9
LATEST_REFUSAL = 7.0
"""In seconds: `timeouts.turn_seconds`, and what a busy machine adds."""
MOST_MEMORY = 256.0
REFUSALS = (429, 503)
PAUSE_SECONDS = 0.05


class Probe:
    """A client that asks now and then, and the server's memory meanwhile."""

    def __init__(self, place: Place, task: int) -> None:
        self.refusals: list[float] = []
        self.odd: set[int] = set()
        self.memory = 0.0
        self._place = place
        self._task = task
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "Probe":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._place.server.port, timeout=30)
        turn = 0
        while not self._over.wait(PAUSE_SECONDS):
            turn += 1
            began = monotonic()
            status = patch(connection, self._place.headers, self._task, turn)
            if status in REFUSALS:
                self.refusals.append(monotonic() - began)
            elif status != 200:
                self.odd.add(status)
            self.memory = max(self.memory, self._place.memory())
        connection.close()

    @property
    def median(self) -> float:
        """Of the refusals, in seconds."""
        return sorted(self.refusals)[len(self.refusals) // 2] if self.refusals else 0.0


def run(backend: str, seconds: int) -> list[str]:
    """What was not as promised. The line of figures is printed."""
    with serving(backend) as place:
        tasks = make_tasks(place.server, place.headers)
        peak = drive(place.server, place.headers, CLIENTS, seconds)
        before = place.memory()
        with Probe(place, tasks[0]) as probe:
            over = drive(place.server, place.headers, MANY, seconds)
        after = drive(place.server, place.headers, CLIENTS, 2)
    share = over.taken_per_second / peak.taken_per_second
    faults = {
        f"only {share:.0%} of the peak were served": share < LEAST_SHARE,
        f"the median refusal took {probe.median * 1e3:.0f} ms": probe.median > LATEST_REFUSAL,
        f"memory grew by {probe.memory - before:.0f} MiB": probe.memory - before > MOST_MEMORY,
        f"answers were {sorted(probe.odd)}": bool(probe.odd),
        f"{over.errors} connections got no answer": over.errors > 0,
        "it did not go on afterwards": after.taken_per_second == 0,
    }
    found = [text for text, is_so in faults.items() if is_so]
    print(
        f"overload: {backend}, {MANY} clients, {over.taken_per_second:.0f}/s of {peak.taken_per_second:.0f}/s served, "
        f"{over.refused} refused in {probe.median * 1e3:.0f} ms, memory +{probe.memory - before:.0f} MiB -> "
        f"{'FAIL' if found else 'PASS'}"
    )
    return found


def main() -> int:
    """The exit status."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--backend", choices=("sqlite", "postgresql"), default="sqlite")
    options.add_argument("--seconds", type=int, default=20)
    given = options.parse_args()
    found = run(given.backend, given.seconds)
    for text in found:
        print(f"  {text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
