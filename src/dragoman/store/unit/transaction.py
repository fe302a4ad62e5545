"""Transactions: begin, load, run each command, flush, commit; and again when the database asks for it.

The only place that commits. Every transaction can run again: commands are plain values, and results are given out only
after the commit.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import sqlalchemy as sa

from dragoman.command import EXCLUSIVE, Exclusive, Keys
from dragoman.domain.clock import Clock, uptime
from dragoman.domain.errors import Conflict, Expected, Unavailable
from dragoman.domain.terms import NO_TERMS, Terms
from dragoman.metrics.tally import Counts
from dragoman.store.directory import Directory
from dragoman.store.engine import driver
from dragoman.store.engine.engines import Engine, Trouble
from dragoman.store.engine.files import storage_full
from dragoman.store.unit import event_log
from dragoman.store.unit.as_of import TimersDue
from dragoman.store.unit.awaiting import OVERLAP_SECONDS, OVERLAP_TICKS, MustWait, Waiting
from dragoman.store.unit.flushing import Changed, flush
from dragoman.store.unit.known_tasks import KnownTasks
from dragoman.store.unit.loading import Loader, recorded_at
from dragoman.store.unit.overlay import Group, MustBeExclusive, NotAnnounced, OutOfOrder, Overlay
from dragoman.store.unit.under_way import mark
from dragoman.store.unit.work import Work

log = logging.getLogger("dragoman.store")

TRIES = 5
ANNOUNCEMENTS = 8  # how often a group may turn out to need more rows than its commands named
LESSONS = 6  # how often an exclusive command runs again to lock its rows in order
PLAN_SECONDS = 10.0  # how long a reader, and a lane that hands works over, keeps plans
PROBE_MILLISECONDS = 50  # to wait for the rows of each work, when those of some work in the group are held


def first_line(error: sa.exc.DBAPIError) -> str:
    """The database's message without its details: they quote rows."""
    return str(error.orig).partition("\n")[0][:300]


class OutcomeUnknown(Exception):
    """It is unknown whether a commit succeeded. A process on SQLite must end; the next start recovers."""


class Unreachable(Exception):
    """No connection can be opened."""


