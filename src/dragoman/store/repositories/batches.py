"""Batches in the store: their rows, their payloads, and the outcome of each entry."""

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.domain.access import Principal, sees_all
from dragoman.domain.bulk import Batch, BatchChunk, BatchDetail, BatchPayload, Effect, Outcome, Preview, Status
from dragoman.domain.clock import TICKS_PER_SECOND, Moment
from dragoman.domain.task import Kind
from dragoman.store import tables
from dragoman.store.engine import bulk_writes as bulk
from dragoman.store.engine import driver
from dragoman.store.engine.key_lists import each_value
from dragoman.store.repositories.repository import Repository
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.repositories.task_filters import conditions as of_tasks
from dragoman.store.unit.mappings import MAPPINGS
from dragoman.store.unit.overlay import MustBeExclusive, Overlay

B = tables.batch.c
T = tables.task.c
P = tables.batch_payload.c
C = tables.batch_chunk.c
V = tables.batch_preview.c
O = tables.batch_outcome.c  # noqa: E741 - beside B
AT_ONCE = 500
EFFECTS = {str(effect): effect for effect in Effect}

SUMS: dict[str, sa.ColumnElement[Any]] = {
    "settled": B.processed + sa.func.coalesce(B.skipped, 0),
    "unsuccessful": B.failure + sa.func.coalesce(B.skipped, 0),
}

Column = Literal[
    "number",
    "uid",
    "method",
    "type",
    "field",
    "review",
    "status",
    "total",
    "processed",
    "success",
    "failure",
    "settled",
    "unsuccessful",
    "created_at",
    "modified_at",
    "creator",
    "origin_batch",
    "priority",
]
"""What batches are picked and sorted by."""

MOMENTS = frozenset({"created_at", "modified_at"})
MILLISECOND = TICKS_PER_SECOND // 1_000
"""As exactly as the clients of batches compare moments."""

Operator = Literal["eq", "ne", "gt", "ge", "lt", "le", "in"]
Value = str | int | bool | None


class Condition(msgspec.Struct, frozen=True):
    """One column compared with one value, or for `in` with several. No order holds against null."""

    column: Column
    operator: Operator
    values: tuple[Value, ...]


class BatchFilter(msgspec.Struct, frozen=True):
    """Conditions, all of which must hold, on batches whose task a principal may see (None: all of them)."""

    conditions: tuple[Condition, ...] = ()
    visible_to: Principal | None = None


class BatchSort(msgspec.Struct, frozen=True):
    """By a column; null comes before all else. Among equals the newest comes first. `ranks`: where each value stands,
    if not by itself."""

    column: Column = "number"
    descending: bool = True
    ranks: tuple[tuple[str, int], ...] = ()

    def value(self, batch: Batch) -> Any:
        """The batch's own value, as it is sorted."""
        value = getattr(batch, self.column)
        if self.ranks:
            return dict(self.ranks)[value]
        return _least(self.column) if value is None else value


NEWEST_FIRST = BatchSort()


