"""Answers that were given under an Idempotency-Key."""

import sqlalchemy as sa

from dragoman.domain.clock import Moment
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS, IdempotencyRecord

A = tables.idempotency.c


class Answers(Repository[IdempotencyRecord]):
    """The answers of one tenant, by credential and key."""

    mapping = MAPPINGS["idempotency"]

    def forget_older_than(self, at: Moment, *, limit: int) -> int:
        """Delete up to `limit` answers from before a moment, oldest first; how many there were."""
        old = sa.select(A.credential, A.key).where(A.tenant == self.tenant, A.created_at < at)
        rows = self.by_condition(old.order_by(A.created_at).limit(limit)).all()
        for credential, key in rows:
            self.by_condition(
                sa.delete(tables.idempotency).where(A.tenant == self.tenant, A.credential == credential, A.key == key)
            )
        return len(rows)
