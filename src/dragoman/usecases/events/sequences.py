"""The last sequences of several tenants' logs, in one look."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.usecases.uow import UnitOfWork


class LastSequences(msgspec.Struct, frozen=True):
    """Look how far these tenants' logs have come."""

    tenants: tuple[int, ...]

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def last_sequences(uow: UnitOfWork, command: LastSequences) -> list[tuple[int, int]]:
    """Tenant and last sequence of those whose log has any."""
    return uow.events.last_sequences(command.tenants)