class Recorded(msgspec.Struct, frozen=True):
    """Which outcomes of a batch are wanted: from an index on, ahead of another; failures, successes (None: both)."""

    first: int
    below: int
    is_failed: bool | None = None
    codes: tuple[str, ...] = ()


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows of a preview are wanted, from an index on: with one of these effects, a change of the member at
    `pointer`, images that contain these texts, and for `anywhere` this text in an image, or one of `indexes`."""

    first: int = 0
    effects: tuple[Effect, ...] = ()
    pointer: str | None = None
    before: str | None = None
    after: str | None = None
    anywhere: str | None = None
    indexes: tuple[int, ...] = ()


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
        statement = self._select(wanted)
        backwards = before is not None
        for edge, is_ahead in ((after, False), (before, True)):
            if edge is not None:
                statement = statement.where(_beyond(sort, edge, backwards=is_ahead))
        statement = statement.order_by(*_order(sort, backwards=backwards)).limit(limit).offset(offset)
        found = self.numbered(statement)
        return found[::-1] if backwards else found

    def behind(self, wanted: BatchFilter, sort: BatchSort, edge: tuple[int, int] | None, *, limit: int) -> list[Batch]:
        """Up to `limit` batches in order, those behind an edge: the value of the sorted column, which is a number, and
        the batch's number. The command must go alone."""
        statement = self._select(wanted)
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
        return self.numbered(ordered.limit(limit))

    def count(self, wanted: BatchFilter, sort: BatchSort = NEWEST_FIRST, *, after: Batch | None = None) -> int:
        """How many there are; only those that follow `after` in this order where it is given."""
        statement = self._select(wanted)
        if after is not None:
            statement = statement.where(_beyond(sort, after))
        return int(self.by_condition(sa.select(sa.func.count()).select_from(statement.subquery())).scalar_one())

    def numbers(self, wanted: BatchFilter) -> list[int]:
        """All that match, by their numbers alone."""
        return [int(row[0]) for row in self.by_condition(self._select(wanted))]

    def all(self, wanted: BatchFilter, sort: BatchSort = NEWEST_FIRST, *, most: int) -> Iterator[Batch]:
        """Batches in order, so many at most, loaded some at a time."""
        statement = self._select(wanted).order_by(*_order(sort)).limit(most)
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
        statement = _of(OUTCOME, self.tenant, batch).where(O.error.is_not(None)).order_by(O.index)
        return [Outcome(*row) for row in self.by_condition(statement.limit(limit).offset(offset))]

    def outcomes(self, batch: int, *, first: int = 0, limit: int) -> list[Outcome]:
        """Outcomes from an index on, in the order of their index."""
        statement = _of(OUTCOME, self.tenant, batch).where(O.index >= first).order_by(O.index).limit(limit)
        return [Outcome(*row) for row in self.by_condition(statement)]

    def keyed(self, batch: int, wanted: "Recorded", *, limit: int) -> list[Outcome]:
        """Outcomes in the order of the index."""
        statement = _of(OUTCOME, self.tenant, batch).where(*self._wanted(batch, wanted)).order_by(O.index)
        return [Outcome(*row) for row in self.by_condition(statement.limit(limit))]

    def of_indexes(self, batch: int, indexes: Sequence[int]) -> list[Outcome]:
        """The outcomes of these entries, in the order of the index."""
        statement = _of(OUTCOME, self.tenant, batch).where(O.index.in_(list(indexes))).order_by(O.index)
        return [Outcome(*row) for row in self.by_condition(statement)]

    def recorded(self, batch: int, wanted: "Recorded", *, limit: int) -> list[tuple[Any, ...]]:
        """Index, error, unchanged, object and moment of outcomes, in the order of the index, as the driver has them."""
        connection = self._connection()
        ask = _recorded(connection.dialect, wanted.is_failed, len(wanted.codes))
        values: dict[str, Any] = {"tenant": self.tenant, "batch": batch, "most": limit}
        values |= {"first": wanted.first, "below": wanted.below}
        values |= {f"code_{place}": code for place, code in enumerate(wanted.codes)}
        return self.by_text(ask.text, ask.parameters(values))

    def count_recorded(self, batch: int, wanted: "Recorded") -> int:
        """How many outcomes there are."""
        mine = sa.select(sa.func.count()).select_from(tables.batch_outcome).where(*self._wanted(batch, wanted))
        return int(self.by_condition(mine).scalar_one())

    def nth_recorded(self, batch: int, wanted: "Recorded", offset: int) -> int | None:
        """The index of the outcome at an offset, in the order of the index; None behind the last."""
        mine = sa.select(O.index).where(*self._wanted(batch, wanted)).order_by(O.index).offset(offset).limit(1)
        row = self.by_condition(mine).first()
        return None if row is None else int(row[0])

    def _wanted(self, batch: int, wanted: "Recorded") -> "list[sa.ColumnElement[bool]]":
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
        every = (each for condition in wanted.conditions for each in self._of_what_is_known(condition))
        found = sa.select(B.number).where(B.tenant == self.tenant, *map(_condition, every))
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


