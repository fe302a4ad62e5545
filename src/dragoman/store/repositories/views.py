"""Saved views in the store."""

import sqlalchemy as sa

from dragoman.domain.access import Principal
from dragoman.domain.view import EVERYBODY, View
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

V = tables.saved_view.c


class Views(Repository[View]):
    """The saved views of one tenant."""

    mapping = MAPPINGS["saved_view"]

    def seen_by(self, principal: Principal, *, limit: int) -> list[View]:
        """Those of the principal and those shared with him, by name. For readers and exclusive commands."""
        shared = [EVERYBODY, *sorted(principal.groups)]
        mine = sa.or_(V.owner == (principal.user or ""), V.shared_with.in_(shared))
        statement = sa.select(*self.mapping.columns).where(V.tenant == self.tenant, mine)
        rows = self.by_condition(statement.order_by(V.name, V.number).limit(limit))
        return [self.mapping.decode(row) for row in rows]

    def count_of(self, owner: str) -> int:
        """How many views a user has. The command must be exclusive."""
        mine = (V.tenant == self.tenant, V.owner == owner)
        return int(
            self.by_condition(sa.select(sa.func.count()).select_from(tables.saved_view).where(*mine)).scalar_one()
        )
