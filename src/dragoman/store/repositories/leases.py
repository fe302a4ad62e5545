"""Leases: who of several nodes does what only one should do. The lease decides, not the life of its holder."""

import sqlalchemy as sa

from dragoman.domain.clock import later
from dragoman.store import tables
from dragoman.store.unit.overlay import MustBeExclusive, Overlay

L = tables.lease.c


class Leases:
    """The leases of one tenant (the directory tenant's: of the whole server). For exclusive commands."""

    def __init__(self, overlay: Overlay) -> None:
        self._group = overlay.group

    def take(self, name: str, owner: str, seconds: float) -> bool:
        """Take the lease, or hold it longer. False while another holds it.

        If two nodes take a new lease at once, the database refuses the second, which runs again and sees the first.
        """
        connection: sa.Connection | None = self._group.connection
        if connection is None:
            raise MustBeExclusive
        tenant, now = self._group.tenant, self._group.now
        until = later(now, seconds=seconds)
        same = sa.and_(L.tenant == tenant, L.name == name)
        free = sa.or_(L.owner == owner, L.until_at <= now)
        taken = connection.execute(sa.update(tables.lease).where(same, free).values(owner=owner, until_at=until))
        if taken.rowcount:
            return True
        if connection.execute(sa.select(L.owner).where(same)).first() is not None:
            return False
        connection.execute(sa.insert(tables.lease).values(tenant=tenant, name=name, owner=owner, until_at=until))
        return True
