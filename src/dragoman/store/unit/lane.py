"""Lanes: threads that take works from a queue, group by group.

A group is the works that were queued while the group before it committed. Its works belong to one tenant; an exclusive
command has a group of its own, or shares it with those that pick rows by the same look. Every work is answered after
the commit.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable

import msgspec

from dragoman.domain.clock import Clock, uptime
from dragoman.domain.errors import Unavailable
from dragoman.metrics import table
from dragoman.metrics.groups import Groups
from dragoman.metrics.snapshot import Snapshot
from dragoman.store.engine.turns import Turn
from dragoman.store.unit.transaction import OutcomeUnknown, Transactions
from dragoman.store.unit.work import Work

log = logging.getLogger("dragoman.store")

LONGEST_QUEUE = 1_000
LARGEST_GROUP = 256
IDLE_SECONDS = 0.25  # without work for this time, the lane cleans up (checkpoint)
PAUSE_SECONDS = 0.1  # before a work is tried again whose rows another transaction holds


class Pressure(msgspec.Struct, frozen=True):
    """How busy requests keep the lanes: long work gives way to them."""

    is_felt: bool
    """Whether requests wait, or were served since the last slice of bulk work."""
    group_seconds: float
    """How long the last group of requests took; 0 when there was none yet."""
    bulk_seconds: float
    """How long the last slice of bulk work took, without its wait."""


class Meter:
    """Measures the groups of all lanes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._groups = 0  # groups of requests, including running ones
        self._seen = 0  # `_groups` when the last slice of bulk work began
        self.group_seconds = 0.0
        self.bulk_seconds = 0.0

    @property
    def is_served(self) -> bool:
        """Whether a group of requests ran since the last slice of bulk work began."""
        return self._groups != self._seen

    def run(self, group: list[Work], run: Callable[[list[Work]], None]) -> tuple[float, float]:
        """Run a group; returns when it began and how long it took. A group that contains a slice of bulk work does not
        count for `group_seconds`."""
        bulk = sum(work.is_bulk for work in group)
        if bulk:
            self._seen = self._groups
        if bulk < len(group):
            self._groups += 1
        began = self._clock.monotonic()
        run(group)
        seconds = self._clock.monotonic() - began
        if not bulk:
            self.group_seconds = seconds
        elif bulk == len(group):
            self.bulk_seconds = seconds
        return began, seconds


