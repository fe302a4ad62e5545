"""Runs `bench/lane.py` on both engines, each in a temporary place and flushing as an installation does.

python -m tools.bench [options of bench/lane.py]
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.postgres import PostgreSQL

LANE = Path(__file__).resolve().parents[1] / "bench" / "lane.py"


def main(arguments: list[str]) -> int:
    """The exit status of the bench."""
    with PostgreSQL(durable=True) as server, tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        urls = [f"sqlite:///{folder}/bench.db", server.url(server.create_database())]
        return subprocess.run([sys.executable, str(LANE), *urls, *arguments]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
