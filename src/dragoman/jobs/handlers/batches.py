"""The jobs of a prepared batch: run it slice by slice, abandon it, clear its images, and delete its outcomes."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace

from dragoman.domain import bulk_failures
from dragoman.domain.access import system
from dragoman.domain.clock import TICKS_PER_SECOND
from dragoman.domain.errors import Expected, Unavailable
from dragoman.domain.job import Job, JobKind, LeaseLost
from dragoman.jobs.loops.loop import Runner
from dragoman.jobs.rests import rest
from dragoman.jobs.slices import FIRST, after_slice
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.content import filling
from dragoman.usecases.batches.content import payloads as batch_payloads
from dragoman.usecases.batches.content.payloads import Content
from dragoman.usecases.batches.execution import entries as batch_entries
from dragoman.usecases.batches.execution import retention
from dragoman.usecases.batches.execution import runs as batch_runs
from dragoman.usecases.batches.execution.entries import Result
from dragoman.usecases.batches.execution.runs import Progress, Slice

log = logging.getLogger(__name__)

R = TypeVar("R")

DIALECT = "core"
INCIDENT = "Internal Server Error"
NOTHING = Content(0, 0, None, None)


async def fill(runner: Runner, hold: Hold, job: Job) -> None:
    """Take its entries from another batch."""
    is_over, size = False, FIRST
    while not is_over:
        is_over = await write(runner, job, filling.fill, filling.Fill(hold, size), JobKind.BATCH_FILL)
        size = await after_slice(runner, size)


async def run(runner: Runner, hold: Hold, job: Job) -> None:
    """Run its entries, from the first one without an outcome."""
    progress: Progress = await write(runner, job, batch_runs.begin, batch_runs.Begin(hold), JobKind.BATCH_EXECUTE)
    content, size = NOTHING, FIRST
    while not progress.is_over:
        await _ready(runner, progress)
        content = await content_at(runner, job, progress.cursor, content)
        slice_ = Slice(hold, content, progress.dialect, size)
        progress = await _slice(runner, job, slice_, progress)
        size = await after_slice(runner, size)


async def abandon(runner: Runner, hold: Hold, job: Job) -> None:
    """Fail the entries without an outcome, since the job was discarded."""
    content, size = NOTHING, FIRST
    progress: Progress = await write(
        runner, job, batch_runs.abandon, batch_runs.BeginAbandon(hold), JobKind.BATCH_ABANDON
    )
    while not progress.is_over:
        content = await content_at(runner, job, progress.cursor, content)
        command = batch_runs.Abandon(hold, content, size)
        progress = await write(runner, job, batch_runs.abandon_slice, command, JobKind.BATCH_ABANDON)
        size = await after_slice(runner, size)


async def forget(runner: Runner, hold: Hold, job: Job) -> None:
    """Delete the outcomes of a deleted batch."""
    is_over, size = False, FIRST
    while not is_over:
        is_over = await write(runner, job, batches.forget, batches.Forget(hold, size), JobKind.BATCH_FORGET)
        size = await after_slice(runner, size)


async def clear(runner: Runner, hold: Hold, job: Job) -> None:
    """Delete the preview rows and images of a batch that ended long ago."""
    is_over, size = False, FIRST
    while not is_over:
        is_over = await write(runner, job, retention.clear, retention.Clear(hold, size), JobKind.BATCH_CLEAR)
        size = await after_slice(runner, size)


async def _ready(runner: Runner, progress: Progress) -> None:
    """Wait until the next slice may begin."""
    seconds = (progress.ready_at - runner.clock.now()) / TICKS_PER_SECOND
    if seconds > 0:
        await rest(seconds)


async def _slice(runner: Runner, job: Job, slice_: Slice, before: Progress) -> Progress:
    """Run the next entries. A slice that hits a bug is repeated entry by entry, so that one fails alone."""
    first = before.cursor
    try:
        return await _run_slice(runner, job, slice_)
    except (LeaseLost, Unavailable):
        raise
    except batch_entries.EntryRefused as refused:
        failed = refused.result
    except Exception as fault:  # house: ok, because a failing entry must not stop the next ones
        if slice_.size > 1:
            log.warning("batch.slice_failed", extra={"batch": job.subject, "first": first}, exc_info=fault)
            return await _one_by_one(runner, job, slice_, before)
        log.error("batch.entry_failed", extra={"batch": job.subject, "index": first}, exc_info=fault)
        failed = Result(failure_of(fault))
    return await _run_slice(runner, job, replace(slice_, size=1, failed=failed))


def failure_of(fault: Exception) -> str:
    """The failure of an entry that met a fault of the server's own."""
    return bulk_failures.refused(fault) if isinstance(fault, Expected) else bulk_failures.server_failed(INCIDENT)


async def _one_by_one(runner: Runner, job: Job, slice_: Slice, before: Progress) -> Progress:
    progress, stop = before, min(before.cursor + slice_.size, slice_.content.stop)
    while not progress.is_over and progress.cursor < stop:
        await _ready(runner, progress)
        progress = await _slice(runner, job, replace(slice_, size=1), progress)
    return progress


async def _run_slice(runner: Runner, job: Job, command: Slice) -> Progress:
    progress: Progress = await write(runner, job, batch_runs.run_slice, command, JobKind.BATCH_EXECUTE)
    return progress


async def content_at(runner: Runner, job: Job, index: int, known: Content) -> Content:
    """The chunk that holds the entry of this index: the known one, or the next."""
    if known.first <= index < known.stop:
        return known
    command = batch_payloads.Load(job.subject or 0, index)
    content = await runner.read(batch_payloads.load, command, system(job.tenant))
    return content if content is not None else NOTHING


async def write(runner: Runner, job: Job, run: Callable[..., R], command: Any, kind: JobKind) -> R:
    """Run a use case of a job."""
    return await runner.write(run, command, system(job.tenant), DIALECT, operation=str(kind), bulk=True)
