"""What is kept of ended batches for a limited time: rows of previews, and images of outside objects."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.usecases.background import jobs
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.uow import UnitOfWork


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
        jobs.complete(uow, job)
    return is_over
