"""Making a batch as a command of its own, or trying what would become of it."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Keys
from dragoman.domain.bulk import Method
from dragoman.domain.errors import Expected
from dragoman.usecases.batches import documents, trials
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.batches.content import payloads
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.batches.lifecycle import NewBatch
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.uow import UnitOfWork


class Create(msgspec.Struct, frozen=True):
    """Make a batch. A trial stores nothing; its caller must drop what it did."""

    order: NewBatch
    is_trial: bool = False

    def keys(self) -> Keys | Exclusive:
        return EXCLUSIVE if self.is_trial else batches.keys_to_create(self.order)


class Made(msgspec.Struct, frozen=True):
    """A new batch, and a sentence about data that its type refuses for all entries alike."""

    shown: Shown
    warning: str | None = None


def create(uow: UnitOfWork, command: Create) -> Made:
    """The batch is shown in `created`, whatever becomes of it meanwhile."""
    order = command.order
    batch = trials.tried(uow, order) if command.is_trial else batches.create(uow, order).batch
    return Made(documents.shown(uow, batch), warning(uow, order))


def warning(uow: UnitOfWork, order: NewBatch) -> str | None:
    """Why the type refuses the data that all entries share; None when it doesn't, or when each has its own."""
    type_ = resource_types.find(order.type)
    if type_ is None or order.data is None or order.method is not Method.PATCH:
        return None
    if order.selection is None and not payloads.is_shared(order.method, order.data, order.size):
        return None
    try:
        type_.patch(uow, bytes(payloads.shared_object(order.data)))
    except Expected as refused:
        return _sentence(refused)
    return None


def _sentence(refused: Expected) -> str:
    problems = getattr(refused, "problems", ())
    faults = "; ".join(f"{problem.path[1:] or 'data'} {problem.message}" for problem in problems[:3])
    return f"Every entry will fail: {faults or refused.message}"
