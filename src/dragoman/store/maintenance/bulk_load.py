"""Many new tasks at once, each as if it had been made and changed one request at a time: its row, its history chained
row by row, its words, the counts of its category and contact, the number counter.

Written set by set, slice by slice, while the next slice is made up. For a demonstration or a measurement, on a
database to which no other process writes meanwhile. Nobody can have waited for such tasks: they have no events, and the
event log begins behind them.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import msgspec
import sqlalchemy as sa
from msgspec.structs import astuple, replace

from dragoman.domain.clock import Moment
from dragoman.domain.errors import Conflict
from dragoman.domain.task import Task
from dragoman.store import tables
from dragoman.store.engine import bulk_writes as bulk
from dragoman.store.engine import words
from dragoman.store.engine.engines import Engine
from dragoman.store.maintenance import event_logs
from dragoman.store.unit.mappings import MAPPINGS
from dragoman.store.unit.overlay import HistoryRow, Stamp, beginnings, chained, differences

SLICE = 5_000
MAPPING = MAPPINGS["task"]
ROW = msgspec.defstruct("Row", MAPPING.fields, gc=False)
CODECS = tuple((MAPPING.fields.index(name), codec) for name, codec in MAPPING.codecs.items())

Life = Sequence[Task]
"""A task as it was made, and as each change left it; `modified_at` is when."""


def fill(engine: Engine, tenant: int, count: int, live: Callable[[int], Life], stamp: Stamp) -> int:
    """Store so many tasks, which `live` makes up for the numbers that follow the last one; the first number.

    They have neither extensions, work items, messages nor parts. A slice is stored whole or not at all. Conflict when
    another process made a task meanwhile: what was stored until then stays.
    """
    with (
        engine.unhurried(engine.lane_writer()) as connection,
        ThreadPoolExecutor(1, "bulk-load") as writing,
        _no_collection(),
    ):
        first = _begin(connection, tenant)
        written: Future[None] | None = None
        for start in range(first, first + count, SLICE):
            numbers = range(start, min(start + SLICE, first + count))
            made = Slice(tenant, numbers, map(live, numbers), stamp)
            if written is not None:
                written.result()
            written = writing.submit(made.write, connection)
        if written is not None:
            written.result()
    return first


@contextmanager
def _no_collection() -> Iterator[None]:
    """Switch the cyclic garbage collector off: a million rows have no cycles, and looking for some doubles the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _begin(connection: sa.Connection, tenant: int) -> int:
    """The number of the next task. The counter is there afterwards, though nothing was drawn from it yet."""
    counter = tables.counter.c
    with connection.begin():
        found = sa.select(counter.value).where(counter.tenant == tenant, counter.name == "task")
        value = connection.execute(found).scalar()
        if value is None:
            connection.execute(sa.insert(tables.counter).values(tenant=tenant, name="task"))
    return int(value or 0) + 1


class Slice:
    """Tasks that are stored together, made up as the rows that they will be."""

    def __init__(self, tenant: int, numbers: range, lives: Iterable[Life], stamp: Stamp) -> None:
        self._tenant = tenant
        self._numbers = numbers
        self._rows: list[msgspec.Struct] = []
        self._history: list[HistoryRow] = []
        self._words: dict[str, list[int]] = {}
        self._newest_at = Moment(0)
        self._counts: dict[str, Counter[int | None]] = {"category": Counter(), "contact": Counter()}
        for life in lives:
            self._add(life, stamp)

    def _add(self, life: Life, stamp: Stamp) -> None:
        task = self._chain(life, stamp)
        self._newest_at = max(self._newest_at, task.modified_at)
        values = list(astuple(task)[: len(MAPPING.fields)])
        for place, codec in CODECS:
            values[place] = codec.encode(values[place])
        self._rows.append(ROW(*values))
        for word in words.of_task(task):
            self._words.setdefault(word, []).append(task.number)
        self._counts["category"][task.category] += 1
        self._counts["contact"][task.contact] += 1

    def _chain(self, life: Life, stamp: Stamp) -> Task:
        """The task at the end of its life, a row of history behind it for each step."""
        before: Task | None = None
        for task in life:
            changes = beginnings(task) if before is None else differences(before, task, MAPPING.differing(before, task))
            revision, previous = (1, "") if before is None else (before.revision + 1, before.head_hash)
            text = msgspec.json.encode(changes).decode()
            row = chained(previous, self._tenant, "task", task.number, revision, task.modified_at, stamp, text)
            self._history.append(row)
            before = replace(task, revision=revision, row_version=revision, head_hash=row.hash)
        if before is None:
            raise ValueError("a task without a beginning")
        return replace(before, made_through=stamp.dialect)

    def write(self, connection: sa.Connection) -> None:
        """Store them. Conflict when one of the numbers was given out already."""
        with connection.begin():
            bulk.insert_structs(connection, tables.task, self._rows)
            bulk.insert_structs(connection, tables.history, self._history)
            bulk.insert_listed(connection, tables.task_word, self._tenant, dict(sorted(self._words.items())))
            for table, counts in (
                (tables.contact, self._counts["contact"]),
                (tables.category, self._counts["category"]),
            ):
                self._count(connection, table, counts)
            event_logs.begin_behind(connection, self._tenant, self._newest_at)
            self._draw(connection)

    def _count(self, connection: sa.Connection, table: sa.Table, counts: Counter[int | None]) -> None:
        grown = {"task_count": table.c.task_count + sa.bindparam("more"), "row_version": table.c.row_version + 1}
        statement = sa.update(table).where(table.c.tenant == self._tenant, table.c.number == sa.bindparam("owner"))
        owners = sorted(number for number in counts if number is not None)
        if owners:
            connection.execute(statement.values(grown), [{"owner": each, "more": counts[each]} for each in owners])

    def _draw(self, connection: sa.Connection) -> None:
        counter = tables.counter.c
        own = (counter.tenant == self._tenant, counter.name == "task", counter.value == self._numbers[0] - 1)
        drawn = {"value": self._numbers[-1], "row_version": counter.row_version + 1}
        if connection.execute(sa.update(tables.counter).where(*own).values(drawn)).rowcount != 1:
            raise Conflict("numbers_taken", "Another process made tasks meanwhile.")