class Details(Repository[BatchDetail]):
    """What was counted about batches, by batch."""

    mapping = MAPPINGS["batch_detail"]


class Seen(NamedTuple):
    """What a preview row says that the run compares with."""

    effect: Effect
    number: int | None
    version: str | None


class Previews:
    """The rows of previews, by batch and index. Rows of a negative index are no entries: they hold what entries made of
    other objects, while the preview is made (`usecases/batches/review/earlier.py`)."""

    def __init__(self, overlay: Overlay) -> None:
        self._group = overlay.group

    def record(self, batch: int, rows: Sequence[Preview]) -> None:
        """Store rows, in this transaction."""
        bulk.insert_owned(self._connection, tables.batch_preview, (self._group.tenant, batch), rows)

    def page(
        self,
        batch: int,
        *,
        first: int = 0,
        limit: int,
        effects: Collection[Effect] = (),
        pointer: str | None = None,
        max_bytes: int | None = None,
    ) -> list[Preview]:
        """Rows from an index on, in order: with one of these effects, if any are given, and a change of this member.
        Fewer, but one at least, where the images would exceed `max_bytes`."""
        wanted = [V.index >= first]
        if effects:
            wanted.append(V.effect.in_([str(effect) for effect in effects]))
        if pointer is not None:
            spelled = msgspec.json.encode(pointer).decode()
            wanted.append(V.changed.contains(spelled, autoescape=True))
        if max_bytes is not None:
            indexes = self._within(batch, wanted, limit, max_bytes)
            wanted, limit = [V.index.in_(indexes)], len(indexes)
        statement = _of(PREVIEW, self._tenant, batch).where(*wanted).order_by(V.index).limit(limit)
        return [_preview(row) for row in self._execute(statement)]

    def matching(self, batch: int, sought: Sought, *, limit: int, max_bytes: int) -> list[Preview]:
        """Rows in order, with one statement. Fewer, but one at least, where their images would exceed `max_bytes`."""
        wanted = [V.index >= sought.first]
        if sought.effects:
            wanted.append(V.effect.in_([str(effect) for effect in sought.effects]))
        if sought.pointer is not None:
            wanted.append(V.changed.contains(msgspec.json.encode(sought.pointer).decode(), autoescape=True))
        for column, text in ((V.before, sought.before), (V.after, sought.after)):
            if text is not None:
                wanted.append(column.contains(text, autoescape=True))
        if sought.anywhere is not None:
            inside = [column.icontains(sought.anywhere, autoescape=True) for column in (V.before, V.after)]
            wanted.append(sa.or_(V.index.in_(sought.indexes), *inside))
        page = _of(PREVIEW, self._tenant, batch).where(*wanted).order_by(V.index).limit(limit).subquery("page")
        size = sa.func.coalesce(sa.func.length(page.c.before), 0) + sa.func.coalesce(sa.func.length(page.c.after), 0)
        ahead = sa.func.sum(size).over(order_by=page.c.index, rows=(None, 0)) - size
        summed = sa.select(page, ahead.label("ahead")).subquery("summed")
        columns = [summed.c[column.name] for column in PREVIEW]
        statement = sa.select(*columns).where(summed.c.ahead <= max_bytes // 2).order_by(summed.c.index)
        return [_preview(row) for row in self._execute(statement)]

    def unusual(self, batch: int, entity: str | None, *, beyond: int, backwards: bool = False) -> int | None:
        """The index of the next row, or of the one ahead, that is out of the ordinary: one that can't be done, has a
        warning, or whose object is at another version by now; None where there is none."""
        odd = sa.or_(V.effect.not_in([str(Effect.WILL_CHANGE), str(Effect.NO_OP)]), V.warning.is_not(None))
        rows = sa.select(V.index).select_from(tables.batch_preview)
        if entity is not None:
            table = MAPPINGS[entity].table
            joined = sa.and_(table.c.tenant == V.tenant, table.c.number == V.number)
            others = sa.or_(table.c.number.is_(None), sa.cast(table.c.revision, sa.Text()) != V.version)
            rows = sa.select(V.index).select_from(tables.batch_preview.outerjoin(table, joined))
            odd = sa.or_(odd, sa.and_(V.version.is_not(None), others))
        past = V.index < beyond if backwards else V.index > beyond
        mine = rows.where(V.tenant == self._tenant, V.batch == batch, V.index >= 0, past, odd)
        row = self._execute(mine.order_by(V.index.desc() if backwards else V.index).limit(1)).first()
        return None if row is None else int(row[0])

    def nth(self, batch: int, effects: Collection[Effect], offset: int) -> int | None:
        """The index of the row at an offset among those with one of these effects; None behind the last."""
        wanted = (V.index >= 0, V.effect.in_([str(effect) for effect in effects]))
        statement = _of((V.index,), self._tenant, batch).where(*wanted).order_by(V.index).offset(offset).limit(1)
        row = self._execute(statement).first()
        return None if row is None else int(row[0])

    def _within(self, batch: int, wanted: "list[sa.ColumnElement[bool]]", limit: int, max_bytes: int) -> list[int]:
        size = sa.func.coalesce(sa.func.length(V.before), 0) + sa.func.coalesce(sa.func.length(V.after), 0)
        statement = _of((V.index, size), self._tenant, batch).where(*wanted).order_by(V.index).limit(limit)
        indexes: list[int] = []
        for index, length in self._execute(statement):
            max_bytes -= 2 * int(length)  # shown before and after
            if max_bytes < 0 and indexes:
                break
            indexes.append(int(index))
        return indexes

    def seen(self, batch: int, *, first: int, stop: int) -> dict[int, Seen]:
        """What the rows of these indexes say, without their images."""
        ask = _seen(self._connection.dialect)
        values = {"tenant": self._tenant, "batch": batch, "first": first, "stop": stop}
        rows = driver.fetch(self._connection, ask.text, ask.parameters(values))
        return {index: Seen(EFFECTS[effect], number, version) for index, effect, number, version in rows}

    def last_of(self, batch: int, numbers: Sequence[int]) -> dict[int, Preview]:
        """The last row of each of these objects that changes it."""
        return self._one_of_each(batch, numbers, sa.func.max(V.index), V.index >= 0)

    def beside(self, batch: int, numbers: Sequence[int]) -> dict[int, Preview]:
        """The last row of each of these objects that is of no entry of its own."""
        return self._one_of_each(batch, numbers, sa.func.min(V.index), V.index < 0)

    def _one_of_each(
        self, batch: int, numbers: Sequence[int], which: sa.ColumnElement[int], place: sa.ColumnElement[bool]
    ) -> dict[int, Preview]:
        """In two statements, each of which looks rows up by an index whatever a database knows of a growing table."""
        found: dict[int, Preview] = {}
        for start in range(0, len(numbers), AT_ONCE):
            listed = each_value(self._connection.dialect, numbers[start : start + AT_ONCE])
            named = sa.select(listed.label("number")).subquery("named")
            of = (V.tenant == self._tenant, V.batch == batch, V.effect == str(Effect.WILL_CHANGE))
            one = sa.select(which).where(*of, V.number == named.c.number, place).correlate(named).scalar_subquery()
            known = sa.select(one.label("index")).select_from(named).subquery("known")
            indexes = self._execute(sa.select(known.c.index).where(known.c.index.is_not(None))).scalars().all()
            if indexes:
                rows = self._execute(_of(PREVIEW, self._tenant, batch).where(V.index.in_(indexes)))
                found.update({row.number: row for row in map(_preview, rows) if row.number is not None})
        return found

    def touched(self, batch: int, *, limit: int) -> list[int]:
        """The numbers of objects that rows change, those of the last rows first."""
        last = sa.func.max(sa.func.abs(V.index))
        statement = _of((V.number,), self._tenant, batch).where(
            V.number.is_not(None), V.effect == str(Effect.WILL_CHANGE)
        )
        statement = statement.group_by(V.number).order_by(last.desc()).limit(limit)
        return [int(row[0]) for row in self._execute(statement)]

    def versions(self, batch: int, number: int) -> list[str]:
        """The versions that the rows of one object name."""
        statement = _of((V.version,), self._tenant, batch).where(V.number == number, V.version.is_not(None))
        return [str(row[0]) for row in self._execute(statement)]

    def moved(self, batch: int, entity: str, *, limit: int) -> int:
        """How many rows name an object that is at another version by now, or gone; so many at most."""
        table = MAPPINGS[entity].table
        joined = sa.and_(table.c.tenant == V.tenant, table.c.number == V.number)
        others = sa.or_(table.c.number.is_(None), sa.cast(table.c.revision, sa.Text()) != V.version)
        rows = sa.select(V.index).select_from(tables.batch_preview.outerjoin(table, joined))
        mine = rows.where(V.tenant == self._tenant, V.batch == batch, V.index >= 0, V.version.is_not(None), others)
        statement = sa.select(sa.func.count()).select_from(mine.limit(limit).subquery())
        return int(self._execute(statement).scalar_one())

    def has_any(self, batch: int) -> bool:
        """Whether there are rows at all."""
        return self._execute(_of((V.index,), self._tenant, batch).limit(1)).first() is not None

    def has_beside(self, batch: int) -> bool:
        """Whether there are rows that are of no entry."""
        statement = _of((V.index,), self._tenant, batch).where(V.index < 0).limit(1)
        return self._execute(statement).first() is not None

    def forget(self, batch: int, *, limit: int) -> int:
        """Delete so many rows of a batch; how many were."""
        old = sa.select(V.index).where(V.tenant == self._tenant, V.batch == batch).order_by(V.index).limit(limit)
        statement = sa.delete(tables.batch_preview).where(V.tenant == self._tenant, V.batch == batch, V.index.in_(old))
        return int(self._execute(statement).rowcount)

    @property
    def _tenant(self) -> int:
        return self._group.tenant

    @property
    def _connection(self) -> sa.Connection:
        """Rows are written at once and never through an overlay, so nothing need be flushed to read them."""
        if self._group.connection is None:
            raise MustBeExclusive
        connection: sa.Connection = self._group.connection
        return connection

    def _execute(self, statement: Any) -> Any:
        return self._connection.execute(statement)


PREVIEW = tuple(tables.batch_preview.c[name] for name in Preview.__struct_fields__)
OUTCOME = tuple(tables.batch_outcome.c[name] for name in Outcome.__struct_fields__)
CHUNK = tuple(tables.batch_chunk.c[name] for name in BatchChunk.__struct_fields__)


def _undecided(now: Moment, canary_since: Moment) -> sa.ColumnElement[bool]:
    in_review = sa.and_(B.status == str(Status.IN_REVIEW), B.review_expires_at <= now)
    return sa.or_(in_review, sa.and_(B.status == str(Status.CANARY_REVIEW), B.modified_at <= canary_since))


def _of(columns: tuple[sa.ColumnElement[Any], ...], tenant: int, batch: int) -> "sa.Select[Any]":
    own = columns[0].table.c
    return sa.select(*columns).where(own.tenant == tenant, own.batch == batch)


class _Ask(msgspec.Struct, frozen=True):
    """The text of a statement, the names of its parameters in the order in which the driver takes them, and the values
    of those that never change."""

    text: str
    names: tuple[str, ...]
    constants: dict[str, Any]

    def parameters(self, values: dict[str, Any]) -> tuple[Any, ...]:
        known = self.constants | values
        return tuple(known[name] for name in self.names)


@lru_cache(maxsize=4)
def _seen(dialect: sa.Dialect) -> _Ask:
    bound: Any = sa.bindparam
    of_batch = (V.tenant == bound("tenant"), V.batch == bound("batch"))
    statement = sa.select(V.index, V.effect, V.number, V.version).where(
        *of_batch, V.index >= bound("first"), V.index < bound("stop")
    )
    compiled: Any = statement.compile(dialect=dialect)
    return _Ask(str(compiled), tuple(compiled.positiontup), {})


@lru_cache(maxsize=64)
def _recorded(dialect: sa.Dialect, is_failed: bool | None, codes: int) -> _Ask:
    """Rows are many and hardly looked at: the driver's own cost a third of those of SQLAlchemy."""
    bound: Any = sa.bindparam
    statement = sa.select(O.index, O.error, O.unchanged, O.object, O.at).where(
        O.tenant == bound("tenant"), O.batch == bound("batch"), O.index >= bound("first"), O.index < bound("below")
    )
    if is_failed is not None:
        statement = statement.where(O.error.is_not(None) if is_failed else O.error.is_(None))
    if codes:
        statement = statement.where(sa.or_(*(O.code == bound(f"code_{place}") for place in range(codes))))
    compiled: Any = statement.order_by(O.index).limit(bound("most")).compile(dialect=dialect)
    return _Ask(str(compiled), tuple(compiled.positiontup), dict(compiled.params))


def _chunks(tenant: int, batch: str) -> "sa.Select[Any]":
    return sa.select(*CHUNK).where(C.tenant == tenant, C.batch == batch)


def _preview(row: Any) -> Preview:
    index, effect, *rest = row
    return Preview(index, Effect(effect), *rest)


def _least(column: Column) -> Value:
    """The value that replaces null in an order: the engines sort null differently."""
    return "" if column in ("uid", "method", "type", "field", "status") else -1


def _column(column: Column) -> sa.ColumnElement[Any]:
    """A column, or a sum of two; null where its first is."""
    if column in SUMS:
        return SUMS[column]
    known: sa.ColumnElement[Any] = B[column]
    return known


def _key(sort: BatchSort) -> sa.ColumnElement[Any]:
    known = _column(sort.column)
    if sort.ranks:
        return sa.case(dict(sort.ranks), value=known)
    if sort.column == "review":
        return sa.case((known.is_(sa.true()), 1), else_=0)
    is_nullable = sort.column in SUMS or tables.batch.c[sort.column].nullable
    return sa.func.coalesce(known, _least(sort.column)) if is_nullable else known


def _order(sort: BatchSort, *, backwards: bool = False) -> list[sa.ColumnElement[Any]]:
    keys = [] if sort.column == "number" else [(_key(sort), sort.descending)]
    keys.append((B.number, sort.descending if sort.column == "number" else True))
    return [key.desc() if descending is not backwards else key.asc() for key, descending in keys]


def _beyond(sort: BatchSort, edge: Batch, *, backwards: bool = False) -> sa.ColumnElement[bool]:
    """What follows a batch in this order, or comes ahead of it."""
    number_falls = (sort.descending if sort.column == "number" else True) is not backwards
    further = B.number < edge.number if number_falls else B.number > edge.number
    if sort.column == "number":
        return further
    key, value = _key(sort), sort.value(edge)
    value = int(value) if isinstance(value, bool) else value
    past = key < value if sort.descending is not backwards else key > value
    return sa.or_(past, sa.and_(key == value, further))


def _condition(wanted: Condition) -> sa.ColumnElement[bool]:
    column, values = _column(wanted.column), wanted.values
    if wanted.operator == "in":
        return _one_of(column, values)
    [value] = values
    if wanted.operator == "eq":
        return _equal(column, value)
    if wanted.operator == "ne":
        return column.is_not(None) if value is None else sa.or_(column.is_(None), column != value)
    if value is None:
        return sa.false()
    match wanted.operator:
        case "gt":
            return column > value
        case "ge":
            return column >= value
        case "lt":
            return column < value
        case _:
            return column <= value


def _one_of(column: sa.ColumnElement[Any], values: tuple[Value, ...]) -> sa.ColumnElement[bool]:
    """A list of any length is one expression: SQLite takes no more than 1,000 in a row."""
    words = {value for value in values if value is None or isinstance(value, bool)}
    plain = {value for value in values if value is not None and not isinstance(value, bool)}
    return sa.or_(column.in_(list(plain)), *(_equal(column, word) for word in words))


def _equal(column: sa.ColumnElement[Any], value: Value) -> sa.ColumnElement[bool]:
    if value is None:
        return column.is_(None)
    return column.is_(sa.true() if value else sa.false()) if isinstance(value, bool) else column == value
