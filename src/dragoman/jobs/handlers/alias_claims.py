"""The job that assigns the tasks of a claimed name."""

from dragoman.domain.access import system
from dragoman.domain.job import Job, JobKind
from dragoman.jobs.loops.loop import Runner
from dragoman.jobs.slices import FIRST, after_slice
from dragoman.usecases.background import alias_claims
from dragoman.usecases.background.jobs import Hold


async def assign(runner: Runner, hold: Hold, job: Job) -> None:
    """Assign them to the user who claimed the name, a slice at a time."""
    after: int | None = 0
    size = FIRST
    while after is not None:
        command = alias_claims.Assign(hold, after, size)
        who, operation = system(job.tenant), str(JobKind.ALIAS_CLAIM)
        after = await runner.write(alias_claims.assign, command, who, "core", operation=operation, bulk=True)
        size = await after_slice(runner, size)
