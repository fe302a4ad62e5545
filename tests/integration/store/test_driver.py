"""Where the driver with its own SQLite is missing: the standard library's serves if its SQLite is safe."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.architecture.source import ROOT

WITHOUT = """
import sys
sys.modules["pysqlite3"] = None
from dragoman.store.engine import sqlite
if sys.argv.pop(1) == "safe":
    sqlite.OLDEST_SAFE = (3,)
from dragoman.cli.main import main
sys.exit(main())
"""


def run(tmp_path: Path, safety: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command of ours in a Python without the driver."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "DRAGOMAN_DATABASE": f"sqlite:///{tmp_path / 'd.db'}"}
    command = [sys.executable, "-c", WITHOUT, safety, *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, input="", check=False)


def test_an_unsafe_sqlite_is_refused_in_a_sentence(tmp_path: Path) -> None:
    done = run(tmp_path, "as it is", "tenant", "add", "north")
    if sqlite3.sqlite_version_info < (3, 51, 3):
        assert (done.returncode, done.stdout) == (2, "")
        assert f"SQLite {sqlite3.sqlite_version} may lose commits; 3.51.3 or later is needed" in done.stderr
        assert not list(tmp_path.iterdir())
    else:
        assert done.returncode == 0, done.stderr


def test_the_standard_librarys_driver_serves_as_well(tmp_path: Path) -> None:
    for command in (("tenant", "add", "north"), ("user", "add", "anna", "--admin"), ("verify",)):
        done = run(tmp_path, "safe", *command)
        assert done.returncode == 0, done.stderr
    assert "anna" in run(tmp_path, "safe", "user", "list").stdout
