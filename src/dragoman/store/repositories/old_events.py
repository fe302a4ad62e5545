"""The beginning of the event log, which is deleted once it is old."""

import sqlalchemy as sa

from dragoman.domain.clock import Moment
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS, Setting

E = tables.event.c


class OldEvents(Repository[Setting]):
    """The beginning of one tenant's log. Exclusive commands and readers only."""

    mapping = MAPPINGS["setting"]  # two of them belong to the log; events themselves are no entities

    def last_before(self, at: Moment, *, limit: int) -> int | None:
        """The last sequence of those that begin the log, at most so many, and are older than this; None without any."""
        first = sa.select(E.sequence, E.at).where(E.tenant == self.tenant).order_by(E.sequence).limit(limit)
        last = None
        for sequence, happened_at in self.by_condition(first):
            if happened_at >= at:
                break
            last = int(sequence)
        return last

    def forget(self, last: int) -> None:
        """Delete all up to this sequence."""
        self.by_condition(sa.delete(tables.event).where(E.tenant == self.tenant, E.sequence <= last))
