"""The rivals' packages, in a virtual environment of their own: none of them is anything that Dragoman needs."""

import subprocess
import sys
from pathlib import Path

from bench.processes import RIVALS

LOCK = Path(__file__).with_name("requirements.lock")


def install() -> None:
    """Make `.venv-bench` hold what `requirements.lock` pins; done again only when that changed."""
    folder = RIVALS.parent
    done = folder / ".installed"
    if done.exists() and done.read_text() == LOCK.read_text():
        return
    print(f"Installing what is pinned in {LOCK.name} into {folder.name} ...", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    command = [str(RIVALS / "pip"), "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
    subprocess.run([*command, str(LOCK)], check=True)
    done.write_text(LOCK.read_text())
