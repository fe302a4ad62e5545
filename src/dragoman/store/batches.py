"""Batches in the store: their rows, what they were sent with, and what became of each entry."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from dragoman.domain.batch import Batch, BatchPayload, Outcome
from dragoman.store import bulk, tables
from dragoman.store.overlay import MustBeAlone
from dragoman.store.repository import Repository
from dragoman.store.shapes import SHAPES

B = tables.batch.c
O = tables.batch_outcome.c  # noqa: E741 - beside B


class Batches(Repository[Batch]):
    """The batches of one tenant, by the number or uid of their task."""

    shape = SHAPES["batch"]

    def page(
        self, conditions: Sequence[sa.ColumnElement[bool]], order: Sequence[Any], *, limit: int, offset: int = 0
    ) -> list[Batch]:
        """Batches that meet conditions over the batch table, in order. The command must go alone."""
        statement = sa.select(B.number).where(B.tenant == self.tenant, *conditions)
        return self.numbered(statement.order_by(*order).limit(limit).offset(offset))

    def count(self, conditions: Sequence[sa.ColumnElement[bool]]) -> int:
        """How many meet the conditions."""
        statement = sa.select(sa.func.count()).select_from(tables.batch).where(B.tenant == self.tenant, *conditions)
        return int(self.by_condition(statement).scalar_one())

    def record(self, batch: int, outcomes: Sequence[Outcome]) -> None:
        """Note what became of entries, in this transaction. An index that has its outcome is refused by the table."""
        connection = self._overlay.group.connection
        if connection is None:
            raise MustBeAlone
        rows = [
            {"tenant": self.tenant, "batch": batch, "index": each.index, "key": each.key, "error": each.error}
            for each in outcomes
        ]
        bulk.insert(connection, tables.batch_outcome, rows)

    def failures(self, batch: int, *, limit: int, offset: int = 0) -> list[Outcome]:
        """Entries that failed, in the order of their index."""
        statement = (
            sa.select(O.index, O.key, O.error)
            .where(O.tenant == self.tenant, O.batch == batch, O.error.is_not(None))
            .order_by(O.index)
            .limit(limit)
            .offset(offset)
        )
        return [Outcome(int(index), key, error) for index, key, error in self.by_condition(statement)]

    def forget_outcomes(self, batch: int, *, limit: int) -> int:
        """Delete so many outcomes of a batch that is gone; how many were."""
        old = sa.select(O.index).where(O.tenant == self.tenant, O.batch == batch).order_by(O.index).limit(limit)
        statement = sa.delete(tables.batch_outcome).where(O.tenant == self.tenant, O.batch == batch, O.index.in_(old))
        return int(self.by_condition(statement).rowcount)


class Payloads(Repository[BatchPayload]):
    """What batches were sent with, by batch."""

    shape = SHAPES["batch_payload"]
