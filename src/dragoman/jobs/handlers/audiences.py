"""The job that gives batches of earlier versions their audience."""

from dragoman.domain.access import system
from dragoman.domain.job import Job, JobKind
from dragoman.jobs.loops.loop import Runner
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches.review import audiences

SLICE = 200


async def complete(runner: Runner, hold: Hold, job: Job) -> None:
    """Make the reviewers, or those whom its policy names, potential owners of the task of each ended batch."""
    after: int | None = 0
    while after is not None:
        command = audiences.Complete(hold, after, SLICE)
        operation = str(JobKind.BATCH_AUDIENCES)
        after = await runner.write(
            audiences.complete, command, system(job.tenant), "core", operation=operation, bulk=True
        )
