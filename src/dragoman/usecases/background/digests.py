"""Digests: hashes over a tenant's history. A reader computes them, so that write lanes are not blocked."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.domain.clock import Moment
from dragoman.domain.digest import Digest, seal, write_heads
from dragoman.domain.errors import Conflict
from dragoman.usecases.uow import UnitOfWork


class TakeLease(msgspec.Struct, frozen=True):
    """Take or renew a lease; run under the directory tenant."""

    name: str
    owner: str
    seconds: float

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def take_lease(uow: UnitOfWork, command: TakeLease) -> bool:
    """False while another owner holds it."""
    return uow.leases.take(command.name, command.owner, command.seconds)


class Collect(msgspec.Struct, frozen=True):
    """Compute the next digest, over the history until a moment."""

    until_at: Moment

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def collect(uow: UnitOfWork, command: Collect) -> Digest | None:
    """The next digest, or None without changes. Nothing is stored.

    It ends at the newest row, not at `until_at`: with a clock that is ahead, it must not cover a time in which rows are
    still written. If it does, later digests cover that time again.
    """
    last = uow.digests.last()
    if last is None:
        from_at = Moment(0)
    elif last.until_at <= command.until_at:
        from_at = last.until_at
    else:
        from_at = uow.digests.covered_until(command.until_at)
    heads, newest_at = uow.digests.moved(from_at, command.until_at)
    return seal(last, uow.tenant, newest_at, write_heads(heads)) if heads else None


class Store(msgspec.Struct, frozen=True):
    """Store a computed digest."""

    digest: Digest

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def store(uow: UnitOfWork, command: Store) -> Digest:
    """Conflict when another was stored meanwhile."""
    last = uow.digests.last()
    if seal(last, uow.tenant, command.digest.until_at, command.digest.heads) != command.digest:
        raise Conflict("digest_overtaken", "Another digest was stored meanwhile.")
    uow.digests.add(command.digest)
    return command.digest


class NextAfter(msgspec.Struct, frozen=True):
    """The first digest after a sequence number."""

    sequence: int

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def next_after(uow: UnitOfWork, command: NextAfter) -> Digest | None:
    """The digest, or None."""
    return uow.digests.behind(command.sequence)
