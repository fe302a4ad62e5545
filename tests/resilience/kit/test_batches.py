"""Batches and kill -9: at whatever moments the server is killed, each entry is done once and counted once."""

import json
import random
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.bulk import Batch, Status
from dragoman.domain.people import User
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.store import tables
from dragoman.usecases.identity import users as people
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.conftest import PASSWORD, add_user
from tests.support.postgres import free_port
from tests.support.server import PROGRAM, Server, basic, command, environment
from tests.support.sizes import sized

ENTRIES = sized(2_000, 10_000)
KILLS = sized(4, 50)
UNKNOWN_EVERY = 100
"""Every so-manieth entry names nothing."""
PATIENCE_SECONDS = 240.0
ANNA = basic("anna", PASSWORD) | {"Content-Type": "application/json"}


class Lone:
    """An exclusive command."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Watch:
    """The database, looked at beside the server that is killed."""

    def __init__(self, url: str) -> None:
        self.app = Application(load(overrides={"database": url})).open()
        self.tenant = self.app.ensure_tenant("main")
        self.number = 0

    def do(self, run: Any) -> Any:
        return self.app.executor.call(lambda uow, _: run(uow), Lone(), self.tenant, operation="test")

    def make_tasks(self) -> list[int]:
        """Tasks of anna's, and among them numbers that nobody has."""
        numbers: list[int] = []
        for _ in range(ENTRIES // UNKNOWN_EVERY):
            numbers += self.do(make_some)
            numbers.append(10_000_000 + len(numbers))
        return numbers

    def batch(self) -> Batch:
        found: Batch = self.do(lambda uow: uow.batches.get(self.number))
        return found

    def cursor(self) -> int:
        """The first entry without an outcome, looked up as cheaply as can be."""
        table = tables.batch.c
        return int(self.rows(sa.select(table.cursor).where(table.number == self.number))[0])

    def let_leases_run_out(self) -> None:
        """What half a minute of waiting would do."""
        job = tables.job
        with self.app.store.engine.raw.begin() as connection:
            connection.execute(sa.update(job).where(job.c.state == "running").values(lease_until=1))

    def rows(self, statement: "sa.Select[Any]") -> list[Any]:
        with self.app.store.engine.reader() as connection:
            return [row[0] for row in connection.execute(statement)]


def make_some(uow: UnitOfWork) -> list[int]:
    user: User | None = uow.users.by_login("anna")
    assert user is not None
    anna = people.principal_of(user)
    return [tasks.add(uow, title="Call", creator=anna.user).number for _ in range(UNKNOWN_EVERY - 1)]


def test_every_entry_is_done_once_however_often_the_server_is_killed(database_url: str, tmp_path: Path) -> None:
    add_user(database_url, "anna", admin=True)
    watch = Watch(database_url)
    entries = watch.make_tasks()
    sid = approved(database_url, watch, entries)
    kill_again_and_again(database_url, watch, tmp_path / "server.log")
    watch.let_leases_run_out()
    with Server(database_url) as server:
        until_completed(server, sid)
    check(watch, entries)
    watch.app.close()
    command(database_url, "verify")


def approved(url: str, watch: Watch, entries: list[int]) -> str:
    """A batch that was made and approved over the wire, by a server that is killed right behind its answer."""
    content = {"method": "PATCH", "type": "task", "field": "id", "entries": entries, "data": {"priority": 7}}
    server = Server(url)
    server.start()
    made = server.call("POST", "/core/v2/batch/tasks", json.dumps(content), ANNA)
    assert made.status == 200, made.text
    sid: str = made.json()["task_sid"]
    path = f"/core/v2/batch/tasks/{sid}"
    end = time.monotonic() + PATIENCE_SECONDS
    while server.call("GET", f"{path}?include_fields=status", None, ANNA).json()["status"] != "pending_review":
        assert time.monotonic() < end
        time.sleep(0.05)
    decided = server.call("PATCH", path, '{"status":"approved"}', ANNA)
    server.kill()
    assert decided.json()["status"] == "approved", decided.text
    watch.number = watch.do(lambda uow: uow.batches.get(sid).number)
    return sid


def kill_again_and_again(url: str, watch: Watch, log: Path) -> None:
    """Each life ends a random moment after its first slice; how late at most follows from what the lives before did,
    so that the batch outlives them all: at least half of them where the machine is busy and kills come late."""
    chance, longest = random.Random(7), 0.02
    for life in range(KILLS):
        before = watch.cursor()
        with log.open("ab") as output:
            server = subprocess.Popen(
                [PROGRAM, "serve", "--port", str(free_port())], env=environment(url), stdout=output, stderr=output
            )
        try:
            wait_for_progress(watch, before, log)
            time.sleep(chance.random() * longest)
        finally:
            server.kill()
            server.wait()
        watch.let_leases_run_out()
        batch = watch.batch()
        assert batch.processed == (batch.success or 0) + (batch.failure or 0) == batch.cursor
        if batch.cursor >= ENTRIES:
            assert life >= KILLS // 2, "the batch was over before it was killed often enough"
            return
        fair = (ENTRIES - before) / (KILLS - life)
        longest *= 0.7 if batch.cursor - before > fair / 2 else 1.2


def wait_for_progress(watch: Watch, before: int, log: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while watch.cursor() == before:
        assert time.monotonic() < end, log.read_text(errors="replace")[-10_000:]
        time.sleep(0.002)


def until_completed(server: Server, sid: str) -> None:
    path = f"/core/v2/batch/tasks/{sid}?include_fields=status"
    end = time.monotonic() + PATIENCE_SECONDS
    while server.call("GET", path, None, ANNA).json()["status"] != "completed":
        assert time.monotonic() < end, server.log()
        time.sleep(0.1)


def check(watch: Watch, entries: list[int]) -> None:
    batch, unknown = watch.batch(), ENTRIES // UNKNOWN_EVERY
    assert (batch.status, batch.total, batch.processed) == (Status.COMPLETED, ENTRIES, ENTRIES)
    assert (batch.success, batch.failure) == (ENTRIES - unknown, unknown)
    outcome, row = tables.batch_outcome.c, tables.history.c
    indexes = watch.rows(sa.select(outcome.index).where(outcome.batch == watch.number))
    assert sorted(indexes) == list(range(ENTRIES))
    failed = watch.rows(sa.select(outcome.index).where(outcome.batch == watch.number, outcome.error.is_not(None)))
    assert sorted(failed) == list(range(UNKNOWN_EVERY - 1, ENTRIES, UNKNOWN_EVERY))
    changed = Counter(watch.rows(sa.select(row.number).where(row.operation == "batch.run", row.entity == "task")))
    changed.pop(watch.number, None)
    there = set(entries) - {entries[index] for index in failed}
    assert changed == Counter(dict.fromkeys(there, 1))
    priorities = watch.rows(sa.select(tables.task.c.priority).where(tables.task.c.number.in_(sorted(there))))
    assert priorities == [7] * len(there)
