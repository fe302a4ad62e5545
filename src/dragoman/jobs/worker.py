"""The worker: takes jobs that are due under a lease, does them, and says every third of the lease that it still does.

It lives in the event loop; what it does to the store goes through the lane like everything else. When it is told to
stop, the slices in hand are finished and the jobs given back, so that others go on where it ended.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dragoman.domain.access import system
from dragoman.domain.errors import Expected, Unavailable
from dragoman.domain.ids import new_id
from dragoman.domain.job import Job, JobState, LeaseLost
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.jobs.handlers.registry import HANDLERS, Handler
from dragoman.jobs.loops.loop import Runner
from dragoman.metrics import table
from dragoman.metrics.snapshot import Snapshot
from dragoman.metrics.tally import Counts, Histogram
from dragoman.settings import Jobs as Settings
from dragoman.usecases.admin import tenants
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold

if TYPE_CHECKING:
    from dragoman.tracing.spans import Spans

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
BEATS = 3
"""So often a lease is renewed before it would have run out."""
TRIES = 5
STOP_SECONDS = 5.0


class Worker:
    """Works off the jobs of every tenant, a few at a time. `hint` may be called from any thread.

    `is_only` says that no other process works on this database: then nobody need wait for the leases of an earlier one.
    """

    def __init__(
        self,
        runner: Runner,
        settings: Settings | None = None,
        handlers: Mapping[str, Handler] = HANDLERS,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        *,
        is_only: bool = False,
    ) -> None:
        self.owner = new_id()
        self._runner = runner
        self._settings = settings or Settings()
        self._handlers = handlers
        self._sleep = sleep
        self._inherits = is_only
        self._attempts: dict[asyncio.Task[None], Job] = {}
        self.spans: Spans | None = None  # what makes spans, where attempts are traced
        self._outcomes = Counts()
        self._seconds: dict[str, Histogram] = {}
        self._last_tenant = 0
        self._stops = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._awake = asyncio.Event()
        self._ended = asyncio.Event()

    # -- life ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look each second, or when there is a hint, or when an attempt has ended; until it is stopped."""
        self._loop = asyncio.get_running_loop()
        try:
            while not self._stops:
                self._awake.clear()
                await self._look_safely()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._awake.wait(), LOOK_SECONDS)
        finally:
            self._ended.set()

    def hint(self) -> None:
        """Say that a job was queued."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._awake.set)

    async def stop(self) -> None:
        """Take no more jobs, let the slices in hand end, give the jobs back. What can't be given back in a few
        seconds is left to its lease."""
        self._stops = True
        self._awake.set()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                if self._loop is not None:
                    await self._ended.wait()
                await self._give_back_all()
        except TimeoutError:
            log.warning("worker.left_leases", extra={"jobs": len(self._attempts)})

    async def run_once(self) -> int:
        """Do all that is due now, and wait until it is done; how many jobs that were. Sleeps nowhere."""
        count = 0
        while taken := await self.look():
            count += taken
            await asyncio.gather(*self._attempts)
        return count

    # -- taking jobs ----------------------------------------------------------------------------------------------

    async def _look_safely(self) -> None:
        try:
            await self._inherit()
            await self.look()
        except Expected as busy:
            log.warning("loop.later", extra={"loop": "worker", "code": busy.code})
        except Exception:  # house: ok, because a worker that ended would be missed by nobody until it is needed
            log.exception("loop.failed", extra={"loop": "worker"})

    async def _inherit(self) -> None:
        """Once, before the first look: what is held is held by nobody who is still there."""
        if not self._inherits:
            return
        for _, tenant in await self._runner.read(tenants.list_all, tenants.ListTenants(), system(DIRECTORY_TENANT)):
            orphans = await self._write(jobs.orphan, jobs.Orphan(), tenant)
            if orphans:
                log.info("worker.inherited", extra={"tenant": tenant, "jobs": orphans})
        self._inherits = False

    async def look(self) -> int:
        """Take as many due jobs as there is room for; how many were taken."""
        taken = 0
        while not self._stops and len(self._attempts) < self._settings.at_once:
            jobs_taken = await self._claim()
            if not jobs_taken:
                break
            taken += jobs_taken
        return taken

    async def _claim(self) -> int:
        """Take one job, of the tenant whose turn it is; 0 when none is due."""
        server = system(DIRECTORY_TENANT)
        for tenant in self._in_turn(await self._runner.read(jobs.tenants_with_due, jobs.Due(), server)):
            command = jobs.Claim(self.owner, 1, self._settings.lease_seconds)
            claimed = await self._write(jobs.claim, command, tenant)
            for job in claimed:
                self._last_tenant = tenant
                if job.state is JobState.DISCARDED:
                    log.error("job.discarded", extra=_facts(job))
                else:
                    self._begin(job)
            if claimed:
                return len(claimed)
        return 0

    def _in_turn(self, waiting: list[int]) -> list[int]:
        """Tenants that nothing is done for yet come first, then in turn: nobody's thousand jobs keep others waiting."""
        served = {job.tenant for job in self._attempts.values()}
        return sorted(waiting, key=lambda tenant: (tenant in served, tenant <= self._last_tenant, tenant))

    def _begin(self, job: Job) -> None:
        attempt = asyncio.create_task(self._attempt(job), name=f"job {job.uid}")
        self._attempts[attempt] = job
        attempt.add_done_callback(self._over)

    def _over(self, attempt: asyncio.Task[None]) -> None:
        if not attempt.cancelled() and attempt.exception() is not None:
            log.error("job.not_told", extra=_facts(self._attempts[attempt]), exc_info=attempt.exception())
        if not attempt.cancelled():
            del self._attempts[attempt]
            self._awake.set()

    # -- one attempt ------------------------------------------------------------------------------------------------

    async def _attempt(self, job: Job) -> None:
        """Do it; whatever comes of it, the job is told. One line in the log."""
        began = self._runner.clock.monotonic()
        span = None if self.spans is None else self.spans.attempt(job, self._runner.clock.now())
        try:
            event, error = await self._outcome(job, hold_of(job))
        except LeaseLost:
            event, error = "job.lost", None
        seconds = self._runner.clock.monotonic() - began
        self._count(job.kind, event, seconds)
        if self.spans is not None and span is not None:
            self.spans.attempted(span, event.removeprefix("job."), error, self._runner.clock.now())
        facts = _facts(job) | {"milliseconds": round(seconds * 1_000, 1)}
        if error is None:
            log.info(event, extra=facts)
        else:
            level = logging.ERROR if event == "job.discarded" else logging.WARNING
            log.log(level, event, extra=facts | {"error": _name(error)}, exc_info=error)

    def _count(self, kind: str, event: str, seconds: float) -> None:
        kind = kind if kind in self._handlers else "unknown"
        self._outcomes.add(kind, event.removeprefix("job."))
        if kind not in self._seconds:
            self._seconds[kind] = Histogram(table.JOB_BOUNDS)
        self._seconds[kind].observe(seconds)

    def measure(self, snapshot: Snapshot) -> None:
        """Put what came of its attempts into a snapshot."""
        snapshot.count(table.JOB_ATTEMPTS, self._outcomes)
        for kind, histogram in self._seconds.items():
            snapshot.spread(table.JOB_SECONDS, histogram, kind)

    async def _outcome(self, job: Job, hold: Hold) -> tuple[str, Exception | None]:
        try:
            await self._do(job, hold)
        except LeaseLost:
            raise
        except Unavailable as busy:
            back = jobs.GiveBack(hold, float(busy.retry_after_seconds))
            await self._tell(jobs.give_back, back, job.tenant)
            return "job.later", None
        except Exception as error:  # house: ok, because it is the job that failed and must say so
            told = await self._tell(jobs.fail, jobs.Fail(hold, _text(error)), job.tenant)
            return ("job.discarded" if told and told.state is JobState.DISCARDED else "job.failed"), error
        return "job.finished", None

    async def _do(self, job: Job, hold: Hold) -> None:
        """Run the handler as long as the lease is ours."""
        handler = self._handlers.get(job.kind)
        if handler is None:
            raise LookupError(f"nobody knows how to do {job.kind}")
        work = asyncio.ensure_future(handler(self._runner, hold, job))
        heart = asyncio.ensure_future(self._beat(hold, job.tenant))
        try:
            await asyncio.wait({work, heart}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                heart.result()  # raises what ended it
            await work
        finally:
            for part in (work, heart):
                part.cancel()
            await asyncio.gather(work, heart, return_exceptions=True)

    async def _beat(self, hold: Hold, tenant: int) -> None:
        """Renew the lease again and again. Ends when it is lost."""
        pause = self._settings.lease_seconds / BEATS
        command = jobs.Prolong(hold, self._settings.lease_seconds)
        while True:
            await asyncio.sleep(pause)
            try:
                await self._write(jobs.prolong, command, tenant)
            except LeaseLost:
                raise
            except Expected as busy:
                log.warning("job.not_prolonged", extra={"job": hold.uid, "code": busy.code})

    async def _tell(self, run: Callable[..., Any], command: Any, tenant: int) -> Any:
        """Tell the store how it went, trying again when it is busy; None when that can't be said: the lease decides."""
        for _ in range(TRIES):
            try:
                return await self._write(run, command, tenant)
            except Unavailable as busy:
                log.warning("job.not_told", extra={"job": command.hold.uid, "code": busy.code})
                await self._sleep(busy.retry_after_seconds)
        return None

    async def _write(self, run: Callable[..., Any], command: Any, tenant: int) -> Any:
        return await self._runner.write(run, command, system(tenant), "core", bulk=True)

    async def _give_back_all(self) -> None:
        # An attempt that is cut off leaves its slice in the lane, which finishes it; what is given back comes behind.
        held = dict(self._attempts)
        for attempt in held:
            attempt.cancel()
        await asyncio.gather(*held, return_exceptions=True)
        for job in self._attempts.values():  # those that ended after all have left it
            with suppress(LeaseLost, Unavailable):
                await self._write(jobs.give_back, jobs.GiveBack(hold_of(job)), job.tenant)
                log.info("job.given_back", extra=_facts(job))


def hold_of(job: Job) -> Hold:
    """What shows that this attempt is the one that has the job."""
    return Hold(job.uid, job.owner or "", job.attempt)


def _facts(job: Job) -> dict[str, object]:
    return {"tenant": job.tenant, "job": job.uid, "kind": job.kind, "subject": job.subject, "attempt": job.attempt}


def _name(error: Exception) -> str:
    """The error in a word, for the log, which holds nothing that anybody wrote."""
    return error.code if isinstance(error, Expected) else type(error).__name__


def _text(error: Exception) -> str:
    """The error in a line, for the job's row: its kind, and what it says."""
    return f"{type(error).__name__}: {error}"[:300]
