"""One tenant takes all it can (RELIABILITY 24): a batch of 100,000 entries, and the others go on as before.

python -m tests.load.greedy --backend sqlite --entries 100000
"""

import argparse
import json
import sys
import time
from typing import Any

from tests.conftest import PASSWORD
from tests.resilience.load.clients import Seen, change, make_tasks
from tests.resilience.load.place import Place, serving
from tests.support.server import basic, command

SLOWEST = 2.0
"""p99 beside the batch may be so many times that of a quiet server."""
QUIET_SECONDS = 10.0
PACE = 200.0
PATIENCE_SECONDS = 1_800.0


def order(place: Place, entries: int) -> str:
    """A batch of anna's on as many new objects, without review: the answer says where it is told of."""
    numbers = [{"prefix": str(10_000_000 + index)} for index in range(entries)]
    body = json.dumps({"method": "POST", "type": "prefix", "review": False, "data": numbers})
    made = place.server.call("POST", "/core/v2/batch/tasks", body, place.headers)
    if made.status != 200:
        raise AssertionError(made.text)
    return f"/core/v2/batch/tasks/{made.json()['task_sid']}?include_fields=status,processed,total"


def told(place: Place, path: str) -> dict[str, Any]:
    """How far the batch is."""
    batch: dict[str, Any] = place.server.call("GET", path, headers=place.headers).json()
    return batch


def beside(place: Place, headers: dict[str, str], tasks: list[int], path: str) -> Seen:
    """What another tenant's clients see while the batch runs."""
    seen = Seen()
    until = time.monotonic() + PATIENCE_SECONDS
    while told(place, path)["status"] != "completed":
        if time.monotonic() > until:
            raise AssertionError(f"the batch does not end: {told(place, path)}")
        part = change(place.server, headers, tasks, 1.0, per_second=PACE)
        seen.statuses.update(part.statuses)
        seen.latencies += part.latencies
        seen.seconds += part.seconds
    return seen


def run(backend: str, entries: int) -> list[str]:
    """What was not as promised. The line of figures is printed."""
    with serving(backend) as place:
        command(place.url, "tenant", "add", "north")
        command(place.url, "user", "add", "nora", "--tenant", "north", "--admin", "--password-stdin", typed=PASSWORD)
        nora = basic("nora", PASSWORD) | {"Content-Type": "application/json"}
        tasks = make_tasks(place.server, nora)
        quiet = change(place.server, nora, tasks, QUIET_SECONDS, per_second=PACE)
        path = order(place, entries)
        greedy = beside(place, nora, tasks, path)
        ended = told(place, path)
    times = greedy.p99() / quiet.p99()
    faults = {
        f"p99 is {times:.1f} times that of a quiet server": times > SLOWEST,
        f"answers other than 2xx: {dict(greedy.statuses)}": greedy.done != greedy.statuses.total(),
        f"the batch ended at {ended}": ended["processed"] != entries,
        "the batch was over before anybody met it": greedy.done == 0,
    }
    found = [text for text, is_so in faults.items() if is_so]
    print(
        f"greedy: {backend}, {entries} entries in {greedy.seconds:.0f} s, p99 of another tenant "
        f"{quiet.p99() * 1e3:.1f} then {greedy.p99() * 1e3:.1f} ms -> {'FAIL' if found else 'PASS'}"
    )
    return found


def main() -> int:
    """The exit status."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--backend", choices=("sqlite", "postgresql"), default="sqlite")
    options.add_argument("--entries", type=int, default=100_000)
    given = options.parse_args()
    found = run(given.backend, given.entries)
    for text in found:
        print(f"  {text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