class Queue:
    """Works that wait for a lane. When it is full, further works are refused."""

    def __init__(
        self,
        longest: int = LONGEST_QUEUE,
        largest_group: int = LARGEST_GROUP,
    ) -> None:
        self._longest = longest
        self._largest_group = largest_group
        self._waiting: deque[Work] = deque()
        self._paused: list[Work] = []  # until their `not_before`
        self._changed = threading.Condition()
        self._closed = False

    def put(self, work: Work) -> None:
        """Queue a work; lanes are notified by `wake`. Unavailable when the queue is full or closed."""
        with self._changed:
            if self._closed:
                raise Unavailable("shutting_down", "The server is stopping; nothing was changed.")
            if len(self._waiting) >= self._longest:
                raise queue_full()
            self._waiting.append(work)

    def put_again(self, work: Work, seconds: float = PAUSE_SECONDS) -> None:
        """Queue a work again that was taken, after a pause, whether or not the queue is full or closed."""
        with self._changed:
            work.not_before = uptime() + seconds
            self._paused.append(work)
            self._changed.notify()

    def wake(self) -> None:
        """Notify a lane that there are works, once for all that were put."""
        with self._changed:
            if self._waiting:
                self._changed.notify()

    def withdraw_due(self, now: float, queued_before: float = 0.0) -> list[Work]:
        """Take out works whose deadline has passed, and requests that were queued before a moment. Works that run
        already are answered when done."""
        with self._changed:
            due = [
                work
                for work in self._waiting
                if work.deadline <= now or (work.queued_at < queued_before and not work.is_bulk)
            ]
            for work in due:
                self._waiting.remove(work)
            paused = [work for work in self._paused if work.deadline <= now]
            for work in paused:
                self._paused.remove(work)
            return due + paused

    def wait(self, idle_seconds: float | None) -> bool:
        """Wait until a group could be taken, for so long; whether one could."""
        with self._changed:
            return self._wait(idle_seconds)

    def _wait(self, idle_seconds: float | None) -> bool:
        self._end_pauses()
        if not self._waiting and (self._paused or not self._closed):
            self._changed.wait(self._pause() if self._paused else idle_seconds)
            self._end_pauses()
        return bool(self._waiting)

    def take(self, idle_seconds: float | None) -> list[Work] | None:
        """The next group, in the order of arrival. Empty when nothing came in time, None when the queue is done."""
        with self._changed:
            if not self._wait(idle_seconds):
                return None if self._closed and not self._paused else []
            group = self._next_group()
            if self._waiting:
                self._changed.notify()
            return group

    def _pause(self) -> float:
        return max(0.0, min(work.not_before for work in self._paused) - uptime())

    def _end_pauses(self) -> None:
        if self._paused:
            now = uptime()
            self._waiting.extendleft(reversed([work for work in self._paused if work.not_before <= now]))
            self._paused = [work for work in self._paused if work.not_before > now]

    def _next_group(self) -> list[Work]:
        first = self._waiting.popleft()
        group = [first]
        if first.look is not None:
            alike = [work for work in self._waiting if work.look == first.look][: self._largest_group - 1]
            for work in alike:
                self._waiting.remove(work)
            group += alike
        elif not first.is_exclusive:
            others: deque[Work] = deque()
            while self._waiting and len(group) < self._largest_group:
                work = self._waiting.popleft()
                if work.tenant != first.tenant:
                    others.append(work)
                elif work.is_exclusive:
                    others.append(work)
                    break  # what was queued after it stays after it
                else:
                    group.append(work)
            self._waiting.extendleft(reversed(others))
        return group

    def join(self, tenant: int, size: int, fits: Callable[[Work], bool]) -> list[Work]:
        """Take out the works of a tenant that fit into a group of this size, which runs already."""
        if not self._waiting:
            return []
        with self._changed:
            joined: list[Work] = []
            for work in self._waiting:
                if work.is_exclusive or size + len(joined) >= self._largest_group:
                    break  # what was queued after it stays after it
                if work.tenant == tenant and fits(work):
                    joined.append(work)
            for work in joined:
                self._waiting.remove(work)
            return joined

    def has_requests(self) -> bool:
        """Whether any work waits that is not bulk work."""
        with self._changed:
            return not all(work.is_bulk for work in (*self._waiting, *self._paused))

    def close(self) -> list[Work]:
        """Accept no more works. Lanes still finish those that wait, which are returned."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            return [*self._waiting, *self._paused]

    def abandon(self) -> list[Work]:
        """Empty the queue because no lane is left; returns the works that waited."""
        with self._changed:
            self._closed = True
            left = [*self._waiting, *self._paused]
            self._waiting, self._paused = deque(), []
            return left

    def __len__(self) -> int:
        return len(self._waiting) + len(self._paused)


def queue_full() -> Unavailable:
    """The error for one work more than can wait."""
    return Unavailable("queue_full", "Too many requests wait already; nothing was changed.")


class Lane:
    """One thread and one connection on a queue.

    `answer` is called with the works of a group after its commit, `again` with a work that another lane must run or
    that waits for rows, `died` when the thread ends by anything but `close`. A lane with a `turn` writes in it.
    """

    def __init__(
        self,
        name: str,
        queue: Queue,
        transactions: Transactions,
        answer: Callable[[list[Work]], None],
        died: Callable[[BaseException], None],
        meter: Meter,
        idle: Callable[[Transactions], None] | None = None,
        again: Callable[[Work], None] | None = None,
        turn: Turn | None = None,
    ) -> None:
        self.name = name
        self._queue = queue
        self._transactions = transactions
        self._answer = answer
        self._died = died
        self._idle = idle
        self._meter = meter
        self._again = again
        self._turn = turn
        self.busy_since: float | None = None  # on the monotonic clock
        self.waits_since: float | None = None  # likewise: for its turn, while other processes write
        self.groups = Groups()
        self.on_group: Callable[[str, list[Work], float], None] | None = None
        self._busy_since_idle = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin taking groups."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the thread still takes groups."""
        return self._thread.is_alive()

    def join(self, seconds: float) -> None:
        """Wait until the queue is empty, at most for these seconds."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            while self._serve_next():
                pass
        except BaseException as error:  # house: ok, because a dead lane must end the process, whatever killed it
            self._died(error)  # first: an error while logging must not prevent it
            log.critical("lane.died", extra={"lane": self.name}, exc_info=error)
        finally:
            self._transactions.close()

    def _serve_next(self) -> bool:
        """Serve the next group; whether there may be more.

        In its turn a lane takes the group from the queue: until then others join it, and works leave it whose time is
        over, however long another process writes.
        """
        idle_seconds = IDLE_SECONDS if self._busy_since_idle else None
        if self._turn is None:
            return self._serve(self._queue.take(idle_seconds))
        if not self._queue.wait(idle_seconds):
            return self._serve(self._queue.take(0))
        self.busy_since = self.waits_since = uptime()
        with self._turn:
            self.waits_since = None
            return self._serve(self._queue.take(0))

    def _serve(self, group: list[Work] | None) -> bool:
        """Run a group, or clean up where none came; None: the queue is done."""
        if group:
            self._busy_since_idle = True
            self.busy_since = uptime()
            try:
                self._run_group(group)
            finally:
                self.busy_since = None
            return True
        self.busy_since = None
        self._busy_since_idle = False
        if group is not None and self._idle is not None:
            self._idle(self._transactions)
        return group is not None

    def _run_group(self, group: list[Work]) -> None:
        try:
            began, seconds = self._meter.run(group, self._transactions.run)
        except OutcomeUnknown as unknown:
            unsure = Unavailable("outcome_unknown", "The database's answer was lost; it may have applied this.")
            for work in group:
                if not work.is_settled:
                    work.result, work.error = None, unsure
            if self._transactions.engine.is_sqlite:
                raise  # no 2xx and no refusal either: the process ends, the next start recovers
            self._answer(group)
            log.error("commit.outcome_unknown", extra={"lane": self.name}, exc_info=unknown)
        else:
            self.groups.add(group, began, seconds)
            if self._again is not None and self._transactions.again:
                for work in self._transactions.again:
                    self._again(work)
                group = [work for work in group if work not in self._transactions.again]
            self._answer(group)
            if self.on_group is not None:
                self.on_group(self.name, group, seconds)

    def measure(self, snapshot: Snapshot, queue: str) -> None:
        """Add its figures to a snapshot."""
        self.groups.measure(snapshot, queue)
        snapshot.count(table.TROUBLES, self._transactions.troubles)
        snapshot.set(table.LANES, int(self.is_alive), queue)
