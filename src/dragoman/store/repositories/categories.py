"""Categories in the store."""

import sqlalchemy as sa

from dragoman.domain.category import Category
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

C = tables.category.c


class Categories(Repository[Category]):
    """The categories of one tenant."""

    mapping = MAPPINGS["category"]

    def all(self) -> list[Category]:
        """Every category, in the order that people gave them."""
        columns = self.mapping.columns if self._overlay.group.only_reads else (C.number,)
        statement = sa.select(*columns).where(C.tenant == self.tenant).order_by(C.sort_order, C.number)
        if self._overlay.group.only_reads:
            return self.of_rows(list(self.by_condition(statement)))
        return self.numbered(statement)
