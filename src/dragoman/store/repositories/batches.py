"""Batches in the store: their rows, and the outcome of each entry."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.domain.access import sees_all
from dragoman.domain.bulk import Batch, BatchDetail, Outcome, Status
from dragoman.domain.clock import Moment
from dragoman.domain.task import Kind
from dragoman.store import tables
from dragoman.store.engine import bulk_writes as bulk
from dragoman.store.repositories import batch_filters
from dragoman.store.repositories.batch_filters import (
    MILLISECOND,
    MOMENTS,
    NEWEST_FIRST,
    BatchFilter,
    BatchSort,
    Condition,
)
from dragoman.store.repositories.batch_rows import Ask, ask, of_batch
from dragoman.store.repositories.repository import Repository
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.repositories.task_filters import conditions as of_tasks
from dragoman.store.unit.mappings import MAPPINGS
from dragoman.store.unit.overlay import MustBeExclusive

B = tables.batch.c
T = tables.task.c
O = tables.batch_outcome.c  # noqa: E741 - beside B
OUTCOME = tuple(tables.batch_outcome.c[name] for name in Outcome.__struct_fields__)
AT_ONCE = 500


class Recorded(msgspec.Struct, frozen=True):
    """Which outcomes of a batch are wanted: from an index on, ahead of another; failures, successes (None: both)."""

    first: int
    below: int
    is_failed: bool | None = None
    codes: tuple[str, ...] = ()


class Batches(Repository[Batch]):
    """The batches of one tenant, by the number or uid of their task."""

    mapping = MAPPINGS["batch"]

    def page(
        self,
        wanted: BatchFilter,
        sort: BatchSort = NEWEST_FIRST,
        *,
        limit: int,
        offset: int = 0,
        after: Batch | None = None,
        before: Batch | None = None,
    ) -> list[Batch]:
        """Up to `limit` batches in order: those that follow `after`, or the last ones ahead of `before`. The command
        must go alone."""
        statement = self._whole(wanted)
        backwards = before is not None
        for edge, is_ahead in ((after, False), (before, True)):
            if edge is not None:
                statement = statement.where(batch_filters.beyond(sort, edge, backwards=is_ahead))
        statement = statement.order_by(*batch_filters.order(sort, backwards=backwards)).limit(limit).offset(offset)
        found = self.selected(statement)
        return found[::-1] if backwards else found

    def behind(self, wanted: BatchFilter, sort: BatchSort, edge: tuple[int, int] | None, *, limit: int) -> list[Batch]:
        """Up to `limit` batches in order, those behind an edge: the value of the sorted column, which is a number, and
        the batch's number. The command must go alone."""
        statement = self._whole(wanted)
        if edge is not None:
            value, number = edge
            past = B.number < number if sort.descending else B.number > number
            if sort.column != "number":
                column = B[sort.column]
                further = column < value if sort.descending else column > value
                past = sa.or_(further, sa.and_(column == value, past))
            statement = statement.where(past)
        keys = (B[sort.column], B.number) if sort.column != "number" else (B.number,)
        ordered = statement.order_by(*(key.desc() if sort.descending else key.asc() for key in keys))
        return self.selected(ordered.limit(limit))

    def count(self, wanted: BatchFilter, sort: BatchSort = NEWEST_FIRST, *, after: Batch | None = None) -> int:
        """How many there are; only those that follow `after` in this order where it is given."""
        statement = self._select(wanted)
        if after is not None:
            statement = statement.where(batch_filters.beyond(sort, after))
        return int(self.by_condition(sa.select(sa.func.count()).select_from(statement.subquery())).scalar_one())

    def numbers(self, wanted: BatchFilter) -> list[int]:
        """All that match, by their numbers alone."""
        return [int(row[0]) for row in self.by_condition(self._select(wanted))]

    def all(self, wanted: BatchFilter, sort: BatchSort = NEWEST_FIRST, *, most: int) -> Iterator[Batch]:
        """Batches in order, so many at most, loaded some at a time."""
        statement = self._select(wanted).order_by(*batch_filters.order(sort)).limit(most)
        numbers = [int(row[0]) for row in self.by_condition(statement)]
        for start in range(0, len(numbers), AT_ONCE):
            some = numbers[start : start + AT_ONCE]
            self.load(some)
            yield from (batch for number in some if (batch := self.find(number)) is not None)

    def record(self, batch: int, outcomes: Sequence[Outcome]) -> None:
        """Note what became of entries, in this transaction. An index that has its outcome is refused by the table."""
        connection = self._overlay.group.connection
        if connection is None:
            raise MustBeExclusive
        bulk.insert_owned(connection, tables.batch_outcome, (self.tenant, batch), outcomes)

    def failures(self, batch: int, *, limit: int, offset: int = 0) -> list[Outcome]:
        """Entries that failed, in the order of their index."""
        statement = of_batch(OUTCOME, self.tenant, batch).where(O.error.is_not(None)).order_by(O.index)
        return [Outcome(*row) for row in self.by_condition(statement.limit(limit).offset(offset))]

    def outcomes(self, batch: int, *, first: int = 0, limit: int) -> list[Outcome]:
        """Outcomes from an index on, in the order of their index."""
        statement = of_batch(OUTCOME, self.tenant, batch).where(O.index >= first).order_by(O.index).limit(limit)
        return [Outcome(*row) for row in self.by_condition(statement)]

    def keyed(self, batch: int, wanted: Recorded, *, limit: int) -> list[Outcome]:
        """Outcomes in the order of the index."""
        statement = of_batch(OUTCOME, self.tenant, batch).where(*self._wanted(batch, wanted)).order_by(O.index)
        return [Outcome(*row) for row in self.by_condition(statement.limit(limit))]

    def of_indexes(self, batch: int, indexes: Sequence[int]) -> list[Outcome]:
        """The outcomes of these entries, in the order of the index."""
        statement = of_batch(OUTCOME, self.tenant, batch).where(O.index.in_(list(indexes))).order_by(O.index)
        return [Outcome(*row) for row in self.by_condition(statement)]

    def recorded(self, batch: int, wanted: Recorded, *, limit: int) -> list[tuple[Any, ...]]:
        """Index, error, unchanged, object and moment of outcomes, in the order of the index, as the driver has them."""
        connection = self._connection()
        rows = _recorded(connection.dialect, wanted.is_failed, len(wanted.codes))
        values: dict[str, Any] = {"tenant": self.tenant, "batch": batch, "most": limit}
        values |= {"first": wanted.first, "below": wanted.below}
        values |= {f"code_{place}": code for place, code in enumerate(wanted.codes)}
        return self.by_text(rows.text, rows.parameters(values))

    def count_recorded(self, batch: int, wanted: Recorded) -> int:
        """How many outcomes there are."""
        mine = sa.select(sa.func.count()).select_from(tables.batch_outcome).where(*self._wanted(batch, wanted))
        return int(self.by_condition(mine).scalar_one())

    def nth_recorded(self, batch: int, wanted: Recorded, offset: int) -> int | None:
        """The index of the outcome at an offset, in the order of the index; None behind the last."""
        mine = sa.select(O.index).where(*self._wanted(batch, wanted)).order_by(O.index).offset(offset).limit(1)
        row = self.by_condition(mine).first()
        return None if row is None else int(row[0])

    def _wanted(self, batch: int, wanted: Recorded) -> "list[sa.ColumnElement[bool]]":
        found = [O.tenant == self.tenant, O.batch == batch, O.index >= wanted.first, O.index < wanted.below]
        if wanted.is_failed is not None:
            found.append(O.error.is_not(None) if wanted.is_failed else O.error.is_(None))
        if wanted.codes:
            found.append(O.code.in_(list(wanted.codes)))
        return found

    def sources(self, batch: int, *, below: int, limit: int) -> list[tuple[int, int, int, str]]:
        """Index, number, revision and id of the objects that entries changed, from ahead of an index backwards."""
        changed = (O.index < below, O.error.is_(None), O.unchanged.is_(sa.false()), O.number.is_not(None))
        mine = sa.select(O.index, O.number, O.revision, O.object).where(O.tenant == self.tenant, O.batch == batch)
        return [tuple(row) for row in self.by_condition(mine.where(*changed).order_by(O.index.desc()).limit(limit))]

    def images(self, batch: int, indexes: Sequence[int]) -> dict[int, str]:
        """The images of outcomes by index, of those that have one."""
        mine = (O.tenant == self.tenant, O.batch == batch, O.index.in_(list(indexes)), O.image.is_not(None))
        return {int(index): image for index, image in self.by_condition(sa.select(O.index, O.image).where(*mine))}

    def count_failed(self, batch: int, codes: Sequence[str]) -> int:
        """How many entries failed with one of these codes."""
        failed = (O.tenant == self.tenant, O.batch == batch, O.error.is_not(None), O.code.in_(list(codes)))
        counted = sa.select(sa.func.count()).select_from(tables.batch_outcome).where(*failed)
        return int(self.by_condition(counted).scalar_one())

    def forget_outcomes(self, batch: int, *, limit: int) -> int:
        """Delete so many outcomes of a batch that is gone; how many were."""
        old = sa.select(O.index).where(O.tenant == self.tenant, O.batch == batch).order_by(O.index).limit(limit)
        statement = sa.delete(tables.batch_outcome).where(O.tenant == self.tenant, O.batch == batch, O.index.in_(old))
        return int(self.by_condition(statement).rowcount)

    def deciders(self, since: Moment) -> set[str]:
        """The ids of users who decided batches from this moment on. The command must be exclusive."""
        decided = (B.tenant == self.tenant, B.modified_at >= since, B.decisions != "[]")
        texts = (row[0] for row in self.by_condition(sa.select(B.decisions).where(*decided)))
        every = (decision for text in texts for decision in self.mapping.codecs["decisions"].decode(text))
        return {decision.by for decision in every if decision.by is not None and decision.at >= since}

    def undecided(self, now: Moment, canary_since: Moment, *, limit: int) -> list[int]:
        """Batches whose review is over without a decision."""
        statement = sa.select(B.number).where(B.tenant == self.tenant, _undecided(now, canary_since))
        return [int(row[0]) for row in self.by_condition(statement.order_by(B.number).limit(limit))]

    def tenants_with_undecided(self, now: Moment, canary_since: Moment) -> list[int]:
        """The numbers of all tenants that have such batches."""
        tenant = tables.tenant.c.tenant
        theirs = sa.exists().where(B.tenant == tenant, _undecided(now, canary_since))
        return [
            int(row[0])
            for row in self.by_condition(sa.select(tenant).where(theirs, tables.tenant_is_enabled).order_by(tenant))
        ]

    def clear_images(self, batch: int, *, limit: int) -> int:
        """Clear the images of so many outcomes; how many had one."""
        own = (O.tenant == self.tenant, O.batch == batch, O.image.is_not(None))
        old = sa.select(O.index).where(*own).order_by(O.index).limit(limit)
        statement = sa.update(tables.batch_outcome).where(O.tenant == self.tenant, O.batch == batch, O.index.in_(old))
        return int(self.by_condition(statement.values(image=None)).rowcount)

    def _select(self, wanted: BatchFilter) -> "sa.Select[Any]":
        return self._whole(wanted).with_only_columns(B.number)

    def _whole(self, wanted: BatchFilter) -> "sa.Select[Any]":
        every = (each for condition in wanted.conditions for each in self._of_what_is_known(condition))
        found = self.whole(*map(batch_filters.condition, every))
        if wanted.visible_to is None or sees_all(wanted.visible_to):
            return found
        seen = of_tasks(self.tenant, TaskFilter(kind=str(Kind.BATCH), visible_to=wanted.visible_to))
        return found.where(B.number.in_(sa.select(T.number).where(T.tenant == self.tenant, *seen)))

    def _of_what_is_known(self, condition: Condition) -> tuple[Condition, ...]:
        """The condition; a lower bound of moments of change with an upper one, so that no list passes over changes."""
        column, [value, *_] = condition.column, (*condition.values, None)
        if column not in MOMENTS or condition.operator not in ("gt", "ge") or not isinstance(value, int):
            return (condition,)
        known_until = self.known_until(MILLISECOND)
        return replace(condition, values=(self.earlier(Moment(value)),)), Condition(column, "le", (known_until,))


class Details(Repository[BatchDetail]):
    """What was counted about batches, by batch."""

    mapping = MAPPINGS["batch_detail"]


def _undecided(now: Moment, canary_since: Moment) -> sa.ColumnElement[bool]:
    in_review = sa.and_(B.status == str(Status.IN_REVIEW), B.review_expires_at <= now)
    return sa.or_(in_review, sa.and_(B.status == str(Status.CANARY_REVIEW), B.modified_at <= canary_since))


@lru_cache(maxsize=64)
def _recorded(dialect: sa.Dialect, is_failed: bool | None, codes: int) -> Ask:
    """Rows are many and hardly looked at: the driver's own cost a third of those of SQLAlchemy."""
    bound: Any = sa.bindparam
    statement = sa.select(O.index, O.error, O.unchanged, O.object, O.at).where(
        O.tenant == bound("tenant"), O.batch == bound("batch"), O.index >= bound("first"), O.index < bound("below")
    )
    if is_failed is not None:
        statement = statement.where(O.error.is_not(None) if is_failed else O.error.is_(None))
    if codes:
        statement = statement.where(sa.or_(*(O.code == bound(f"code_{place}") for place in range(codes))))
    return ask(dialect, statement.order_by(O.index).limit(bound("most")))
