"""The floor under our lane: the same idea with nothing of the product. One small table, set-wise SQLAlchemy Core.

N callers, one writer thread that takes what waits: one SELECT ... IN, decide, one executemany UPDATE, one executemany
INSERT of history, one durable commit. What a full task, its rules, its hash chain and its units of work cost is the
distance from here.
"""

import asyncio
import json
import queue
import random
import threading
import time
from typing import Any

import sqlalchemy as sa

from dragoman.store.engine.sqlite import sqlite

GROUP = 256
metadata = sa.MetaData()
ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
task = sa.Table(
    "floor_task",
    metadata,
    sa.Column("id", ID, primary_key=True),
    *[sa.Column(f"c{index}", sa.Text) for index in range(8)],
    sa.Column("state", sa.Text),
    sa.Column("priority", sa.Integer),
    sa.Column("extras", sa.Text),
    sa.Column("revision", sa.Integer),
    sa.Column("modified", sa.BigInteger),
)
history = sa.Table(
    "floor_history",
    metadata,
    sa.Column("task_id", ID, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("at", sa.BigInteger),
    sa.Column("who", sa.Text),
    sa.Column("changes", sa.Text),
)
SELECT = sa.select(task).where(task.c.id.in_(sa.bindparam("ids", expanding=True)))
UPDATE = (
    task.update()
    .where(task.c.id == sa.bindparam("b_id"))
    .values({name: sa.bindparam(f"b_{name}") for name in ("priority", "state", "extras", "revision", "modified")})
)
INSERT = history.insert()


class Floor:
    """A lane with nothing around it. `update` is awaited by callers on one event loop."""

    def __init__(self, url: str, tasks: int) -> None:
        self.tasks, self.engine = tasks, opened(url)
        metadata.drop_all(self.engine)
        metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            text = {f"c{index}": "x" * 20 for index in range(8)}
            rows = [
                dict(id=number, state="ready", priority=1, extras="{}", revision=1, modified=0, **text)
                for number in range(1, tasks + 1)
            ]
            connection.execute(task.insert(), rows)
        self._locks = not url.startswith("sqlite")
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    async def update(self) -> None:
        """Change the priority of a random task and wait for the commit."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._queue.put((random.randint(1, self.tasks), random.randint(1, 9), loop, done))
        await done

    def _run(self) -> None:
        select = SELECT.with_for_update() if self._locks else SELECT
        connection = self.engine.connect()
        while True:
            group = [self._queue.get()]
            while len(group) < GROUP and not self._queue.empty():
                group.append(self._queue.get_nowait())
            self._commit(connection, select, group)
            loop = group[0][2]
            loop.call_soon_threadsafe(_settle, [done for *_, done in group])

    def _commit(self, connection: sa.Connection, select: Any, group: list[Any]) -> None:
        now = time.time_ns() // 1_000_000
        with connection.begin():
            ids = sorted({number for number, *_ in group})
            rows = {row.id: dict(row._mapping) for row in connection.execute(select, {"ids": ids})}
            entries = []
            for number, priority, *_ in group:
                row = rows[number]
                changes = json.dumps({"priority": [row["priority"], priority]})
                row |= {"priority": priority, "revision": row["revision"] + 1, "modified": now}
                entry = {"task_id": number, "revision": row["revision"], "at": now, "who": "u", "changes": changes}
                entries.append(entry)
            fields = ("id", "priority", "state", "extras", "revision", "modified")
            connection.execute(UPDATE, [{f"b_{name}": row[name] for name in fields} for row in rows.values()])
            connection.execute(INSERT, entries)


def opened(url: str) -> sa.Engine:
    """The database, as safe as ours is."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url)
    engine = sa.create_engine(url, module=sqlite)
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _settle(futures: list[Any]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536", "wal_autocheckpoint=32000"):
        connection.execute(f"PRAGMA {pragma}")
