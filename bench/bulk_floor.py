"""The floor under a batch: the bare SQL of the same reads and writes, in chunks of a thousand, on one connection.

It works on a copy of the same database, with the batch and its preview in it, and gives the driver texts and tuples.
Each chunk is one transaction: read the entries, what the preview saw of each, and the tasks; compare and decide in
Python; update each task where its version is what was read; insert a history row with its chained hash, an outcome
row and a row of the event log for each, and update the batch. The images of what was before are the old values in
history. What rules, rights, attempts, reports and jobs cost is the distance from here.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from bench.floor import opened
from bench.world import World
from dragoman.domain.ids import new_id
from dragoman.store import tables
from dragoman.store.engine.key_lists import among, as_parameter
from dragoman.store.unit.event_log import COUNTER

CHUNK = 1_000
TASK, HISTORY, OUTCOME = tables.task, tables.history, tables.batch_outcome
SEEN, BATCH, ENTRIES = tables.batch_preview, tables.batch, tables.batch_chunk
EVENT, NUMBERS = tables.event, tables.counter
PLACES = {name: place for place, name in enumerate(TASK.columns.keys())}
NUMBER, UID, PRIORITY, TITLE = PLACES["number"], PLACES["uid"], PLACES["priority"], PLACES["title"]
REVISION, VERSION, HEAD = PLACES["revision"], PLACES["row_version"], PLACES["head_hash"]


class Statement:
    """A statement as the driver's text, and the names of its parameters in their order."""

    def __init__(self, dialect: sa.Dialect, statement: Any, *names: str) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=names or None)
        self.text = str(compiled)
        self.names: tuple[str, ...] = tuple(compiled.positiontup or ())

    def values(self, named: dict[str, Any]) -> tuple[Any, ...]:
        """The parameters of one row."""
        return tuple(named[name] for name in self.names)


