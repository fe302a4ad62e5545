"""Creeping growth (RELIABILITY 42): half an hour at 70 % of what the clients can do, and nothing may grow.

python -m tests.load.steady --backend sqlite --minutes 30
"""

import argparse
import sys
import threading
import time
from typing import NamedTuple

from tests.resilience.load.clients import change, make_tasks
from tests.resilience.load.place import Place, serving

SHARE = 0.7
PEAK_SECONDS = 10.0
LOOK_SECONDS = 1.0
MOST_MEMORY_PER_MINUTE = 1.0
MOST_LOG = 64 * 1.25
"""MiB: the bound, and what a group may add to it."""
MOST_FILES_MORE = 5
SLOWEST_GROWTH = 1.2


class Look(NamedTuple):
    """The server at one moment."""

    at: float
    memory: float
    files: int
    log: float


def watch(place: Place, until: threading.Event) -> list[Look]:
    """Look again and again."""
    looks, began = list[Look](), time.monotonic()
    while not until.wait(LOOK_SECONDS):
        looks.append(Look(time.monotonic() - began, place.memory(), place.files(), place.log_size()))
    return looks


def slope(looks: list[Look]) -> float:
    """By how many MiB a minute memory grows, as a straight line through all looks tells."""
    mean_at = sum(look.at for look in looks) / len(looks)
    mean = sum(look.memory for look in looks) / len(looks)
    spread = sum((look.at - mean_at) ** 2 for look in looks)
    return 60 * sum((look.at - mean_at) * (look.memory - mean) for look in looks) / spread if spread else 0.0


def run(backend: str, seconds: float) -> list[str]:
    """What grew. The line of figures is printed."""
    with serving(backend) as place:
        tasks = make_tasks(place.server, place.headers)
        peak = change(place.server, place.headers, tasks, PEAK_SECONDS).per_second
        until, looks = threading.Event(), list[Look]()
        watcher = threading.Thread(target=lambda: looks.extend(watch(place, until)))
        watcher.start()
        seen = change(place.server, place.headers, tasks, seconds, per_second=peak * SHARE)
        until.set()
        watcher.join()
    late = looks[len(looks) // 3 :]
    first, last = seen.p99(0, seconds / 3), seen.p99(seconds * 2 / 3)
    faults = {
        f"memory grows by {slope(late):.2f} MiB a minute": slope(late) > MOST_MEMORY_PER_MINUTE,
        f"{late[-1].files - late[0].files} more files are open": late[-1].files > late[0].files + MOST_FILES_MORE,
        f"the log has {max(look.log for look in looks):.0f} MiB": max(look.log for look in looks) > MOST_LOG,
        f"p99 went from {first * 1e3:.1f} to {last * 1e3:.1f} ms": last > first * SLOWEST_GROWTH,
        f"answers other than 2xx: {dict(seen.statuses)}": seen.done != seen.statuses.total(),
    }
    found = [text for text, is_so in faults.items() if is_so]
    print(
        f"steady: {backend}, {seconds / 60:.1f} min at {seen.per_second:.0f}/s of {peak:.0f}/s, memory "
        f"{late[-1].memory:.0f} MiB {slope(late):+.2f} a minute, {late[-1].files} files, log at most "
        f"{max(look.log for look in looks):.0f} MiB, p99 {first * 1e3:.1f} then {last * 1e3:.1f} ms -> "
        f"{'FAIL' if found else 'PASS'}"
    )
    return found


def main() -> int:
    """The exit status."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--backend", choices=("sqlite", "postgresql"), default="sqlite")
    options.add_argument("--minutes", type=float, default=30.0)
    given = options.parse_args()
    found = run(given.backend, given.minutes * 60)
    for text in found:
        print(f"  {text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
