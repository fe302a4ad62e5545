"""What batches hold: the entries in chunks, and the data that all entries share."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from dragoman.domain.bulk import BatchChunk, BatchPayload
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

P = tables.batch_payload.c
C = tables.batch_chunk.c
CHUNK = tuple(tables.batch_chunk.c[name] for name in BatchChunk.__struct_fields__)


class Payloads(Repository[BatchPayload]):
    """The data that all entries of a batch share, by batch."""

    mapping = MAPPINGS["batch_payload"]

    def sizes(self, batches: Sequence[str]) -> dict[str, int]:
        """How many characters of shared data each of these holds. The command must be exclusive."""
        statement = sa.select(P.batch, sa.func.coalesce(sa.func.length(P.data), 0)).where(
            P.tenant == self.tenant, P.batch.in_(list(batches))
        )
        return {str(batch): int(size) for batch, size in self.by_condition(statement)}

    def data_of(self, batch: str) -> str | None:
        """The data of one, not kept in memory: for looking through many. The command must be exclusive."""
        statement = sa.select(P.data).where(P.tenant == self.tenant, P.batch == batch)
        text: str | None = self.by_condition(statement).scalar()
        return text


class Chunks(Repository[BatchChunk]):
    """The entries of batches, so many in a row, by batch and the index of the first."""

    mapping = MAPPINGS["batch_chunk"]

    def holding(self, batch: str, index: int) -> BatchChunk | None:
        """The chunk with the entry of this index, not kept in memory. The command must be exclusive."""
        mine = _chunks(self.tenant, batch).where(C.first <= index).order_by(C.first.desc()).limit(1)
        row = self.by_condition(mine).first()
        return None if row is None else BatchChunk(*row)

    def of(self, batch: str, *, first: int = 0) -> Iterator[BatchChunk]:
        """The chunks of a batch in order, from the one that begins at `first` on, one at a time."""
        while (chunk := self._next(batch, first)) is not None:
            yield chunk
            first = chunk.first + chunk.count

    def last(self, batch: str) -> BatchChunk | None:
        """The last chunk of a batch. The command must be exclusive."""
        row = self.by_condition(_chunks(self.tenant, batch).order_by(C.first.desc()).limit(1)).first()
        return None if row is None else BatchChunk(*row)

    def _next(self, batch: str, first: int) -> BatchChunk | None:
        row = self.by_condition(_chunks(self.tenant, batch).where(C.first >= first).order_by(C.first).limit(1)).first()
        return None if row is None else BatchChunk(*row)

    def entries_of(self, batch: str, indexes: Sequence[int], *, most: int) -> list[tuple[int, int, str]]:
        """Index of the first entry, count, and entries (JSON array) of the chunks that have these indexes, so many at
        most. The command must be exclusive."""
        among = sa.or_(*(sa.and_(C.first <= index, C.first + C.count > index) for index in indexes))
        return self._entries((among,), batch, most)

    def entries_with(self, batch: str, text: str, *, first: int, most: int) -> list[tuple[int, int, str]]:
        """The same of chunks whose entries contain a text, from an index on."""
        return self._entries((C.first + C.count > first, C.entries.icontains(text, autoescape=True)), batch, most)

    def _entries(
        self, wanted: "tuple[sa.ColumnElement[bool], ...]", batch: str, most: int
    ) -> list[tuple[int, int, str]]:
        statement = sa.select(C.first, C.count, C.entries).where(
            C.tenant == self.tenant, C.batch == batch, C.entries.is_not(None), *wanted
        )
        return [tuple(row) for row in self.by_condition(statement.order_by(C.first).limit(most))]

    def sizes(self, batches: Sequence[str]) -> dict[str, int]:
        """How many characters of entries and data each of these holds. The command must be exclusive."""
        characters = sa.func.coalesce(sa.func.length(C.entries), 0) + sa.func.coalesce(sa.func.length(C.data), 0)
        statement = sa.select(C.batch, sa.func.sum(characters)).where(
            C.tenant == self.tenant, C.batch.in_(list(batches))
        )
        return {str(batch): int(size) for batch, size in self.by_condition(statement.group_by(C.batch))}

    def forget(self, batch: str, *, limit: int) -> int:
        """Delete so many chunks of a batch that is gone; how many were."""
        old = sa.select(C.first).where(C.tenant == self.tenant, C.batch == batch).order_by(C.first).limit(limit)
        statement = sa.delete(tables.batch_chunk).where(C.tenant == self.tenant, C.batch == batch, C.first.in_(old))
        return int(self.by_condition(statement).rowcount)


def _chunks(tenant: int, batch: str) -> "sa.Select[Any]":
    return sa.select(*CHUNK).where(C.tenant == tenant, C.batch == batch)
