"""Assigns the tasks of a claimed name, a slice at a time, where they are too many for one transaction.

A task that was assigned carries the name no more: so an interrupted job, which begins again, assigns none twice.
"""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.access import Principal
from dragoman.domain.job import Job
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.identity import lookup
from dragoman.usecases.tasks import unclaimed_names
from dragoman.usecases.uow import UnitOfWork


class Assign(msgspec.Struct, frozen=True):
    """One slice of the job: tasks behind a number."""

    hold: Hold
    after: int
    limit: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def assign(uow: UnitOfWork, command: Assign) -> int | None:
    """The number of the last task of the slice, or None when the job is done: no task is left, or the user was disabled
    or deleted meanwhile. History names whoever claimed the name."""
    job = jobs.held(uow, command.hold)
    dialect, name = job.args["dialect"], job.args["name"]
    user = lookup.find(uow, job.args["user"])
    numbers = uow.unclaimed_tasks.of_name(dialect, name, after=command.after, limit=command.limit)
    if not numbers or user is None or not lookup.is_assignable(user, None):
        uow.unclaimed_tasks.forget(dialect, name)
        jobs.complete(uow, job)
        return None
    acting = uow.in_the_name_of(_claimant(uow, job), job.args["via"], unclaimed_names.CLAIMED)
    unclaimed_names.assign(acting, user, dialect, name, numbers)
    return numbers[-1]


def _claimant(uow: UnitOfWork, job: Job) -> Principal:
    return Principal(uow.tenant, job.args["actor"], job.args["login"], is_admin=True)
