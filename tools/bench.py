"""Runs what is in `bench/` on both engines, each in a temporary place and flushing as an installation does.

python -m tools.bench [options that all of them have: --rounds]

The last line is JSON with the figures of all. With QUICK=1 in the environment it is short, to see that it runs; such
figures mean little.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.postgres import PostgreSQL

BENCH = Path(__file__).resolve().parents[1] / "bench"
BENCHES: dict[str, tuple[str, ...]] = {
    "lane.py": ("--rounds", "2", "--seconds", "0.5"),
    "over_http.py": ("--rounds", "2", "--seconds", "0.5"),
    "bulk.py": ("--rounds", "1", "--tasks", "40000"),
}
"""Each bench, and the options that make it short."""


def main(arguments: list[str]) -> int:
    """The exit status of the benches: that of the first that failed."""
    figures: dict[str, object] = {}
    with PostgreSQL(durable=True) as server, tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        for bench, short in BENCHES.items():
            urls = [f"sqlite:///{folder}/{bench}.db", server.url(server.create_database())]
            options = [*(short if os.environ.get("QUICK") else ()), *arguments]
            status, last = run([sys.executable, str(BENCH / bench), *urls, *options])
            if status != 0:
                return status
            figures |= json.loads(last)
    print(json.dumps(figures))
    return 0


def run(command: list[str]) -> tuple[int, str]:
    """Its exit status and its last line, which is kept for the end; what it says before that is passed on at once."""
    last = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            print(last, end="", flush=True)
            last = line
    return process.returncode, last


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
