"""The store: one database, its write lanes, its readers, its directory."""

import shutil
import threading
from collections.abc import Callable

from dragoman.domain.clock import Clock
from dragoman.metrics import table
from dragoman.metrics.snapshot import Snapshot
from dragoman.store import migrations
from dragoman.store.directory import Directory
from dragoman.store.engine.engines import PATIENCE_SECONDS, Engine
from dragoman.store.engine.files import Room, database_file
from dragoman.store.unit.as_of import TimersDue
from dragoman.store.unit.lane import LONGEST_QUEUE, Lane, Meter, Pressure, Queue
from dragoman.store.unit.transaction import Transactions
from dragoman.store.unit.work import Work

SQLITE_LANES = 1  # it has one writer
POSTGRESQL_LANES = 2
READERS = 2


class Store:
    """Takes works by `write` and `read`, answers them after the commit through `answer` (called in a lane's thread).

    `died` is called once when a lane's thread ends unexpectedly; the process should end. `patience_seconds` is how
    long the database may take for one thing; with less than `free_bytes` beside a SQLite file lanes refuse changes. Of
    works that wait, `longest_queue` are taken for the lanes and as many for the readers. `timers` gives what lets due
    timers fire.
    """

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        free_bytes: int = 0,
        longest_queue: int = LONGEST_QUEUE,
        timers: Callable[[int, TimersDue], list[Work]] | None = None,
    ) -> None:
        self.engine = Engine(url, patience_seconds)
        self.clock = clock
        self.directory = Directory(clock)
        self._writes = Queue(longest_queue)
        self._reads = Queue(longest_queue)
        self._meter = Meter(clock)
        self._lanes: list[Lane] = []
        self._readers: list[Lane] = []
        self._own: dict[bool, Transactions] = {}  # for commands, by whether they write
        self._own_guard = threading.Lock()
        self._timers = timers
        self.failure: BaseException | None = None
        file = database_file(self.engine)
        self._room = Room(file, free_bytes) if file is not None else None
        self.on_queued: Callable[[], None] | None = None  # called in a lane's thread when a job was queued
        self.on_group: Callable[[str, list[Work], float], None] | None = None  # and when a group is done; set early

    def migrate(self) -> None:
        """Bring the tables to the newest form; harmless when they are, and when others do it at the same moment."""
        migrations.run(self.engine)

    def start(self, answer: Callable[[list[Work]], None], died: Callable[[BaseException], None]) -> None:
        """Open lanes and readers."""

        def on_death(error: BaseException) -> None:
            self.failure = error
            died(error)

        tidy = self._tidy if self.engine.is_sqlite else None  # an idle lane needs no database that is away
        lanes = SQLITE_LANES if self.engine.is_sqlite else POSTGRESQL_LANES
        for index in range(lanes):
            transactions = self._transactions(writes=True, lane=True)
            self._lanes.append(Lane(f"lane-{index}", self._writes, transactions, answer, on_death, self._meter, tidy))
        for index in range(READERS):
            transactions = self._transactions(writes=False, lane=False)
            reader = Lane(f"reader-{index}", self._reads, transactions, answer, on_death, Meter(self.clock))
            self._readers.append(reader)
        for lane in self._threads():
            lane.on_group = self.on_group
            lane.start()

    def _threads(self) -> list[Lane]:
        return self._lanes + self._readers

    def _transactions(self, *, writes: bool, lane: bool) -> Transactions:
        connect = (self.engine.lane_writer if lane else self.engine.writer) if writes else self.engine.reader
        return Transactions(
            self.engine,
            self.clock,
            writes=writes,
            connect=connect,
            directory=self.directory,
            queued=self._queued,
            refuse=self._room.refusal if self._room is not None and lane else None,
            timers=self._timers,
        )

    def _queued(self) -> None:
        if self.on_queued is not None:
            self.on_queued()

    def _tidy(self, transactions: Transactions) -> None:
        self.engine.checkpoint(transactions.connection)

    def write(self, work: Work) -> None:
        """Queue a work for a write lane, which `wake` will tell. Unavailable when too many wait."""
        work.queued_at = self.clock.monotonic()
        self._writes.put(work)

    def read(self, work: Work) -> None:
        """Queue a work for a reader, likewise."""
        work.queued_at = self.clock.monotonic()
        self._reads.put(work)

    def wake(self) -> None:
        """Let lanes and readers take what was queued."""
        self._writes.wake()
        self._reads.wake()

    def pressure(self) -> Pressure:
        """How much people want of the write lanes now."""
        meter = self._meter
        return Pressure(meter.is_served or self._writes.has_requests(), meter.group_seconds, meter.bulk_seconds)

    def measure(self, snapshot: Snapshot) -> None:
        """Put what lanes, queues and files tell of themselves into a snapshot."""
        for name, queue, lanes in (("write", self._writes, self._lanes), ("read", self._reads, self._readers)):
            snapshot.set(table.QUEUE_LENGTH, len(queue), name)
            for lane in lanes:
                lane.measure(snapshot, name)
        file = database_file(self.engine)
        if file is not None:
            snapshot.set(table.DISK_FREE, shutil.disk_usage(file.parent).free)
            for part, path in (("main", file), ("wal", file.with_name(f"{file.name}-wal"))):
                snapshot.set(table.DATABASE_BYTES, path.stat().st_size if path.exists() else 0, part)

    def withdraw_due(self, now: float) -> list[Work]:
        """Take back what still waits though its time is up."""
        return self._writes.withdraw_due(now) + self._reads.withdraw_due(now)

    def run(self, work: Work, *, writes: bool = True) -> object:
        """Run one work in this thread, on a connection of its own: for commands, which have no lanes."""
        with self._own_guard:
            if writes not in self._own:
                self._own[writes] = self._transactions(writes=writes, lane=False)
            self._own[writes].run([work])
        return work.unwrap()

    @property
    def is_alive(self) -> bool:
        """Whether every lane and reader takes work."""
        return self.failure is None and all(lane.is_alive for lane in self._threads())

    def close(self, seconds: float = 10.0) -> None:
        """Work off what waits, then stop. Nothing new is taken from now on."""
        self._writes.close()
        self._reads.close()
        for lane in self._threads():
            lane.join(seconds)
        for transactions in self._own.values():
            transactions.close()
        self.engine.dispose()
