"""The store: one database, its write lanes, its readers, its directory.

PostgreSQL has a write lane for each kind of work: works that draw numbers wait for the tenant's counter, exclusive
works can take long, and neither holds up changes of named rows. SQLite has one writer at a time, of all processes.
Readers are apart for named rows, for lists that an index leads along, and for what may look at many rows: lists that
are sorted, searches, counts.
"""

import logging
import shutil
import threading
from collections.abc import Callable, Collection

from msgspec.structs import replace

from dragoman.command import Exclusive
from dragoman.domain.clock import Clock, uptime
from dragoman.domain.terms import NO_TERMS, Terms
from dragoman.metrics import table
from dragoman.metrics.snapshot import Snapshot
from dragoman.store import migrations
from dragoman.store.directory import Directory
from dragoman.store.engine.engines import PATIENCE_SECONDS, Engine
from dragoman.store.engine.files import Room, database_file, readable_by_others
from dragoman.store.engine.turns import Turn
from dragoman.store.unit.as_of import TimersDue
from dragoman.store.unit.awaiting import Waiting
from dragoman.store.unit.known_tasks import KnownTasks
from dragoman.store.unit.lane import LONGEST_QUEUE, Lane, Meter, Pressure, Queue, queue_full
from dragoman.store.unit.transaction import Transactions
from dragoman.store.unit.work import Work
from dragoman.store.vault import vault_of

log = logging.getLogger("dragoman.store")

NUMBERED, NAMED, EXCLUSIVE = 0, 1, 2
"""The write lanes on PostgreSQL."""
READERS = {"named": 1, "quick": 1, "slow": 2}
"""How many readers each queue of reads has. Two for quick lists would only wait for each other: for the interpreter."""
STALLED_SECONDS = 15.0
"""A lane that runs one group for longer makes the server not ready."""


