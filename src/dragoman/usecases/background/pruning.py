"""Forgetting what was kept for a time: answers to requests with an Idempotency-Key, after a day."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.clock import later
from dragoman.usecases.uow import UnitOfWork

KEPT_SECONDS = 86_400.0
SLICE = 1_000


class PruneAnswers(msgspec.Struct, frozen=True):
    """Forget one slice of a tenant's old answers."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def prune_answers(uow: UnitOfWork, command: PruneAnswers) -> int:
    """How many were forgotten; fewer than a slice means that none is left."""
    return uow.answers.forget_older_than(later(uow.now, seconds=-KEPT_SECONDS), limit=SLICE)
