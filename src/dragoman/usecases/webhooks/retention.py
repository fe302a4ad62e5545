"""Deliveries are kept for some days after they have ended."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.clock import later
from dragoman.domain.delivery import KEPT_DEAD_SECONDS, KEPT_DELIVERED_SECONDS, DeliveryState
from dragoman.usecases.uow import UnitOfWork

SLICE = 1_000
KEPT_SECONDS = (
    ((DeliveryState.DELIVERED, DeliveryState.WITHHELD), KEPT_DELIVERED_SECONDS),
    ((DeliveryState.DEAD,), KEPT_DEAD_SECONDS),
)


class PruneDeliveries(msgspec.Struct, frozen=True):
    """Delete one slice of a tenant's deliveries that ended long ago, with their attempts."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def prune_deliveries(uow: UnitOfWork, command: PruneDeliveries) -> int:
    """The number of deleted deliveries; 0 when none is left."""
    return sum(
        uow.deliveries.forget_ended(states, later(uow.now, seconds=-seconds), limit=SLICE)
        for states, seconds in KEPT_SECONDS
    )