class Store:
    """Takes works by `write` and `read`, answers them after the commit through `answer` (called in a lane's thread).

    `died` is called once when a lane's thread ends unexpectedly; the process should end. `patience_seconds` is how
    long the database may take for one thing; with less than `free_bytes` beside a SQLite file lanes refuse changes. Of
    works that wait, `longest_queue` are taken for the lanes and as many for the readers. `timers` gives what lets due
    timers fire; `terms` are what the operator asks of batches and passwords, and `key` seals secrets of clients.
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
        terms: Terms = NO_TERMS,
        key: bytes | None = None,
    ) -> None:
        self.engine = Engine(url, patience_seconds)
        self._patience = patience_seconds
        self.clock = clock
        self.directory = Directory(clock)
        self._waiting = Waiting(self.engine, clock)
        self.longest_queue = longest_queue
        self._writes = [self._queue() for _ in range(1 if self.engine.is_sqlite else 3)]
        self._reads = {name: self._queue() for name in READERS}
        self.known_tasks = KnownTasks()
        self._meter = Meter(clock)
        self._lanes: list[Lane] = []
        self._readers: list[Lane] = []
        self._own: dict[bool, Transactions] = {}  # for commands, by whether they write
        self._own_guard = threading.Lock()
        self._turns: list[Turn] = []
        self._timers = timers
        self._terms = replace(terms, vault=vault_of(self.engine, key))
        self.failure: BaseException | None = None
        file = database_file(self.engine)
        self._room = Room(file, free_bytes) if file is not None else None
        self.on_queued: Callable[[], None] | None = None  # called in a lane's thread when a job was queued
        self.on_events: Callable[[int], None] | None = None  # and with the tenant when its log has new events
        self.on_group: Callable[[str, list[Work], float], None] | None = None  # and when a group is done; set early

    def _queue(self) -> Queue:
        return Queue(self.longest_queue)

    def migrate(self) -> None:
        """Bring the tables to the newest form; harmless when they are, and when others do it at the same moment."""
        migrations.run(self.engine)

    def start(self, answer: Callable[[list[Work]], None], died: Callable[[BaseException], None]) -> None:
        """Open lanes and readers."""

        def on_death(error: BaseException) -> None:
            self.failure = error
            died(error)

        tidy = self._tidy if self.engine.is_sqlite else None  # an idle lane needs no database that is away
        for index, queue in enumerate(self._writes):
            hands_over = self.engine.is_postgresql and index != EXCLUSIVE
            join = queue.join if hands_over else None
            transactions = self._transactions(writes=True, lane=True, hands_over=hands_over, join=join)
            turn = self._turn(None)
            self._lanes.append(
                Lane(f"lane-{index}", queue, transactions, answer, on_death, self._meter, tidy, self._write_again, turn)
            )
        for index, name in enumerate(name for name, count in READERS.items() for _ in range(count)):
            transactions = self._transactions(writes=False, lane=False, is_quick=name != "slow", puts_off=True)
            meter, queue = Meter(self.clock), self._reads[name]
            reader = Lane(f"reader-{index}", queue, transactions, answer, on_death, meter, again=self._read_again)
            self._readers.append(reader)
        for path in readable_by_others(self.engine):
            log.warning("database.readable_by_others", extra={"file": str(path)})
        for lane in self._threads():
            lane.on_group = self.on_group
            lane.start()

    def _threads(self) -> list[Lane]:
        return self._lanes + self._readers

    def _transactions(
        self,
        *,
        writes: bool,
        lane: bool,
        is_quick: bool = False,
        hands_over: bool = False,
        puts_off: bool = False,
        join: Callable[[int, int, Callable[[Work], bool]], list[Work]] | None = None,
    ) -> Transactions:
        writer = self.engine.impatient_writer if hands_over else self.engine.lane_writer
        reader = self.engine.quick_reader if is_quick else self.engine.reader
        connect = (writer if lane else self.engine.writer) if writes else reader
        return Transactions(
            self.engine,
            self.clock,
            writes=writes,
            connect=connect,
            directory=self.directory,
            waiting=self._waiting,
            queued=self._queued,
            announced=self._announced,
            refuse=self._room.refusal if self._room is not None and lane else None,
            timers=self._timers,
            terms=self._terms,
            turn=self._turn(self._patience) if writes and not lane else None,
            hands_over=hands_over,
            puts_off=puts_off,
            join=join,
            known_tasks=None if writes else self.known_tasks,
        )

    def _turn(self, patience_seconds: float | None) -> Turn | None:
        """The turns of a writer to a SQLite file: a lane writes in no other, a command waits only so long."""
        file = database_file(self.engine)
        if file is None:
            return None
        self._turns.append(Turn(file, patience_seconds))
        return self._turns[-1]

    def _queued(self) -> None:
        if self.on_queued is not None:
            self.on_queued()

    def _announced(self, tenant: int) -> None:
        if self.on_events is not None:
            self.on_events(tenant)

    def _tidy(self, transactions: Transactions) -> None:
        self.engine.checkpoint(transactions.connection)

    def write(self, work: Work) -> None:
        """Queue a work for a write lane, until `wake`. Unavailable when too many wait."""
        self._put(work, self._writes[self._write_lane(work)], self._writes)

    def read(self, work: Work) -> None:
        """Queue a work for a reader, likewise."""
        self._put(work, self._readers_of(work), self._reads.values())

    def _readers_of(self, work: Work) -> Queue:
        return self._reads[
            "named" if not isinstance(work.keys, Exclusive) else "quick" if work.keys.is_quick else "slow"
        ]

    def is_full(self, *, writes: bool) -> bool:
        """Whether no more works can wait: `write` or `read` would raise Unavailable."""
        return sum(map(len, self._writes if writes else self._reads.values())) >= self.longest_queue

    def _put(self, work: Work, queue: Queue, others: Collection[Queue]) -> None:
        work.queued_at = self.clock.monotonic()
        if len(others) > 1 and sum(map(len, others)) >= self.longest_queue:
            raise queue_full()
        queue.put(work)

    def _write_lane(self, work: Work) -> int:
        if self.engine.is_sqlite:
            return 0
        return EXCLUSIVE if work.is_exclusive else NUMBERED if work.draws_numbers else NAMED

    def _write_again(self, work: Work) -> None:
        self._writes[self._write_lane(work)].put_again(work)

    def _read_again(self, work: Work) -> None:
        seconds = work.awaited.pause_seconds if work.awaited is not None else 0.0
        self._readers_of(work).put_again(work, seconds)

    def wake(self) -> None:
        """Notify lanes and readers of the works that were queued."""
        for queue in self._queues():
            if len(queue):
                queue.wake()

    def _queues(self) -> list[Queue]:
        return [*self._writes, *self._reads.values()]

    def pressure(self) -> Pressure:
        """How busy requests keep the write lanes now."""
        meter = self._meter
        is_felt = meter.is_served or any(queue.has_requests() for queue in self._writes)
        return Pressure(is_felt, meter.group_seconds, meter.bulk_seconds)

    def measure(self, snapshot: Snapshot) -> None:
        """Add the figures of lanes, queues and files to a snapshot."""
        for name, queues, lanes in (
            ("write", self._writes, self._lanes),
            ("read", self._reads.values(), self._readers),
        ):
            snapshot.set(table.QUEUE_LENGTH, sum(map(len, queues)), name)
            for lane in lanes:
                lane.measure(snapshot, name)
        file = database_file(self.engine)
        if file is not None:
            snapshot.set(table.DISK_FREE, shutil.disk_usage(file.parent).free)
            for part, path in (("main", file), ("wal", file.with_name(f"{file.name}-wal"))):
                snapshot.set(table.DATABASE_BYTES, path.stat().st_size if path.exists() else 0, part)

    def withdraw_due(self, now: float) -> list[Work]:
        """Take out works that still wait although their deadline has passed, and those that wait for the turn of a
        process which lets no other write, maybe since it was stopped: they wait for as long as for a locked database.
        """
        due = [work for queue in self._queues() for work in queue.withdraw_due(now)]
        for lane, queue in zip(self._lanes, self._writes, strict=False):
            if lane.waits_since is not None and lane.waits_since < now - self._patience:
                due += queue.withdraw_due(now, now - self._patience)
        return due

    def run(self, work: Work, *, writes: bool = True) -> object:
        """Run one work in this thread, on a connection of its own: for the command line, which has no lanes."""
        with self._own_guard:
            if writes not in self._own:
                self._own[writes] = self._transactions(writes=writes, lane=False)
            self._own[writes].run([work])
        return work.unwrap()

    @property
    def is_alive(self) -> bool:
        """Whether every lane and reader takes work."""
        return self.failure is None and all(lane.is_alive for lane in self._threads())

    @property
    def is_ready(self) -> bool:
        """Whether every lane takes works, and none has run one group for too long."""
        now = uptime()
        return self.is_alive and all(
            since is None or now - since < STALLED_SECONDS for since in (lane.busy_since for lane in self._threads())
        )

    def close(self, seconds: float = 10.0) -> None:
        """Finish the works that wait, then stop. No new works are accepted."""
        for queue in self._queues():
            queue.close()
        for lane in self._threads():
            lane.join(seconds)
        for transactions in self._own.values():
            transactions.close()
        if not any(lane.is_alive for lane in self._lanes):
            while self._turns:
                self._turns.pop().close()
        self._waiting.close()
        self.engine.dispose()
