"""Previews and kill -9: at whatever moments the server is killed, each entry has one row and is counted once."""

import json
import random
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dragoman.domain.bulk import Status
from dragoman.store import tables
from tests.conftest import PASSWORD, add_user
from tests.resilience.kit.test_batches import Watch, make_some
from tests.support.server import Server, basic
from tests.support.sizes import sized

UNKNOWN_EVERY = 100
ENTRIES = sized(2_000, 10_000)
KILLS = sized(3, 50)
PATIENCE_SECONDS = 240.0
ANNA = basic("anna", PASSWORD) | {"Content-Type": "application/json"}


def test_every_entry_is_shown_once_however_often_the_server_is_killed(database_url: str, tmp_path: Path) -> None:
    add_user(database_url, "anna", admin=True)
    watch = Watch(database_url)
    entries = [number for _ in range(ENTRIES // UNKNOWN_EVERY) for number in (*watch.do(make_some), 10_000_000)]
    unknown = sum(entry >= 10_000_000 for entry in entries)
    content = {"method": "PATCH", "type": "task", "field": "id", "entries": entries, "data": {"priority": 7}}
    with Server(database_url) as server:
        made = server.call("POST", "/v1/batches", json.dumps(content), ANNA)
        assert made.status == 201, made.text
        watch.number = made.json()["number"]
        kill_while_it_is_made(server, watch)
        until_prepared(server, made.json()["id"])
    batch = watch.batch()
    assert batch.summary is not None
    assert (batch.summary.total, batch.summary.missing) == (ENTRIES, unknown)
    assert batch.summary.will_change == ENTRIES - unknown
    row, history = tables.batch_preview.c, tables.history.c
    shown = watch.rows(sa.select(row.index).where(row.batch == watch.number, row.index >= 0).order_by(row.index))
    assert shown == list(range(ENTRIES))
    [detail] = watch.do(lambda uow: [uow.batch_details.find(batch.uid)])
    assert [(group.pointer, group.count) for group in detail.groups] == [("/priority", ENTRIES - unknown)]
    touched = sa.and_(history.entity == "task", history.number.in_(entries), history.revision > 1)
    assert watch.rows(sa.select(sa.func.count()).where(touched)) == [0]
    watch.app.close()


def kill_while_it_is_made(server: Server, watch: Watch) -> None:
    """Each life ends a random moment after its next rows were stored; the preview should outlive half of them."""
    chance, longest = random.Random(7), 0.02
    for life in range(KILLS):
        before = end_of_rows(watch)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while end_of_rows(watch) == before:
            assert time.monotonic() < deadline, server.log()
            time.sleep(0.002)
        time.sleep(chance.random() * longest)
        server.kill()
        watch.let_leases_run_out()
        batch: Any = watch.batch()
        server.start()
        if batch.status is not Status.CREATED or batch.previewed >= ENTRIES:
            assert life >= KILLS // 2 - 1, "the preview was over before it was killed often enough"
            return
        fair = (ENTRIES - before) / (KILLS - life)
        longest *= 0.7 if batch.previewed - before > fair / 2 else 1.2


def end_of_rows(watch: Watch) -> int:
    """The first entry without a row, looked up as cheaply as can be."""
    table = tables.batch.c
    return int(watch.rows(sa.select(table.previewed).where(table.number == watch.number))[0])


def until_prepared(server: Server, uid: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while server.call("GET", f"/v1/batches/{uid}?wait=5", None, ANNA).json()["status"] != "pending_review":
        assert time.monotonic() < deadline, server.log()