class Transactions:
    """Runs works on one connection, reopened when it is lost. Not thread-safe.

    `queued` is called after the commit of a transaction that queued a job, `announced` with the tenant after that of
    one that wrote events; `refuse` before a group runs: its result is the error of all works. With `hands_over`, works
    that must run elsewhere or wait for rows are left in `again`; with `puts_off` lists that wait for transactions under
    way. With a `turn` each transaction is one: a lane has its own turns.
    `timers` gives the works that let due timers fire before what they hold is changed. `join` gives works that were
    queued while a group waited for its rows, and need no others: they are added to the group's list. `known_tasks` are
    those that lists need not read again.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        *,
        writes: bool,
        connect: Callable[[], sa.Connection],
        directory: Directory,
        waiting: Waiting,
        queued: Callable[[], None] | None = None,
        announced: Callable[[int], None] | None = None,
        refuse: Callable[[], Expected | None] | None = None,
        timers: Callable[[int, TimersDue], list[Work]] | None = None,
        terms: Terms = NO_TERMS,
        turn: AbstractContextManager[None] | None = None,
        hands_over: bool = False,
        puts_off: bool = False,
        join: Callable[[int, int, Callable[[Work], bool]], list[Work]] | None = None,
        known_tasks: KnownTasks | None = None,
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.writes = writes
        self._connect = connect
        self._connection: sa.Connection | None = None
        self._directory = directory
        self._queued = queued
        self._announced = announced
        self._refuse = refuse
        self._timers = timers
        self._terms = terms
        self._turn = turn or nullcontext()
        self._tried: frozenset[int] = frozenset()
        self._hands_over = hands_over
        self._keeps_plans = engine.is_postgresql and (hands_over or not writes)
        self._puts_off = puts_off
        self._known_tasks = known_tasks
        self._waiting = waiting
        self._planned_at = 0.0
        self._join = join
        self._joins = False
        self._works: list[Work] = []  # those that are to be brought to an end
        self._probes = False
        self.again: list[Work] = []
        self.troubles = Counts()

    @property
    def connection(self) -> sa.Connection:
        """The open connection, opened when there is none. Unreachable when that fails."""
        if self._connection is None or self._connection.closed or self._connection.invalidated:
            self.close()
            try:
                self._connection = self._connect()
            except sa.exc.DBAPIError as error:
                raise Unreachable(str(error.orig)) from error
        return self._connection

    def close(self) -> None:
        """Give the connection up."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            try:
                connection.close()
            except sa.exc.DBAPIError:  # it was lost already
                connection.invalidate()

    def run(self, works: list[Work]) -> None:
        """Bring every work to its result or error: twice as a group, then each by itself, five times at most.

        Works that join the group are appended to the list.
        """
        self.again = []
        self._works, self._joins = works, self._join is not None
        refusal = self._refuse() if self._refuse is not None else None
        if refusal is not None:
            return _refuse(works, refusal)
        try:
            if not self._run_together(works):
                for work in works:
                    if not work.is_settled and work not in self.again:
                        self._run_single(work)
        except Unreachable as away:
            log.warning("store.unreachable", extra={"error": str(away)[:300]})
            _refuse(works, Unavailable("database_away", "The database can't be reached; nothing was changed."))
        finally:
            self._probes = False
        return None

    def _run_together(self, works: list[Work]) -> bool:
        for _ in range(2 if len(works) > 1 else 0):
            trouble = self._attempt(works)
            if trouble is None:
                return True
            if self._hands_over and self._kind(trouble) is Trouble.BLOCKED:
                self._probes = True  # the lane has other works to do than to wait for these rows
                break
        self._joins = self._joins and len(works) == 1
        return False

    def _run_single(self, work: Work) -> None:
        trouble: Exception | None = None
        for attempt in range(TRIES):
            if attempt:
                time.sleep(0.002 * 4**attempt)  # house: ok, because a clash with another writer needs it to pass
            trouble = self._attempt([work])
            self._joins = False
            if trouble is None:
                return
            kind = self._kind(trouble)
            if self._hands_over and kind is Trouble.BLOCKED:
                self.again.append(work)
                return
            if kind in (Trouble.FULL, Trouble.SLOW) or (kind is Trouble.LOST and attempt):
                break  # another attempt would fail for the same reason
            if work.deadline <= uptime():
                break
        work.result, work.error = None, self._refusal(trouble)

    def _kind(self, trouble: Exception | None) -> Trouble:
        return self.engine.trouble(trouble) if isinstance(trouble, sa.exc.DBAPIError) else Trouble.CLASH

    def _refusal(self, trouble: Exception | None) -> Exception:
        if isinstance(trouble, sa.exc.IntegrityError):
            return Conflict("already_exists", "Another has this name or number already.")
        kind = self._kind(trouble)
        if kind is Trouble.FULL:
            return storage_full()
        if kind is Trouble.SLOW and not self.writes:
            return Unavailable("query_too_slow", "The query took too long. Narrow it.")
        if kind is Trouble.CLASH and trouble is not None and not isinstance(trouble, Changed):
            return trouble  # a bug: a value was accepted that the database can't store
        return Unavailable("database_busy", "The database could not take this now; nothing was changed.")

    def _attempt(self, works: list[Work]) -> Exception | None:
        """One transaction for all works. None when it was committed, or when each work was refused."""
        try:
            if not self._is_over(works[0]):
                return None
            alone = self._after_timers(works)
        except MustWait as must_wait:
            works[0].awaited = self._waiting.begin(must_wait)
            return self._attempt(works)
        except Changed as error:
            return error
        except sa.exc.DBAPIError as error:
            self._rolled_back(error)
            return error
        except (OutcomeUnknown, Unreachable):
            raise
        except Exception as error:  # house: ok, because a value that the driver refuses must fail its command alone
            return error
        for work in alone:  # they need a set of rows: they run exclusively, after the commit of the others
            work.keys = EXCLUSIVE
            if self._hands_over:
                self.again.append(work)
            else:
                self._run_single(work)
        return None

    def _is_over(self, work: Work) -> bool:
        """Whether a work waits for nothing. A list that does is put off, or refused when that takes too long."""
        awaited = work.awaited
        try:
            while awaited is not None and not awaited.is_over:
                self._waiting.look(awaited, self.connection)
                if not awaited.is_over and self._puts_off:
                    self.again.append(work)
                    return False
                if not awaited.is_over:
                    time.sleep(awaited.pause_seconds)  # house: ok, because a command has no other works to do
        except Unavailable as late:
            work.result, work.error = None, late
            return False
        return True

    def _rolled_back(self, error: sa.exc.DBAPIError) -> None:
        kind = self.engine.trouble(error)
        self.troubles.add(kind.value)
        log.warning("store.trouble", extra={"kind": kind.value, "error": first_line(error)})
        if kind is Trouble.LOST:
            if self.engine.is_sqlite and self.writes:
                raise OutcomeUnknown(first_line(error)) from error
            self.close()

    def _after_timers(self, works: list[Work]) -> list[Work]:
        """Run them; where they are to change what timers are due for, these fire first, in transactions of their own.

        What a timer can't be done to is then seen as it would be left.
        """
        tried: frozenset[int] = frozenset()
        while True:
            self._tried = tried
            try:
                return self._with_announcements(works)
            except TimersDue as due:
                tried |= due.numbers
                self._fire(works[0].tenant, due)

    def _fire(self, tenant: int, due: TimersDue) -> None:
        hands_over, self._hands_over = self._hands_over, False  # no other lane knows of these works
        joins, self._joins = self._joins, False
        try:
            for work in self._timers(tenant, due) if self._timers is not None else ():
                self._run_single(work)
        finally:
            self._hands_over, self._joins = hands_over, joins

    def _with_announcements(self, works: list[Work]) -> list[Work]:
        alone: list[Work] = []
        for _ in range(ANNOUNCEMENTS):
            present = [work for work in works if work not in alone]
            if not present:
                return alone
            size = len(present)
            try:
                missing = self._transact(present, alone)
            finally:
                works.extend(work for work in present[size:] if work not in works)
            if not missing:
                return alone
            for work, wanted in missing:
                if isinstance(wanted, OutOfOrder):
                    work.learned = work.learned or Keys()
                    work.learned.merge(wanted.keys)
                    work.lessons += 1
                elif not isinstance(work.keys, Keys):
                    raise wanted
                else:
                    work.keys.also(wanted.entity, [wanted.key], wanted.lock)
        alone.extend(work for work in works if work not in alone)  # they need more rows each time: run exclusively
        return alone

    def _transact(self, works: list[Work], alone: list[Work]) -> list[tuple[Work, NotAnnounced | OutOfOrder]]:
        """Run and commit. If commands need rows that they didn't name, or in order, roll back and return these."""
        connection = self.connection
        with self._turn, connection.begin() as transaction:
            picks = self.engine.is_postgresql and self.writes and works[0].look is not None
            if (self._keeps_plans or picks) and uptime() - self._planned_at > PLAN_SECONDS:
                self._planned_at = uptime()
                self.engine.forget_plans(connection)
            if picks:
                self.engine.go_by_index(connection)
            if self._probes:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {PROBE_MILLISECONDS}")
            missing = self._run_group(connection, transaction, works, alone)
            if missing:
                return missing
        for work in works:
            work.is_settled = work not in alone
        return []

    def _run_group(
        self, connection: sa.Connection, transaction: sa.RootTransaction, works: list[Work], alone: list[Work]
    ) -> list[tuple[Work, NotAnnounced | OutOfOrder]]:
        began = uptime()
        with self._group(connection, works) as group:
            if self._joins and not self._probes:
                works.extend(self._joining(group, works))
            executed = [(work, self._execute(work, group, alone)) for work in works]
            missing = [(work, wanted) for work, wanted in executed if wanted is not None]
            if missing:
                transaction.rollback()
                return missing
            if self.writes and works[0].is_exclusive and all(work.error is not None for work in works):
                transaction.rollback()  # with all that it wrote before it failed
            elif self.writes:
                written = flush(connection, group)
                if not self.engine.shows_writers and uptime() - began > OVERLAP_SECONDS:
                    raise Changed("lists that could not wait for it would miss it")
                self._commit(transaction, group)
                self._directory.forget(group.tenant, group.written + written)
                if group.has_queued and self._queued is not None:
                    self._queued()
                if group.events and self._announced is not None:
                    self._announced(group.tenant)
        return []

    def _joining(self, group: Group, works: list[Work]) -> list[Work]:
        """Works that were queued meanwhile and need only rows that this group holds."""
        if self._join is None:
            return []
        held = Keys()
        for work in works:
            if not isinstance(work.keys, Keys):
                return []
            held.merge(work.keys)
        joined = self._join(group.tenant, len(works), lambda work: held.cover(work.keys))
        if joined:
            self._works.extend(joined)
            group.now = max(group.now, self.clock.now())  # none is changed before it was asked for
        return joined

    def _commit(self, transaction: sa.RootTransaction, group: Group) -> None:
        """Write the events and commit, both sent at once where the driver can: the lock on the log's counter then
        lasts no longer than the commit itself, however busy this process is."""
        connection = transaction.connection
        try:
            with driver.pipeline(connection) if group.events else nullcontext():
                event_log.write(connection, group.tenant, group.events)
                transaction.commit()
        except sa.exc.DBAPIError as error:
            self.close()  # a commit that failed leaves the connection between two transactions
            if self.engine.trouble(error) is not Trouble.LOST or self.engine.ended_before(error):
                raise  # refused for certain: it runs again
            raise OutcomeUnknown(first_line(error)) from error

    @contextmanager
    def _group(self, connection: sa.Connection, works: list[Work]) -> Iterator[Group]:
        """The rows of these works. Afterwards nothing can be loaded, and no reference cycle keeps the rows in memory
        until the garbage collector runs."""
        tenant = works[0].tenant
        lone = not self.writes or works[0].is_exclusive
        group = Group(
            tenant,
            self.clock.now(),
            lambda name, key: self._directory.cached(connection, tenant, name, key),
            lambda name, keys: self._directory.remember(connection, tenant, name, keys),
            lambda entity, number, revision: recorded_at(connection, tenant, entity, number, revision),
        )
        group.terms = self._terms
        group.as_stored = isinstance(works[0].keys, Exclusive) and works[0].keys.as_stored
        group.fires_timers, group.tried = self.writes and self._timers is not None, self._tried
        in_order = self.writes and lone and max(work.lessons for work in works) < LESSONS
        loader = Loader(self.engine, connection, group, writes=self.writes, in_order=in_order)
        if lone:
            group.connection, group.load_all, group.only_reads = connection, loader.load, not self.writes
            group.is_quick = group.only_reads and isinstance(works[0].keys, Exclusive) and works[0].keys.is_quick
        group.size, group.picks = len(works), self.writes and works[0].look is not None
        group.known_tasks = self._known_tasks
        keys = _keys_of(works)
        if not self.writes:
            self.engine.start_reading(connection)
        group.clock = self.clock if self.writes else None
        loader.load(keys)
        group.clock = None
        self._know(group, works[0], loader)
        try:
            yield group
        finally:
            group.connection = group.load_all = None

    def _know(self, group: Group, work: Work, loader: Loader) -> None:
        """Let lists wait for this transaction before it has its moment, or let this list know what it waited for."""
        if not self.engine.shows_writers:
            group.overlap_ticks = 0 if self.writes else OVERLAP_TICKS
        elif not self.writes:
            group.known_until = None if work.awaited is None else work.awaited.known_until
        elif self.engine.is_postgresql and not loader.is_marked:
            mark(loader.connection)
            group.now = self.clock.now()

    @staticmethod
    def _execute(work: Work, group: Group, alone: list[Work]) -> NotAnnounced | OutOfOrder | None:
        overlay = Overlay(group, stamp=work.stamp)
        work.result = work.error = None
        try:
            work.result = work.execute(overlay)
            overlay.close()
        except (NotAnnounced, OutOfOrder) as missing:
            return missing
        except MustBeExclusive:
            alone.append(work)
        except Expected as refused:
            _must_be_whole(overlay)
            work.error = refused.with_traceback(None)  # the traceback holds this work and all rows that it loaded
        except (sa.exc.DBAPIError, Changed, TimersDue, MustWait):
            raise
        except Exception as bug:  # house: ok, because a poisoned command must fail alone; the edge logs and hides it
            _must_be_whole(overlay)
            work.error = bug
        return None


def _must_be_whole(overlay: Overlay) -> None:
    """Changed where others share the transaction of a command that failed, and the tables hold some of what it did:
    then each runs by itself."""
    if overlay.is_written_through and overlay.group.size > 1:
        raise Changed("a command that failed had written before its end")


def _keys_of(works: list[Work]) -> Keys:
    named = [keys for work in works if (keys := work.keys if isinstance(work.keys, Keys) else work.learned)]
    if len(named) == 1:
        return named[0]
    keys = Keys()
    for each in named:
        keys.merge(each)
    return keys


def _refuse(works: list[Work], refusal: Exception) -> None:
    for work in works:
        if not work.is_settled:
            work.result, work.error = None, refusal
