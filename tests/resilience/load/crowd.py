"""A crowd of one tenant's clients asks again and again at once; ten of another tenant go on nearly as before.

python -m tests.resilience.load.crowd --backend sqlite --seconds 20
"""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.conftest import PASSWORD
from tests.resilience.load.clients import make_tasks
from tests.resilience.load.place import serving
from tests.resilience.load.wrk import drive
from tests.support.server import basic, command

CROWD = 2_000
FEW = 10
SLOWEST = 3.0
"""p99 beside the crowd may be so many times that without it."""


def run(backend: str, seconds: int) -> list[str]:
    """What was not as promised. The line of figures is printed."""
    with serving(backend) as place, ThreadPoolExecutor(1) as beside:
        command(place.url, "tenant", "add", "north")
        command(place.url, "user", "add", "nora", "--tenant", "north", "--admin", "--password-stdin", typed=PASSWORD)
        nora = basic("nora", PASSWORD) | {"Content-Type": "application/json"}
        for headers in (place.headers, nora):
            make_tasks(place.server, headers)
        alone = drive(place.server, nora, FEW, seconds)
        crowd = beside.submit(drive, place.server, place.headers, CROWD, seconds + 4)
        few = drive(place.server, nora, FEW, seconds)
        many = crowd.result()
    times = few.p99 / alone.p99
    faults = {
        f"p99 is {times:.1f} times that without the crowd": times > SLOWEST,
        f"{few.refused} of the few were refused": few.refused > 0,
        f"{few.errors + many.errors} connections got no answer": few.errors + many.errors > 0,
    }
    found = [text for text, is_so in faults.items() if is_so]
    print(
        f"crowd: {backend}, p99 of {FEW} clients {alone.p99 * 1e3:.1f} then {few.p99 * 1e3:.1f} ms beside {CROWD} of "
        f"another tenant, {few.taken_per_second:.0f} + {many.taken_per_second:.0f}/s -> {'FAIL' if found else 'PASS'}"
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
