"""The job that follows a change of the rules of time zones."""

from dragoman.domain.access import system
from dragoman.domain.job import Job, JobKind
from dragoman.jobs.loops.loop import Runner
from dragoman.usecases.background import zones
from dragoman.usecases.background.jobs import Hold

SLICE = 500


async def recompute(runner: Runner, hold: Hold, job: Job) -> None:
    """Compute the due times of open tasks again that follow from a local time."""
    after, found = 0, [0]
    while found:
        found = await runner.read(zones.find, zones.Find(after, SLICE), system(job.tenant))
        after = found[-1] if found else after
        command = zones.Recompute(hold, tuple(found))
        operation = str(JobKind.ZONES_RECOMPUTE)
        await runner.write(zones.recompute, command, system(job.tenant), "core", operation=operation, bulk=True)
