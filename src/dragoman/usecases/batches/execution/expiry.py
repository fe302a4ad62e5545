"""Reviews that are over: batches that nobody decided in time end by themselves."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.domain.bulk import CANARY_SECONDS
from dragoman.domain.clock import later
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.uow import UnitOfWork


class FindTenants(msgspec.Struct, frozen=True):
    """Find the tenants with reviews that are over. Run under the directory tenant."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def tenants_with_due(uow: UnitOfWork, command: FindTenants) -> list[int]:
    """The numbers of the tenants."""
    return uow.batches.tenants_with_undecided(uow.now, later(uow.now, seconds=-CANARY_SECONDS))


class End(msgspec.Struct, frozen=True):
    """End up to `limit` batches of a tenant whose review is over."""

    limit: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def end(uow: UnitOfWork, command: End) -> int:
    """How many were due. A batch that was decided meanwhile is left alone."""
    numbers = uow.batches.undecided(uow.now, later(uow.now, seconds=-CANARY_SECONDS), limit=command.limit)
    for number in numbers:
        uow.tasks.find(number, Lock.CHANGE)
        batch = uow.batches.find(number, Lock.CHANGE)
        after = None if batch is None else batch.as_of(uow.now)
        if after is not None and after is not batch:
            batches.keep(uow, after)
    return len(numbers)
