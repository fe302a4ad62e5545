"""The worker: claims jobs that are due under a lease, and runs attempts at them, a few at a time.

It runs in the event loop; what it writes goes through the lane. When it stops, running slices are finished and the
jobs are given back, so that another worker continues where this one ended.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dragoman.domain.access import system
from dragoman.domain.clock import TICKS_PER_SECOND
from dragoman.domain.errors import Expected, Unavailable
from dragoman.domain.ids import new_id
from dragoman.domain.job import Job, JobState, LeaseLost
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.jobs import rests
from dragoman.jobs.attempt import Attempts, facts_of, hold_of
from dragoman.jobs.handlers.registry import HANDLERS, Handler
from dragoman.jobs.loops.loop import Runner
from dragoman.metrics.snapshot import Snapshot
from dragoman.settings import Jobs as Settings
from dragoman.usecases.background import jobs

if TYPE_CHECKING:
    from dragoman.tracing.spans import Spans

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
STOP_SECONDS = 5.0


class Worker:
    """Runs the jobs of every tenant. `hint` may be called from any thread."""

    def __init__(
        self,
        runner: Runner,
        settings: Settings | None = None,
        handlers: Mapping[str, Handler] = HANDLERS,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.owner = new_id()
        self._runner = runner
        self._settings = settings or Settings()
        self._attempts = Attempts(runner, handlers, self._settings.lease_seconds, sleep)
        self._rests = rests.Rests(sleep, self._awake_soon)
        self._running: dict[asyncio.Task[None], Job] = {}
        self._last_tenant = 0
        self._stops = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._awake = asyncio.Event()
        self._ended = asyncio.Event()

    def trace(self, spans: "Spans | None") -> None:
        """Make a span of each attempt."""
        self._attempts.spans = spans

    def measure(self, snapshot: Snapshot) -> None:
        """Add the outcomes of attempts to a snapshot."""
        self._attempts.measure(snapshot)

    # -- start and stop -------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look for jobs each second, at each hint, when an attempt has ended, and when one becomes due; until it is
        stopped."""
        self._loop = asyncio.get_running_loop()
        try:
            while not self._stops:
                self._awake.clear()
                seconds = await self._look_safely()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._awake.wait(), seconds)
        finally:
            self._ended.set()

    def hint(self) -> None:
        """A job was queued."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._awake.set)

    async def stop(self) -> None:
        """Claim no more jobs, finish running slices, give the jobs back. A lease that can't be given back within some
        seconds runs out."""
        self._stops = True
        self._awake.set()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                if self._loop is not None:
                    await self._ended.wait()
                await self._give_back_all()
        except TimeoutError:
            log.warning("worker.left_leases", extra={"jobs": len(self._running)})

    async def run_once(self) -> int:
        """Run the jobs that are due, and return when they are done; how many there were."""
        count = 0
        while claimed := await self.look():
            count += claimed
            await asyncio.gather(*self._running)
        return count

    # -- claiming jobs --------------------------------------------------------------------------------------------

    async def _look_safely(self) -> float:
        """Look, and return how long to wait before the next look."""
        try:
            await self.look()
            return await self._until_next()
        except Expected as busy:
            log.warning("loop.later", extra={"loop": "worker", "code": busy.code})
        except Exception:  # house: ok, because the worker must go on; the next look may succeed
            log.exception("loop.failed", extra={"loop": "worker"})
        return LOOK_SECONDS

    async def _until_next(self) -> float:
        """The seconds until a waiting job becomes due, a second at most."""
        if self._stops or not self._has_place():
            return LOOK_SECONDS
        next_at = await self._runner.read(jobs.next_due, jobs.Due(), system(DIRECTORY_TENANT))
        if next_at is None:
            return LOOK_SECONDS
        return min(max(0.0, (next_at - self._runner.clock.now()) / TICKS_PER_SECOND), LOOK_SECONDS)

    def _has_place(self) -> bool:
        """Whether another attempt may begin. Those that rest leave their places to others."""
        return len(self._running) < self._settings.at_once + self._rests.places

    async def look(self) -> int:
        """Claim due jobs until `jobs.at_once` attempts work; how many were claimed."""
        count = 0
        while not self._stops and self._has_place():
            claimed = await self._claim()
            if not claimed:
                break
            count += claimed
        return count

    async def _claim(self) -> int:
        """Claim one job, of the tenant whose turn it is; 0 when none is due."""
        server = system(DIRECTORY_TENANT)
        for tenant in self._in_turn(await self._runner.read(jobs.tenants_with_due, jobs.Due(), server)):
            command = jobs.Claim(self.owner, 1, self._settings.lease_seconds)
            claimed = await self._write(jobs.claim, command, tenant)
            for job in claimed:
                self._last_tenant = tenant
                if job.state is JobState.DISCARDED:
                    log.error("job.discarded", extra=facts_of(job))
                else:
                    self._begin(job)
            if claimed:
                return len(claimed)
        return 0

    def _in_turn(self, waiting: list[int]) -> list[int]:
        """Tenants without a running attempt first, then in turn: a thousand jobs of one don't delay another."""
        served = {job.tenant for job in self._running.values()}
        return sorted(waiting, key=lambda tenant: (tenant in served, tenant <= self._last_tenant, tenant))

    def _begin(self, job: Job) -> None:
        rests.current.set(self._rests)  # the attempt's task copies it
        attempt = asyncio.create_task(self._attempts.run(job), name=f"job {job.uid}")
        self._running[attempt] = job
        attempt.add_done_callback(self._finished)

    def _awake_soon(self) -> None:
        self._awake.set()

    def _finished(self, attempt: asyncio.Task[None]) -> None:
        if not attempt.cancelled() and attempt.exception() is not None:
            log.error("job.not_stored", extra=facts_of(self._running[attempt]), exc_info=attempt.exception())
        if not attempt.cancelled():
            del self._running[attempt]
            self._awake.set()

    async def _give_back_all(self) -> None:
        # A cancelled attempt leaves its slice in the lane, which finishes it; the give-back is queued behind it.
        running = dict(self._running)
        for attempt in running:
            attempt.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for job in self._running.values():  # without those that ended nevertheless
            with suppress(LeaseLost, Unavailable):
                await self._write(jobs.give_back, jobs.GiveBack(hold_of(job)), job.tenant)
                log.info("job.given_back", extra=facts_of(job))

    async def _write(self, run: Callable[..., Any], command: Any, tenant: int) -> Any:
        return await self._runner.write(run, command, system(tenant), "core", bulk=True)
