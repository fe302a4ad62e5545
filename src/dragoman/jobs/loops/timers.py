"""The loop that fires timers, twice a second: every node looks, and each row fires once.

What can't be done to one row doesn't keep the others: a slice that fails is done row by row, and a row that fails is
put aside for a minute.
"""

import logging
from collections import deque

import msgspec

from dragoman.domain.access import system
from dragoman.domain.errors import Expected, Unavailable
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.jobs.loops.loop import Runner, forever
from dragoman.jobs.slices import FIRST, next_size
from dragoman.metrics import table
from dragoman.metrics.snapshot import Snapshot
from dragoman.metrics.tally import Counts
from dragoman.usecases.background import timers

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
ASIDE_SECONDS = 60.0


class Place(msgspec.Struct, frozen=True):
    """One timer of one tenant."""

    tenant: int
    timer: str


class Loop:
    """Fires due timers. Remembers recent failures, and how long slices take."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._aside: dict[Place, dict[int, float]] = {}
        self._size = FIRST
        self._fired = Counts()

    async def run(self) -> None:
        """Look twice a second, as long as the server runs."""
        await forever("timers", self.look, LOOK_SECONDS)

    def measure(self, snapshot: Snapshot) -> None:
        """Add the numbers of fired and failing timers to a snapshot."""
        snapshot.count(table.TIMERS_FIRED, self._fired)
        snapshot.set(table.TIMERS_ASIDE, sum(len(self._aside_now(place)) for place in list(self._aside)))

    async def look(self) -> int:
        """Fire everything that is due in any tenant, slice by slice in turn; returns how many fired."""
        server = system(DIRECTORY_TENANT)
        tenants = await self._runner.read(timers.tenants_with_due, timers.FindTenants(), server)
        waiting = deque(Place(tenant, timer) for tenant in tenants for timer in timers.TIMERS)
        fired = 0
        while waiting:
            place = waiting.popleft()
            numbers = await self._due(place)
            done = await self._fire(place, numbers) if numbers else 0
            if done:  # otherwise another node fires them, or the clock was set back
                fired += done
                waiting.append(place)
        return fired

    async def _due(self, place: Place) -> list[int]:
        """The next due rows, without those that failed recently."""
        aside = self._aside_now(place)
        command = timers.Due(place.timer, self._size + len(aside))
        found = await self._runner.read(timers.due, command, system(place.tenant))
        return [number for number in found if number not in aside][: self._size]

    def _aside_now(self, place: Place) -> dict[int, float]:
        now = self._runner.clock.monotonic()
        kept = {number: until for number, until in self._aside.get(place, {}).items() if until > now}
        if kept:
            self._aside[place] = kept
        else:
            self._aside.pop(place, None)
        return kept

    async def _fire(self, place: Place, numbers: list[int]) -> int:
        began = self._runner.clock.monotonic()
        try:
            done = await self._write(place, numbers)
        except Unavailable:
            raise
        except Exception:  # house: ok, because one row must not stop the others; it is logged when it fails alone
            return await self._fire_singly(place, numbers)
        if len(numbers) == self._size:
            self._size = next_size(done.seen, self._runner.clock.monotonic() - began, self._runner.pressure())
        return done.fired

    async def _fire_singly(self, place: Place, numbers: list[int]) -> int:
        fired = 0
        for number in numbers:
            try:
                fired += (await self._write(place, [number])).fired
            except Unavailable:
                raise
            except Exception as error:  # house: ok, because one row must not stop the others
                self._put_aside(place, number, error)
        return fired

    def _put_aside(self, place: Place, number: int, error: Exception) -> None:
        self._aside.setdefault(place, {})[number] = self._runner.clock.monotonic() + ASIDE_SECONDS
        facts = {"tenant": place.tenant, "timer": place.timer, "number": number}
        if isinstance(error, Expected):
            log.warning("timer.kept", extra=facts | {"code": error.code})
        else:
            log.error("timer.failed", extra=facts, exc_info=error)

    async def _write(self, place: Place, numbers: list[int]) -> timers.Fired:
        command = timers.Fire(place.timer, tuple(numbers), max(self._size, FIRST))
        done = await self._runner.write(
            timers.fire, command, system(place.tenant), "core", operation=f"timer.{place.timer}", bulk=True
        )
        self._fired.add(place.timer, times=done.fired)
        return done
