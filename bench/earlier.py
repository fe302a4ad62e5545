"""An earlier commit: its source in a temporary worktree, run with the packages that are installed, and its own data."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.processes import ROOT, environment
from bench.world import World

MAKER = Path(__file__).with_name("make_world.py")


class NotInThisCloneError(Exception):
    """The commit can't be had: the clone is shallow, or there is no git."""


@contextmanager
def checked_out(commit: str, folder: Path) -> Iterator[Path]:
    """The source of a commit, in a worktree that is removed afterwards. NotInThisCloneError when it can't be had."""
    if not _has(commit):
        raise NotInThisCloneError(f"commit {commit} is not in this clone; `git fetch --unshallow` brings it")
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--detach", str(folder), commit], check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True, capture_output=True)


def _has(commit: str) -> bool:
    git = ["git", "-C", str(ROOT), "cat-file", "-e", f"{commit}^{{commit}}"]
    try:
        return subprocess.run(git, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def path_of(source: Path) -> dict[str, str]:
    """The variables with which Python runs that source instead of ours."""
    return {"PYTHONPATH": f"{source}:{source / 'src'}"}


def world(source: Path, url: str, engine: str, count: int) -> World:
    """The same tasks as `bench.world.make` makes, in an empty database, made by that source."""
    command = [sys.executable, "-P", str(MAKER), url, engine, str(count)]
    made = subprocess.run(command, env=environment() | path_of(source), cwd=source, capture_output=True)
    if made.returncode != 0:
        raise SystemExit(f"{source} made no data: {made.stderr.decode()}")
    return msgspec.json.decode(made.stdout.splitlines()[-1], type=World)
