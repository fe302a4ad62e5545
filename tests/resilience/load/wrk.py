"""Load by wrk: more clients than a Python process can be."""

import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.resilience.load.clients import TASKS
from tests.support.server import Server

SCRIPT = """
local turn = 0
function setup(thread) thread:set("start", math.random(1000000)) end
function init() turn = start end
function request()
  turn = turn + 1
  return wrk.format("PATCH", "/v1/tasks/" .. (turn % %d + 1), nil, '{"priority": ' .. (turn %% 1000) .. '}')
end
"""


class Told(NamedTuple):
    """What wrk tells."""

    taken_per_second: float
    refused: int
    errors: int
    """Connections that were refused, cut or timed out."""
    p99: float
    """In seconds, of all answers."""


def drive(server: Server, headers: dict[str, str], connections: int, seconds: int) -> Told:
    """Change the first tasks of the tenant from so many connections."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "load.lua")
        script.write_text(SCRIPT.replace("%d", str(TASKS)).replace("%%", "%"))
        given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
        sizes = [
            "-t",
            "2",
            "-c",
            str(connections),
            "--latency",
            "-d",
            str(seconds),
            "--timeout",
            "10s",
            "-s",
            str(script),
        ]
        done = subprocess.run(["wrk", *sizes, *given, server.base_url], capture_output=True, text=True, check=True)
    total, took = (
        number(r"(\d+) requests in ([\d.]+)s", done.stdout),
        float(re.findall(r"requests in ([\d.]+)s", done.stdout)[0]),
    )
    refused = number(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", done.stdout)
    faults = sum(map(int, errors.groups())) if errors else 0
    return Told(
        (total - refused) / took,
        refused,
        faults,
        in_seconds(re.findall(r"99%\s+([\d.]+)(us|ms|s|m)\b", done.stdout)[0]),
    )


def in_seconds(time: tuple[str, str]) -> float:
    """A time as wrk writes it."""
    return float(time[0]) * {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}[time[1]]


def number(pattern: str, text: str) -> int:
    """The first group, or 0 where there is none."""
    found = re.search(pattern, text)
    return int(found[1]) if found else 0
