"""Work lists in the store: by number, uid or name, all of them."""

import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.domain.work_list import WorkList
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

L = tables.work_list.c


class WorkLists(Repository[WorkList]):
    """The lists of one tenant."""

    mapping = MAPPINGS["work_list"]

    def by_name(self, name: str, lock: Lock = Lock.NONE) -> WorkList | None:
        """The list of this name. The command must be exclusive."""
        statement = sa.select(L.number).where(L.tenant == self.tenant, L.name == name)
        return next(iter(self.numbered(statement, lock)), None)

    def all(self, limit: int) -> list[WorkList]:
        """So many lists, the oldest first. For readers and exclusive commands."""
        return self.numbered(sa.select(L.number).where(L.tenant == self.tenant).order_by(L.number).limit(limit))
