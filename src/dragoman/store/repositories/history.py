"""History in the store: one row a visible change, chained by hashes."""

from typing import Any

import sqlalchemy as sa

from dragoman.command import Key
from dragoman.domain import json_numbers
from dragoman.store import tables
from dragoman.store.unit.mappings import MAPPINGS
from dragoman.store.unit.overlay import HistoryRow, MustBeExclusive, Overlay

H = tables.history.c
COLUMNS = tuple(tables.history.columns)


class History:
    """The history of one tenant's entities. It is written by the flush, and only read here."""

    def __init__(self, overlay: Overlay) -> None:
        self._group = overlay.group

    def page(self, entity: str, number: int, *, after: int = 0, limit: int = 100) -> list[HistoryRow]:
        """Rows of one entity behind a revision, oldest first. For readers and exclusive commands."""
        if self._group.connection is None:
            raise MustBeExclusive
        statement = (
            sa.select(*COLUMNS)
            .where(H.tenant == self._group.tenant, H.entity == entity, H.number == number, H.revision > after)
            .order_by(H.revision)
            .limit(limit)
        )
        return [HistoryRow(*row) for row in self._group.connection.execute(statement)]

    def by_others(self, entity: str, number: int, *, after: int, cause: int, limit: int) -> list[str]:
        """The changes behind a revision that another cause than this one made. For readers and exclusive commands."""
        if self._group.connection is None:
            raise MustBeExclusive
        mine = (H.tenant == self._group.tenant, H.entity == entity, H.number == number, H.revision > after)
        others = sa.or_(H.cause.is_(None), H.cause != cause)
        statement = sa.select(H.changes).where(*mine, others).order_by(H.revision).limit(limit)
        return [str(row[0]) for row in self._group.connection.execute(statement)]

    def sizes(self, entity: str, number: int, *, after: int, limit: int) -> list[int]:
        """The characters of the changes of these rows. For readers and exclusive commands."""
        if self._group.connection is None:
            raise MustBeExclusive
        statement = (
            sa.select(sa.func.length(H.changes))
            .where(H.tenant == self._group.tenant, H.entity == entity, H.number == number, H.revision > after)
            .order_by(H.revision)
            .limit(limit)
        )
        return [int(row[0]) for row in self._group.connection.execute(statement)]

    def deleted(self, entity: str, key: Key) -> Any:
        """A deleted entity as it was, by number or uid, or None. For readers and exclusive commands."""
        if self._group.connection is None:
            raise MustBeExclusive
        table = tables.tombstone.c
        named = table.number == key if isinstance(key, int) else table.uid == key
        row = self._group.connection.execute(
            sa.select(table.snapshot).where(table.tenant == self._group.tenant, table.entity == entity, named)
        ).first()
        return None if row is None else json_numbers.decoder(MAPPINGS[entity].type)(row[0])
