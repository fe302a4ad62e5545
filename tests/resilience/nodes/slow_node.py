"""`dragoman` with one more kind of job, which never ends at its first attempt: a node to be killed while it holds it.

The first attempt makes a task that names its process, and then waits for ever. Any later one makes another and is done.
"""

import asyncio
import os
import sys
from pathlib import Path

import msgspec

from dragoman.cli.main import run
from dragoman.command import Keys
from dragoman.domain.access import system
from dragoman.domain.job import Job
from dragoman.jobs.handlers.registry import HANDLERS
from dragoman.jobs.loops.loop import Runner
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.jobs import TEST_JOB

KIND = TEST_JOB


class Note(msgspec.Struct, frozen=True):
    """Make a task of this process."""

    hold: Hold
    process: int

    def keys(self) -> Keys:
        return Keys(jobs={self.hold.uid}, numbers={"task"})


def note(uow: UnitOfWork, command: Note) -> None:
    job = jobs.held(uow, command.hold)
    tasks.add(uow, title=str(command.process), priority=job.attempt, description=job.uid)
    if job.attempt > 1:
        jobs.complete(uow, job)


async def slow(runner: Runner, hold: Hold, job: Job) -> None:
    """Make a task; at the first attempt make more of them as soon as a file says so."""
    await runner.write(note, Note(hold, os.getpid()), system(job.tenant), "core", bulk=True)
    while job.attempt == 1:
        await asyncio.sleep(0.5)
        if Path(os.environ["SLOW_GOES_ON"]).exists():
            await runner.write(note, Note(hold, os.getpid()), system(job.tenant), "core", bulk=True)


if __name__ == "__main__":
    HANDLERS[KIND] = slow
    sys.exit(run())
