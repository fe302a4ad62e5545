"""Digests: sealing where a tenant's history stands. Collected by a reader, so that it never holds a lane up."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.clock import Moment
from dragoman.domain.digest import Digest, seal, write_heads
from dragoman.domain.errors import Conflict
from dragoman.usecases.uow import UnitOfWork


class TakeLease(msgspec.Struct, frozen=True):
    """Be the one who does something, or stay it; run under the directory tenant."""

    name: str
    owner: str
    seconds: float

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def take_lease(uow: UnitOfWork, command: TakeLease) -> bool:
    """False while another holds it."""
    return uow.leases.take(command.name, command.owner, command.seconds)


class Collect(msgspec.Struct, frozen=True):
    """Draw up the next digest, of what happened until a moment."""

    until_at: Moment

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def collect(uow: UnitOfWork, command: Collect) -> Digest | None:
    """The digest that should follow the last one; None when nothing has moved. Nothing is stored."""
    last = uow.digests.last()
    from_at = last.until_at if last is not None else Moment(0)
    if from_at >= command.until_at:
        return None
    heads, until_at = uow.digests.moved(from_at, command.until_at)
    return seal(last, uow.tenant, until_at, write_heads(heads)) if heads else None


class Keep(msgspec.Struct, frozen=True):
    """Store a digest that was drawn up."""

    digest: Digest

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def keep(uow: UnitOfWork, command: Keep) -> Digest:
    """Conflict when another was stored meanwhile."""
    last = uow.digests.last()
    if seal(last, uow.tenant, command.digest.until_at, command.digest.heads) != command.digest:
        raise Conflict("digest_overtaken", "Another digest was stored meanwhile.")
    uow.digests.add(command.digest)
    return command.digest


class Following(msgspec.Struct, frozen=True):
    """The first digest behind a sequence number."""

    sequence: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def following(uow: UnitOfWork, command: Following) -> Digest | None:
    """The digest, or None."""
    return uow.digests.behind(command.sequence)
