"""Contacts in the store."""

import sqlalchemy as sa

from dragoman.domain.contact import Contact
from dragoman.store import tables
from dragoman.store.repository import Repository
from dragoman.store.shapes import SHAPES

C = tables.contact.c


class Contacts(Repository[Contact]):
    """The contacts of one tenant."""

    shape = SHAPES["contact"]

    def page(self, *, limit: int, after: int = 0) -> list[Contact]:
        """Contacts by number, those behind `after`."""
        statement = sa.select(C.number).where(C.tenant == self.tenant, C.number > after, C.removed_at.is_(None))
        return self.numbered(statement.order_by(C.number).limit(limit))
