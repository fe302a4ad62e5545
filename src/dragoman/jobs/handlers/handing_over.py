"""The job that hands over the work of a user who is disabled or deleted."""

import asyncio

from dragoman.domain.access import system
from dragoman.domain.job import Job, JobKind
from dragoman.jobs.loops.loop import Runner
from dragoman.jobs.slices import FIRST, next_size, pause
from dragoman.usecases.background import handing_over
from dragoman.usecases.background.handing_over import Place, Slice
from dragoman.usecases.background.jobs import Hold


async def hand_over(runner: Runner, hold: Hold, job: Job) -> None:
    """Hand over the open work of a user who left. What an earlier attempt handed over isn't his any more."""
    place: Place | None = Place()
    size = FIRST
    while place is not None:
        slice_ = Slice(hold, place, size)
        operation = str(JobKind.USER_HAND_OVER)
        place = await runner.write(
            handing_over.next_slice, slice_, system(job.tenant), "core", operation=operation, bulk=True
        )
        pressure = runner.pressure()
        if seconds := pause(pressure.bulk_seconds, pressure):
            await asyncio.sleep(seconds)
        size = next_size(size, pressure.bulk_seconds, pressure)
