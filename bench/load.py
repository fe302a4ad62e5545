"""Load on a server: wrk with the requests of `requests.lua`. Every request gets its answer, and each must be 2xx."""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SCRIPT = Path(__file__).with_name("requests.lua")
PATIENCE_SECONDS = 60


@dataclass
class Work:
    """A kind of request, and how far its turns have come.

    `path` may hold %d, the number of a task, of which there are `tasks` from `first` on, or %s, one of the `names`;
    each @ in `body` becomes the number of the turn. With `revision` the requests have If-Match; it is the revision of
    the tasks before the first turn. `paths` replaces all of these by a list of paths.
    """

    method: str = "GET"
    path: str = ""
    paths: Sequence[str] = ()
    names: Sequence[str] = ()
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
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


def load(
    address: str, work: Work, connections: int, seconds: float, rate: float | None = None, *, refusable: bool = False
) -> Answers:
    """Ask for so long, and wait for the last answer. SystemExit when one was not 2xx or did not come.

    With `rate` so many times a second, however long answers take, as far as there are connections. With `refusable` an
    answer may be a refusal, which isn't counted.
    """
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        arguments = _arguments(work, Path(folder)) | {"seconds": seconds, "connections": connections}
        arguments |= {} if rate is None else {"rate": rate}
        options = [f"{name}={value}" for name, value in arguments.items()]
        command = ["wrk", "-t1", f"-c{connections}", f"-d{int(seconds) + PATIENCE_SECONDS}s", "--timeout", "60s"]
        done = subprocess.run([*command, "-s", str(SCRIPT), address, "--", *options], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"wrk failed: {done.stdout}{done.stderr}")
    results = json.loads(done.stdout.splitlines()[-1])
    work.turn += results["issued"]
    refused = results["refused"]
    if (
        (refused and not refusable)
        or results["broken"]
        or results["answers"] != results["issued"]
        or not results["seconds"]
    ):
        raise SystemExit(f"{work.method} at {address}: not every request got a 2xx: {results}")
    count = results["answers"] - refused
    return Answers(count, count / results["seconds"], results["p50_ms"], results["p99_ms"])


def _arguments(work: Work, folder: Path) -> dict[str, object]:
    headers = {**work.headers, **({"Content-Type": "application/json"} if work.body else {})}
    lists = {
        "header": [f"{name}: {value}" for name, value in headers.items()],
        "paths": work.paths,
        "names": work.names,
    }
    arguments: dict[str, object] = {"turn": work.turn, "method": work.method, "path": work.path}
    arguments |= {"first": work.first, "tasks": len(work.names) or work.tasks}
    for name, lines in lists.items():
        if lines:
            (folder / name).write_text("".join(f"{line}\n" for line in lines))
            arguments[name] = folder / name
    if work.body:
        (folder / "body").write_text(work.body)
        arguments["body"] = folder / "body"
    return arguments if work.revision is None else arguments | {"revision": work.revision}
