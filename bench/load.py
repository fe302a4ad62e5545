"""Load on a server: wrk, told by `requests.lua` what to send. Every request gets its answer, and each must be 2xx."""

import json
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

SCRIPT = Path(__file__).with_name("requests.lua")
PATIENCE_SECONDS = 60


@dataclass
class Work:
    """A kind of request, and how far its turns have come.

    `path` may hold %d, the number of a task, of which there are `tasks` from `first` on; each @ in `body` becomes the
    number of the turn. With `revision` the requests say If-Match; it is what the tasks had before the first turn.
    """

    name: str
    method: str = "GET"
    path: str = ""
    paths: tuple[str, ...] = ()
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    first: int = 1
    tasks: int = 1
    revision: int | None = None
    turn: int = 0


@dataclass(frozen=True)
class Answers:
    """What came back, and how quickly."""

    count: int
    rate: float
    p50_ms: float
    p99_ms: float


def load(address: str, work: Work, connections: int, seconds: float) -> Answers:
    """Ask for so long, and wait for the last answer. SystemExit when one was not 2xx or did not come."""
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        arguments = _arguments(work, Path(folder)) | {"seconds": seconds, "connections": connections}
        told = [f"{name}={value}" for name, value in arguments.items()]
        command = ["wrk", "-t1", f"-c{connections}", f"-d{int(seconds) + PATIENCE_SECONDS}s", "--timeout", "60s"]
        done = subprocess.run([*command, "-s", str(SCRIPT), address, "--", *told], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"wrk failed: {done.stdout}{done.stderr}")
    said = json.loads(done.stdout.splitlines()[-1])
    work.turn += said["issued"]
    if said["refused"] or said["broken"] or said["answers"] != said["issued"] or not said["seconds"]:
        raise SystemExit(f"{work.name} at {address}: not every request got a 2xx: {said}")
    return Answers(said["answers"], said["answers"] / said["seconds"], said["p50_ms"], said["p99_ms"])


def _arguments(work: Work, folder: Path) -> dict[str, object]:
    headers = work.headers | ({"Content-Type": "application/json"} if work.body else {})
    (folder / "header").write_text("".join(f"{name}: {value}\n" for name, value in headers.items()))
    arguments: dict[str, object] = {"header": folder / "header", "turn": work.turn}
    if work.paths:
        (folder / "paths").write_text("".join(f"{path}\n" for path in work.paths))
        return arguments | {"paths": folder / "paths"}
    if work.body:
        (folder / "body").write_text(work.body)
        arguments["body"] = folder / "body"
    if work.revision is not None:
        arguments["revision"] = work.revision
    return arguments | {"method": work.method, "path": work.path, "first": work.first, "tasks": work.tasks}
