"""PocketBase: a record of three plain fields, which anybody may change. It has no login, no version, no history here,
and its SQLite does not flush at every commit (`synchronous=NORMAL`): less work than ours, and less is promised.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.contenders import Side
from bench.load import Work
from bench.processes import RIVALS, running
from bench.servers import PATCH, answer
from bench.world import WORDS
from tests.support.postgres import free_port

PROGRAM = RIVALS / "pocketbase"
WHO, PASSWORD = "admin@example.com", "a long enough password"
RECORDS = "/api/collections/tasks/records"
CHUNK = 500
COLLECTION = {
    "name": "tasks",
    "type": "base",
    "fields": [
        {"name": "title", "type": "text"},
        {"name": "description", "type": "text", "max": 100_000},
        {"name": "properties", "type": "json"},
        {"name": "created", "type": "autodate", "onCreate": True},
        {"name": "updated", "type": "autodate", "onCreate": True, "onUpdate": True},
    ],
    "listRule": "",
    "viewRule": "",
    "updateRule": "",
}


@contextmanager
def pocketbase(folder: Path, count: int) -> Iterator[Side]:
    """It runs, with so many records."""
    port = free_port()
    address, place = f"http://127.0.0.1:{port}", f"--dir={folder}"
    subprocess.run([PROGRAM, "superuser", "upsert", WHO, PASSWORD, place], check=True, stdout=subprocess.DEVNULL)
    command: list[str | Path] = [PROGRAM, "serve", f"--http=127.0.0.1:{port}", place]
    with running(command, f"{address}/api/health") as process:
        _fill(address, count)
        read = Work(path=f"{RECORDS}/t%014d", tasks=count)
        update = Work(method="PATCH", path=read.path, tasks=count, body=PATCH)
        yield Side("PocketBase", address, process.pid, {"update": update, "read": read})


def _fill(address: str, count: int) -> None:
    login = {"identity": WHO, "password": PASSWORD}
    token = answer(f"{address}/api/collections/_superusers/auth-with-password", {}, "POST", login)["token"]
    known = {"Authorization": token}
    answer(f"{address}/api/collections", known, "POST", COLLECTION)
    allowed = {"batch": {"enabled": True, "maxRequests": CHUNK, "timeout": 60}}
    answer(f"{address}/api/settings", known, "PATCH", allowed)
    for first in range(1, count + 1, CHUNK):
        numbers = range(first, min(first + CHUNK, count + 1))
        requests = [{"method": "POST", "url": RECORDS, "body": _record(number)} for number in numbers]
        answer(f"{address}/api/batch", known, "POST", {"requests": requests})


def _record(number: int) -> dict[str, object]:
    return {"id": f"t{number:014d}", "title": f"Call number {number}", "description": WORDS, "properties": {}}
