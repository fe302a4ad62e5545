"""What is kept of ended batches for a limited time: rows of previews, and images of outside objects."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.bulk import Method
from dragoman.domain.clock import later
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork

DAY_SECONDS = 86_400


class Clear(msgspec.Struct, frozen=True):
    """Clear up to `size` rows of a batch that ended long ago."""

    hold: Hold
    size: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def clear(uow: UnitOfWork, command: Clear) -> bool:
    """Whether all is cleared, which completes the job. Outcomes, counts and decisions stay."""
    job = jobs.held(uow, command.hold)
    number = job.subject or 0
    is_over = (
        uow.previews.forget(number, limit=command.size) < command.size
        and uow.batches.clear_images(number, limit=command.size) < command.size
    )
    if is_over:
        _forget_messages(uow, number)
        jobs.complete(uow, job)
    return is_over


def _forget_messages(uow: UnitOfWork, number: int) -> None:
    """The messages of tasks that batches deleted go when no undo can need them any more."""
    batch = uow.batches.find(number)
    if batch is None or (batch.type == "task" and batch.method is not Method.POST):
        tasks.forget_messages(uow, later(uow.now, seconds=-uow.terms.images_days * DAY_SECONDS))
