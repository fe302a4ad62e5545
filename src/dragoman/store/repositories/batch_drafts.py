"""Drafts of batches in the store, by uid, and the pieces of their files, by the uid of the file and their place."""

from collections.abc import Sequence

import sqlalchemy as sa

from dragoman.domain.batch_draft import Draft, FilePiece
from dragoman.domain.clock import Moment
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

D = tables.batch_draft.c
F = tables.batch_draft_file.c


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

    def forget(self, uids: Sequence[str]) -> list[str]:
        """Delete these; the files that they had. The command must be exclusive."""
        return self._forget(D.uid.in_(uids))

    def forget_expired(self, now: Moment) -> list[str]:
        """The same for those whose time is over."""
        return self._forget(D.expires_at <= now)

    def _forget(self, condition: "sa.ColumnElement[bool]") -> list[str]:
        statement = sa.delete(tables.batch_draft).where(D.tenant == self.tenant, condition).returning(D.file)
        return [file for (file,) in self.by_condition(statement).all() if file is not None]


class FilePieces(Repository[FilePiece]):
    """The pieces of files that drafts have, or will have."""

    mapping = MAPPINGS["batch_draft_file"]

    def at(self, file: str, place: int) -> str | None:
        """The text of a piece, not kept in memory; None behind the last. For readers and exclusive commands."""
        statement = sa.select(F.text).where(F.tenant == self.tenant, F.file == file, F.place == place)
        text: str | None = self.by_condition(statement).scalar()
        return text

    def forget(self, file: str, *, limit: int) -> int:
        """Delete so many pieces of a file; how many were. The command must be exclusive."""
        old = sa.select(F.place).where(F.tenant == self.tenant, F.file == file).order_by(F.place).limit(limit)
        statement = sa.delete(tables.batch_draft_file)
        return int(
            self.by_condition(statement.where(F.tenant == self.tenant, F.file == file, F.place.in_(old))).rowcount
        )