class BulkFloor:
    """A database with a batch under review over all its tasks, and runs of that batch, one after the other."""

    def __init__(self, place: World, batch: int) -> None:
        self.tasks, self.engine = place.tasks, opened(place.url)
        self._tenant, self._batch, self._runs = place.tenant, batch, 0
        self._actor = place.paul
        self._salts: list[str] = []
        dialect = self.engine.dialect
        if dialect.name == "postgresql":
            of_driver: Any = type(dialect)
            dialect = of_driver(paramstyle="format")
        mine = (BATCH.c.tenant == sa.bindparam("tenant"), BATCH.c.number == sa.bindparam("batch"))
        self._find = Statement(dialect, sa.select(BATCH.c.uid).where(*mine))
        named = (ENTRIES.c.tenant == sa.bindparam("tenant"), ENTRIES.c.batch == sa.bindparam("uid"))
        self._entries = Statement(
            dialect, sa.select(ENTRIES.c.entries).where(*named, ENTRIES.c.first == sa.bindparam("at"))
        )
        rows = (SEEN.c.index >= sa.bindparam("at"), SEEN.c.index < sa.bindparam("stop"))
        shown = (SEEN.c.tenant == sa.bindparam("tenant"), SEEN.c.batch == sa.bindparam("batch"), *rows)
        seen = sa.select(SEEN.c.index, SEEN.c.effect, SEEN.c.number, SEEN.c.version).where(*shown)
        self._seen = Statement(dialect, seen)
        read = sa.select(TASK).where(TASK.c.tenant == sa.bindparam("tenant"), among(dialect, TASK.c.number))
        self._read = Statement(dialect, read.with_for_update() if dialect.name == "postgresql" else read)
        same = (TASK.c.tenant == sa.bindparam("of"), TASK.c.number == sa.bindparam("which"))
        update = sa.update(TASK).where(*same, TASK.c.row_version == sa.bindparam("was"))
        new = ("priority", "revision", "modified_at", "head_hash", "row_version")
        self._update = Statement(dialect, update.values({name: sa.bindparam(name) for name in new}), *new)
        self._history = Statement(dialect, HISTORY.insert(), *HISTORY.columns.keys())
        self._outcome = Statement(dialect, OUTCOME.insert(), *OUTCOME.columns.keys())
        self._event = Statement(dialect, EVENT.insert(), *EVENT.columns.keys())
        risen = {"value": NUMBERS.c.value + sa.bindparam("more", type_=sa.BigInteger())}
        counter = (NUMBERS.c.tenant == sa.bindparam("of"), NUMBERS.c.name == sa.bindparam("named"))
        draw = sa.update(NUMBERS).where(*counter).values(risen).returning(NUMBERS.c.value)
        self._draw = Statement(dialect, draw, "value")
        self._count = Statement(dialect, sa.update(BATCH).where(*mine).values(cursor=sa.bindparam("done")), "done")

    def run(self, priority: int) -> float:
        """Give every task this priority; how many rows a second."""
        began = time.perf_counter()
        with self.engine.connect() as connection:
            for first in range(0, self.tasks, CHUNK):
                with connection.begin():
                    cursor = connection.connection.cursor()
                    self._chunk(cursor, first, min(first + CHUNK, self.tasks), priority)
        self._runs += 1
        return self.tasks / (time.perf_counter() - began)

    def _chunk(self, cursor: Any, first: int, stop: int, priority: int) -> None:
        now = time.time_ns() // 1_000
        known = {"tenant": self._tenant, "batch": self._batch, "at": first, "stop": stop, "done": stop}
        known["uid"] = self._rows(cursor, self._find, known)[0][0]
        numbers = [int(entry) for entry in json.loads(self._rows(cursor, self._entries, known)[0][0])]
        seen = self._rows(cursor, self._seen, known)
        listed = as_parameter(self.engine.dialect, numbers)
        rows = {row[NUMBER]: row for row in self._rows(cursor, self._read, known | {"keys": listed})}
        self._compare(seen, rows)
        drawn = secrets.token_hex(16 * len(rows))
        self._salts = [drawn[place : place + 32] for place in range(0, len(drawn), 32)]
        updates, entries, outcomes, events = [], [], [], []
        for index, number in enumerate(numbers, first):
            row = rows[number]
            entry = self._entry(row, priority, now)
            entries.append(self._history.values(entry))
            updates.append(self._update.values(self._changed(row, priority, now, entry["hash"])))
            outcomes.append(self._outcome.values(self._done(row, index, now)))
            events.append(self._told(row, now))
        cursor.executemany(self._update.text, updates)
        if cursor.rowcount != len(rows):
            raise SystemExit(f"{cursor.rowcount} of {len(rows)} rows were as they had been read")
        cursor.executemany(self._history.text, entries)
        cursor.executemany(self._outcome.text, outcomes)
        cursor.execute(self._count.text, self._count.values(known))
        counter = {"of": self._tenant, "named": COUNTER, "more": len(events)}
        last = self._rows(cursor, self._draw, counter)[0][0]  # the log comes last, since its counter is locked
        placed = [self._event.values(each | {"sequence": at}) for at, each in enumerate(events, last + 1 - len(events))]
        cursor.executemany(self._event.text, placed)

    @staticmethod
    def _rows(cursor: Any, statement: Statement, named: dict[str, Any]) -> list[Any]:
        cursor.execute(statement.text, statement.values(named))
        rows: list[Any] = cursor.fetchall()
        return rows

    def _compare(self, seen: Sequence[Any], rows: dict[int, Any]) -> None:
        """That each task is as the preview saw it, but for the runs before."""
        for index, effect, number, version in seen:
            if effect != "will_change" or rows[number][REVISION] != int(version) + self._runs:
                raise SystemExit(f"entry {index} doesn't find what was seen")

    def _entry(self, row: Any, priority: int, now: int) -> dict[str, Any]:
        changes, salt = json.dumps({"priority": [row[PRIORITY], priority]}), self._salts.pop()
        revision, number, by = row[REVISION] + 1, row[NUMBER], f"{self._actor}\nbench\nbatch.run\n{self._batch}"
        commit = hashlib.sha256(f"{salt}\n{changes}".encode()).hexdigest()
        chained = f"{row[HEAD]}\n2 {self._tenant} task {number} {revision} {now}\n{by}\n{commit}"
        return {
            "tenant": self._tenant,
            "entity": "task",
            "number": number,
            "revision": revision,
            "at": now,
            "principal": "paul",
            "dialect": "bench",
            "operation": "batch.run",
            "changes": changes,
            "hash": hashlib.sha256(chained.encode()).hexdigest(),
            "cause": self._batch,
            "actor": self._actor,
            "salt": salt,
            "commit": None,
            "redacted": None,
            "request": None,
        }

    def _told(self, row: Any, now: int) -> dict[str, Any]:
        return {
            "tenant": self._tenant,
            "uid": new_id(),
            "type": "task.changed",
            "at": now,
            "entity": "task",
            "number": row[NUMBER],
            "subject": f"tasks/{row[UID]}",
            "title": row[TITLE],
            "revision": row[REVISION] + 1,
            "actor": self._actor,
            "actor_login": "paul",
            "on_behalf_of": None,
            "dialect": "bench",
            "operation": "batch.run",
            "audience": "*",
            "audience_before": None,
            "data": None,
        }

    def _changed(self, row: Any, priority: int, now: int, hashed: str) -> dict[str, Any]:
        return {
            "of": self._tenant,
            "which": row[NUMBER],
            "was": row[VERSION],
            "priority": priority,
            "revision": row[REVISION] + 1,
            "modified_at": now,
            "head_hash": hashed,
            "row_version": row[VERSION] + 1,
        }

    def _done(self, row: Any, index: int, now: int) -> dict[str, Any]:
        return {
            "tenant": self._tenant,
            "batch": self._batch + 1_000_000_000 * (1 + self._runs),  # of each run its own
            "index": index,
            "key": "",
            "error": None,
            "code": None,
            "unchanged": False,
            "object": row[UID],
            "number": row[NUMBER],
            "revision": row[REVISION] + 1,
            "at": now,
            "image": None,
        }
