"""One attempt at a job: its handler runs while the lease is renewed, and its outcome is stored and logged."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from dragoman.domain.access import system
from dragoman.domain.errors import Expected, Unavailable
from dragoman.domain.job import Job, JobState, LeaseLost
from dragoman.jobs.handlers.registry import Handler
from dragoman.jobs.loops.loop import Runner
from dragoman.metrics import table
from dragoman.metrics.snapshot import Snapshot
from dragoman.metrics.tally import Counts, Histogram
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold

if TYPE_CHECKING:
    from dragoman.tracing.spans import Spans

log = logging.getLogger(__name__)

RENEWALS = 3
"""How often a lease is renewed in the time for which it is valid."""
TRIES = 5


class Attempts:
    """Runs attempts, and counts their outcomes."""

    def __init__(
        self,
        runner: Runner,
        handlers: Mapping[str, Handler],
        lease_seconds: float,
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        self.spans: Spans | None = None
        self._runner = runner
        self._handlers = handlers
        self._lease_seconds = lease_seconds
        self._sleep = sleep
        self._outcomes = Counts()
        self._seconds: dict[str, Histogram] = {}

    async def run(self, job: Job) -> None:
        """Run the job's handler, store the outcome, and write one line to the log."""
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
        facts = facts_of(job) | {"milliseconds": round(seconds * 1_000, 1)}
        if error is None:
            log.info(event, extra=facts)
        else:
            level = logging.ERROR if event == "job.discarded" else logging.WARNING
            log.log(level, event, extra=facts | {"error": _name(error)}, exc_info=error)

    def measure(self, snapshot: Snapshot) -> None:
        """Add the outcomes to a snapshot."""
        snapshot.count(table.JOB_ATTEMPTS, self._outcomes)
        for kind, histogram in self._seconds.items():
            snapshot.spread(table.JOB_SECONDS, histogram, kind)

    def _count(self, kind: str, event: str, seconds: float) -> None:
        kind = kind if kind in self._handlers else "unknown"
        self._outcomes.add(kind, event.removeprefix("job."))
        if kind not in self._seconds:
            self._seconds[kind] = Histogram(table.JOB_BOUNDS)
        self._seconds[kind].observe(seconds)

    async def _outcome(self, job: Job, hold: Hold) -> tuple[str, Exception | None]:
        try:
            await self._handle(job, hold)
        except LeaseLost:
            raise
        except Unavailable as busy:
            await self._store(jobs.give_back, jobs.GiveBack(hold, float(busy.retry_after_seconds)), job.tenant)
            return "job.later", None
        except Exception as error:  # house: ok, because the failure is stored with the job and logged
            failed = await self._store(jobs.fail, jobs.Fail(hold, _text(error)), job.tenant)
            return ("job.discarded" if failed and failed.state is JobState.DISCARDED else "job.failed"), error
        return "job.finished", None

    async def _handle(self, job: Job, hold: Hold) -> None:
        """Run the handler as long as this attempt holds the lease."""
        handler = self._handlers.get(job.kind)
        if handler is None:
            raise LookupError(f"there is no handler for {job.kind}")
        work = asyncio.ensure_future(handler(self._runner, hold, job))
        renewal = asyncio.ensure_future(self._renew(hold, job.tenant))
        try:
            await asyncio.wait({work, renewal}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                renewal.result()  # raises what ended it
            await work
        finally:
            for part in (work, renewal):
                part.cancel()
            await asyncio.gather(work, renewal, return_exceptions=True)

    async def _renew(self, hold: Hold, tenant: int) -> None:
        """Renew the lease again and again, until it is lost."""
        command = jobs.Prolong(hold, self._lease_seconds)
        while True:
            await asyncio.sleep(self._lease_seconds / RENEWALS)
            try:
                await self._write(jobs.prolong, command, tenant)
            except LeaseLost:
                raise
            except Expected as busy:
                log.warning("job.not_renewed", extra={"job": hold.uid, "code": busy.code})

    async def _store(self, run: Callable[..., Any], command: Any, tenant: int) -> Any:
        """Store an outcome, trying again while the store is busy. None when it can't be stored: the lease runs out."""
        for _ in range(TRIES):
            try:
                return await self._write(run, command, tenant)
            except Unavailable as busy:
                log.warning("job.not_stored", extra={"job": command.hold.uid, "code": busy.code})
                await self._sleep(busy.retry_after_seconds)
        return None

    async def _write(self, run: Callable[..., Any], command: Any, tenant: int) -> Any:
        return await self._runner.write(run, command, system(tenant), "core", bulk=True)


def hold_of(job: Job) -> Hold:
    """The proof that this attempt holds the job's lease."""
    return Hold(job.uid, job.owner or "", job.attempt)


def facts_of(job: Job) -> dict[str, object]:
    """The fields of a job in the log."""
    return {"tenant": job.tenant, "job": job.uid, "kind": job.kind, "subject": job.subject, "attempt": job.attempt}


def _name(error: Exception) -> str:
    """The error for the log, which holds no text of users."""
    return error.code if isinstance(error, Expected) else type(error).__name__


def _text(error: Exception) -> str:
    """The error for the job's row: its kind and its message, in a line."""
    return f"{type(error).__name__}: {error}"[:300]
