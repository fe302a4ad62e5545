"""Undo and kill -9: at whatever moments the server is killed, each entry is taken back once."""

import json
import random
import time
from typing import Any

import sqlalchemy as sa

from dragoman.store import tables
from tests.conftest import PASSWORD, add_user
from tests.resilience.kit.test_batches import Watch
from tests.support.server import Server, basic, command
from tests.support.sizes import sized

ENTRIES = sized(1_000, 20_000)
KILLS = sized(3, 50)
PATIENCE_SECONDS = sized(60.0, 600.0)
ANNA = basic("anna", PASSWORD) | {"Content-Type": "application/json"}


def call(server: Server, method: str, path: str, content: Any = None) -> Any:
    answer = server.call(method, f"/v1/batches{path}", None if content is None else json.dumps(content), ANNA)
    assert answer.status < 300, answer.text
    return answer.json()


def until_ended(server: Server, uid: str) -> Any:
    end = time.monotonic() + PATIENCE_SECONDS
    while (found := call(server, "GET", f"/{uid}?wait=5"))["ended_at"] is None:
        assert time.monotonic() < end, found
    return found


def test_every_entry_is_taken_back_once_however_often_the_server_is_killed(database_url: str) -> None:
    add_user(database_url, "anna", admin=True)
    watch = Watch(database_url)
    numbers = [number for number in watch.make_tasks() if number < 10_000_000][:ENTRIES]
    chance = random.Random(7)
    order = {"method": "PATCH", "type": "task", "field": "id", "entries": numbers, "review": False}
    with Server(database_url) as server:
        batch = call(server, "POST", "", order | {"data": {"priority": 7, "title": "changed"}})
        assert until_ended(server, batch["id"])["counts"]["success"] == len(numbers)
        undo = call(server, "POST", f"/{batch['id']}/undo", {"review": False})
        for _ in range(KILLS):
            time.sleep(chance.random() * 0.2)
            server.kill()
            watch.let_leases_run_out()
            server.start()
        counts = until_ended(server, undo["id"])["counts"]
    assert counts == {
        "total": len(numbers),
        "processed": len(numbers),
        "success": len(numbers),
        "unchanged": 0,
        "failure": 0,
        "skipped": 0,
    }
    task, history = tables.task.c, tables.history.c
    kept = sa.and_(task.number.in_(numbers), task.title == "Call", task.priority.is_(None), task.revision == 3)
    assert watch.rows(sa.select(sa.func.count()).where(kept)) == [len(numbers)]
    third = sa.and_(history.entity == "task", history.number.in_(numbers), history.revision == 3)
    assert watch.rows(sa.select(sa.func.count()).where(third)) == [len(numbers)]
    watch.app.close()
    command(database_url, "verify")
