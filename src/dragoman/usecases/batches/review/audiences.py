"""The audiences of batches that ended before batches had any: a job gives them theirs."""

import msgspec
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.batch_policy import NO_POLICY
from dragoman.domain.task import Kind
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.repositories.task_sorts import Sort
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches.review import policies
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

BY_NUMBER = (Sort("number"),)


class Complete(msgspec.Struct, frozen=True):
    """Look through the ended batches behind a number, at most `size` of them."""

    hold: Hold
    after: int
    size: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def complete(uow: UnitOfWork, command: Complete) -> int | None:
    """The number where the next slice begins; None behind the last, which completes the job. Running it again changes
    nothing."""
    job = jobs.held(uow, command.hold)
    ended = TaskFilter(kind=str(Kind.BATCH), is_open=False)
    page = uow.tasks.page(ended, BY_NUMBER, limit=command.size, after=(command.after, command.after))
    for task in page:
        batch = None if task.work_items else uow.batches.find(task.number)
        if batch is not None and (items := policies.audience(uow, batch.policy or NO_POLICY)):
            tasks.save(uow, task, replace(task, work_items=items))
    if len(page) < command.size:
        jobs.complete(uow, job)
        return None
    return page[-1].number
