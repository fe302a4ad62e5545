"""The floor under a batch: the bare SQL of the same writes, in chunks of a thousand, on one connection.

Each chunk is one transaction: read the rows, decide in Python, update each where its version is what was read, insert
a history row with its hash and an outcome row for each. What rules, rights, attempts, reports and a whole task cost is
the distance from here.
"""

import hashlib
import json
import time
from typing import Any

import sqlalchemy as sa

from bench.floor import ID, metadata, opened, task

CHUNK = 1_000
history = sa.Table(
    "floor_chained",
    metadata,
    sa.Column("task_id", ID, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("at", sa.BigInteger),
    sa.Column("who", sa.Text),
    sa.Column("changes", sa.Text),
    sa.Column("hash", sa.Text),
)
outcome = sa.Table(
    "floor_outcome",
    metadata,
    sa.Column("batch", ID, primary_key=True),
    sa.Column("index", ID, primary_key=True),
    sa.Column("key", sa.Text),
    sa.Column("error", sa.Text),
)
SELECT = sa.select(task).where(task.c.id.in_(sa.bindparam("ids", expanding=True)))
UPDATE = (
    task.update()
    .where(task.c.id == sa.bindparam("b_id"), task.c.revision == sa.bindparam("b_read"))
    .values({name: sa.bindparam(f"b_{name}") for name in ("priority", "revision", "modified")})
)


class BulkFloor:
    """So many tasks in a small table, and batches over all of them."""

    def __init__(self, url: str, tasks: int) -> None:
        self.tasks, self.engine = tasks, opened(url)
        self._select = SELECT if url.startswith("sqlite") else SELECT.with_for_update()
        self._batches = 0
        metadata.drop_all(self.engine)
        metadata.create_all(self.engine)
        text = {f"c{index}": "x" * 20 for index in range(8)}
        for first in range(1, tasks + 1, CHUNK):
            rows = [
                dict(id=number, state="ready", priority=1, extras="{}", revision=1, modified=0, **text)
                for number in range(first, min(first + CHUNK, tasks + 1))
            ]
            with self.engine.begin() as connection:
                connection.execute(task.insert(), rows)

    def run(self, priority: int) -> float:
        """Give every task this priority; how many rows a second."""
        self._batches += 1
        began = time.perf_counter()
        with self.engine.connect() as connection:
            for first in range(1, self.tasks + 1, CHUNK):
                with connection.begin():
                    self._chunk(connection, range(first, min(first + CHUNK, self.tasks + 1)), priority)
        return self.tasks / (time.perf_counter() - began)

    def _chunk(self, connection: sa.Connection, ids: range, priority: int) -> None:
        now = time.time_ns() // 1_000_000
        rows = connection.execute(self._select, {"ids": list(ids)}).all()
        updates, entries, outcomes = [], [], []
        for row in rows:
            revision = row.revision + 1
            changes = json.dumps({"priority": [row.priority, priority]})
            hashed = hashlib.sha256(f"{row.id}\n{revision}\n{now}\nu\n{changes}".encode()).hexdigest()
            updates.append(_update(row, priority, revision, now))
            entry = {"task_id": row.id, "revision": revision, "at": now, "who": "u", "changes": changes, "hash": hashed}
            entries.append(entry)
            outcomes.append({"batch": self._batches, "index": row.id, "key": None, "error": None})
        updated = connection.execute(UPDATE, updates).rowcount
        if updated != len(rows):
            raise SystemExit(f"{updated} of {len(rows)} rows were as they had been read")
        connection.execute(history.insert(), entries)
        connection.execute(outcome.insert(), outcomes)


def _update(row: Any, priority: int, revision: int, now: int) -> dict[str, Any]:
    return {
        "b_id": row.id,
        "b_read": row.revision,
        "b_priority": priority,
        "b_revision": revision,
        "b_modified": now,
    }
