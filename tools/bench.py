"""Runs what is in `bench/` on both engines, each in a temporary place and flushing as an installation does.

python -m tools.bench [options of the benches: --rounds, --seconds]

With QUICK=1 in the environment: few and short rounds, to see that it runs; such figures mean little.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.postgres import PostgreSQL

BENCH = Path(__file__).resolve().parents[1] / "bench"
BENCHES = ("lane.py", "over_http.py")
QUICK = ("--rounds", "2", "--seconds", "0.5")


def main(arguments: list[str]) -> int:
    """The exit status of the benches: that of the first that failed."""
    chosen = [*(QUICK if os.environ.get("QUICK") else ()), *arguments]
    status = 0
    with PostgreSQL(durable=True) as server, tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        for bench in BENCHES:
            urls = [f"sqlite:///{folder}/{bench}.db", server.url(server.create_database())]
            status = status or subprocess.run([sys.executable, str(BENCH / bench), *urls, *chosen]).returncode
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
