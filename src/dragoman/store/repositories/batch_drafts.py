"""Drafts of batches in the store, by uid."""

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

    def forget_expired(self, now: Moment) -> None:
        """Delete those whose time is over. The command must be exclusive."""
        self.by_condition(sa.delete(tables.batch_draft).where(D.tenant == self.tenant, D.expires_at <= now))
