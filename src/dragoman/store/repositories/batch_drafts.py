"""Drafts of batches in the store, by uid."""

from collections.abc import Sequence

import sqlalchemy as sa

from dragoman.domain.batch_draft import Draft
from dragoman.domain.clock import Moment
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

D = tables.batch_draft.c


class BatchDrafts(Repository[Draft]):
    """The drafts of one tenant."""

    mapping = MAPPINGS["batch_draft"]

    def begun(self, owner: str, now: Moment) -> list[Draft]:
        """The drafts of a user without their content, the one that was changed last first. For readers and exclusive
        commands."""
        mine = (D.tenant == self.tenant, D.owner == owner, D.expires_at > now)
        statement = sa.select(D.uid, D.created_at, D.expires_at).where(*mine).order_by(D.expires_at.desc(), D.uid)
        return [
            Draft(self.tenant, uid, owner, created_at=created_at, expires_at=expires_at)
            for uid, created_at, expires_at in self.by_condition(statement)
        ]

    def forget(self, uids: Sequence[str]) -> None:
        """Delete these. The command must be exclusive."""
        self.by_condition(sa.delete(tables.batch_draft).where(D.tenant == self.tenant, D.uid.in_(uids)))

    def forget_expired(self, now: Moment) -> None:
        """Delete those whose time is over. The command must be exclusive."""
        self.by_condition(sa.delete(tables.batch_draft).where(D.tenant == self.tenant, D.expires_at <= now))
