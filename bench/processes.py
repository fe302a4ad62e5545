"""Servers as processes of their own: started on a free port, waited for until they answer, stopped at the end."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RIVALS = ROOT / ".venv-bench" / "bin"
DRAGOMAN = Path(sys.executable).with_name("dragoman")
PATIENCE_SECONDS = 60.0


@contextmanager
def running(
    command: Sequence[str | Path], address: str, more: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The process, once it answers anything at its address. SystemExit when it does not."""
    with subprocess.Popen(
        [str(word) for word in command],
        env=environment() | dict(more or {}),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait(process, address)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)


def environment() -> dict[str, str]:
    """Ours, but for what configures Dragoman."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("DRAGOMAN_")}
    return known | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _answers(address):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"{process.args!r} did not get ready")
        time.sleep(0.02)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE_SECONDS):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
