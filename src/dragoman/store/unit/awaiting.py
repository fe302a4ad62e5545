"""Lists by a lower bound of moments, for clients that ask again and again for what is new (decision 0038).

A change has the moment at which its transaction had its rows, and of two transactions the later one may commit first.
So such a list waits until all transactions have ended that were under way when it was asked for, and leaves out what
was changed after that: then nothing can still come that is older than something it shows, or than its own request.
"""

import sqlalchemy as sa

from dragoman.domain.clock import TICKS_PER_SECOND, Clock, Moment, uptime
from dragoman.domain.errors import Unavailable
from dragoman.store.engine.engines import Engine
from dragoman.store.unit.under_way import UnderWay

LONGEST_SECONDS = 10.0
"""A transaction that stands still is ended by the database before that."""
OVERLAP_SECONDS = 60
"""How long a transaction may take where none can be seen: lists by a lower bound begin so much earlier."""
OVERLAP_TICKS = OVERLAP_SECONDS * TICKS_PER_SECOND
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.002, 0.05


class MustWait(Exception):
    """A list by a lower bound was asked for before its writers were waited for. It runs again when they have ended.

    `ticks` is how exactly its client sees moments: those of the last unit that is shown alike come together.
    """

    def __init__(self, ticks: int = 1) -> None:
        super().__init__("writers are under way")
        self.ticks = ticks


class Awaited:
    """What a list waits for."""

    __slots__ = ("_asked_at", "_began", "_looks", "_ticks", "_until", "_writers", "is_over")

    def __init__(self, ticks: int, now: Moment) -> None:
        self.is_over = False
        self._ticks = ticks
        self._asked_at = now
        self._until = Moment(now - now % ticks + ticks - 1)
        self._writers: frozenset[str] | None = None
        self._looks = 0
        self._began = uptime()

    @property
    def known_until(self) -> Moment | None:
        """No change with a moment up to this one is still to come; None before all writers have ended."""
        return self._until if self.is_over else None

    @property
    def pause_seconds(self) -> float:
        """How long to wait before the next look."""
        return min(FIRST_PAUSE_SECONDS * 1.5**self._looks, LONGEST_PAUSE_SECONDS)

    def look(self, now: Moment, under_way: UnderWay, connection: sa.Connection) -> None:
        """See whether it is over. Unavailable when it takes too long."""
        self._looks += 1
        if self._writers is None and now < self._until:
            if self._looks == 1 or now > self._asked_at:
                return  # a writer may still be given this moment
            self._until = now  # the clock stands, or was set back
        found = under_way.look(connection)
        self._writers = found if self._writers is None else self._writers & found
        self.is_over = not self._writers
        if not self.is_over and uptime() - self._began > LONGEST_SECONDS:
            raise Unavailable("changes_under_way", "Changes that belong to this list take too long. Ask again.")


class Waiting:
    """Lets the lists of a process wait, on the connections of their readers."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._clock = clock
        self._under_way = UnderWay(engine)

    def begin(self, must_wait: MustWait) -> Awaited:
        """Begin to wait."""
        return Awaited(must_wait.ticks, self._clock.now())

    def look(self, awaited: Awaited, connection: sa.Connection) -> None:
        """See whether it is over."""
        awaited.look(self._clock.now(), self._under_way, connection)

    def close(self) -> None:
        """Give up what was opened for it."""
        self._under_way.close()
