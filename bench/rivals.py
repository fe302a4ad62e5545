"""The rivals' packages, in a virtual environment of their own: none of them is anything that Dragoman needs."""

import fcntl
import subprocess
import sys
from pathlib import Path

from bench.processes import RIVALS

LOCK = Path(__file__).with_name("requirements.lock")


def install() -> None:
    """Make `.venv-bench` hold what `requirements.lock` pins; done again only when that changed. One run at a time."""
    with LOCK.open() as pinned:
        fcntl.flock(pinned, fcntl.LOCK_EX)
        wanted, done = pinned.read(), RIVALS.parent / ".installed"
        if not done.exists() or done.read_text() != wanted:
            _install()
            done.write_text(wanted)


def _install() -> None:
    folder = RIVALS.parent
    print(f"Installing what is pinned in {LOCK.name} into {folder.name} ...", flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    command = [str(RIVALS / "pip"), "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
    subprocess.run([*command, str(LOCK)], check=True)
