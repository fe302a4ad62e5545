"""The job that deletes old events."""

from dragoman.domain.access import system
from dragoman.domain.job import Job, JobKind
from dragoman.jobs.loops.loop import Runner
from dragoman.jobs.slices import FIRST, after_slice
from dragoman.usecases.background import event_pruning
from dragoman.usecases.background.jobs import Hold


async def prune(runner: Runner, hold: Hold, job: Job) -> None:
    """Delete the events that are older than `events.keep_days`, the oldest first, in slices."""
    size, is_over = FIRST, False
    while not is_over:
        command, who = event_pruning.Prune(hold, size), system(job.tenant)
        operation = str(JobKind.EVENTS_PRUNE)
        is_over = await runner.write(event_pruning.prune, command, who, "core", operation=operation, bulk=True)
        size = await after_slice(runner, size)
