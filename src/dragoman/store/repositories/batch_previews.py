"""The rows of previews."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from dragoman.domain.bulk import Batch, Effect, Preview
from dragoman.domain.clock import later
from dragoman.store import tables
from dragoman.store.engine import bulk_writes as bulk
from dragoman.store.engine import driver
from dragoman.store.engine.key_lists import each_value
from dragoman.store.repositories.batch_rows import Ask, ask, of_batch
from dragoman.store.unit.mappings import MAPPINGS
from dragoman.store.unit.overlay import MustBeExclusive, Overlay

V = tables.batch_preview.c
H = tables.history.c
PREVIEW = tuple(tables.batch_preview.c[name] for name in Preview.__struct_fields__)
AT_ONCE = 500
FEW = 5_000
"""So many rows, or changes, are all looked at."""
LONGEST_SECONDS = 600.0
"""A change that was committed behind a moment was noted at most so long before it."""
EFFECTS = {str(effect): effect for effect in Effect}


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
        statement = of_batch(PREVIEW, self._tenant, batch).where(*wanted).order_by(V.index).limit(limit)
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
        page = of_batch(PREVIEW, self._tenant, batch).where(*wanted).order_by(V.index).limit(limit).subquery("page")
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
        statement = of_batch((V.index,), self._tenant, batch).where(*wanted).order_by(V.index).offset(offset).limit(1)
        row = self._execute(statement).first()
        return None if row is None else int(row[0])

    def _within(self, batch: int, wanted: "list[sa.ColumnElement[bool]]", limit: int, max_bytes: int) -> list[int]:
        size = sa.func.coalesce(sa.func.length(V.before), 0) + sa.func.coalesce(sa.func.length(V.after), 0)
        statement = of_batch((V.index, size), self._tenant, batch).where(*wanted).order_by(V.index).limit(limit)
        indexes: list[int] = []
        for index, length in self._execute(statement):
            max_bytes -= 2 * int(length)  # shown before and after
            if max_bytes < 0 and indexes:
                break
            indexes.append(int(index))
        return indexes

    def seen(self, batch: int, *, first: int, stop: int) -> dict[int, Seen]:
        """What the rows of these indexes say, without their images."""
        seen = _seen(self._connection.dialect)
        values = {"tenant": self._tenant, "batch": batch, "first": first, "stop": stop}
        rows = driver.fetch(self._connection, seen.text, seen.parameters(values))
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
                rows = self._execute(of_batch(PREVIEW, self._tenant, batch).where(V.index.in_(indexes)))
                found.update({row.number: row for row in map(_preview, rows) if row.number is not None})
        return found

    def touched(self, batch: int, *, limit: int) -> list[int]:
        """The numbers of objects that rows change, those of the last rows first."""
        last = sa.func.max(sa.func.abs(V.index))
        statement = of_batch((V.number,), self._tenant, batch).where(
            V.number.is_not(None), V.effect == str(Effect.WILL_CHANGE)
        )
        statement = statement.group_by(V.number).order_by(last.desc()).limit(limit)
        return [int(row[0]) for row in self._execute(statement)]

    def versions(self, batch: int, number: int) -> list[str]:
        """The versions that the rows of one object name."""
        statement = of_batch((V.version,), self._tenant, batch).where(V.number == number, V.version.is_not(None))
        return [str(row[0]) for row in self._execute(statement)]

    def moved(self, batch: Batch, entity: str, *, limit: int) -> int:
        """How many rows name an object that is at another version by now, or gone; so many at most.

        The rows are compared with their objects, or only those whose objects have changed since the batch was made,
        where these are few.
        """
        among_all = self._others(tables.batch_preview, batch, entity, limit)
        if (batch.total or 0) <= FEW:
            return int(self._execute(sa.select(among_all)).scalar_one())
        mine = (H.tenant == self._tenant, H.at >= later(batch.created_at, seconds=-LONGEST_SECONDS))
        some = sa.select(H.revision).where(*mine).limit(FEW + 1).subquery()
        are_few = sa.select(sa.func.count()).select_from(some).scalar_subquery() <= FEW
        changed = sa.select(H.number).where(*mine, H.entity == entity).distinct().subquery("changed")
        named = changed.join(tables.batch_preview, V.number == changed.c.number)
        either = sa.case((are_few, self._others(named, batch, entity, limit)), else_=among_all)
        return int(self._execute(sa.select(either)).scalar_one())

    def _others(self, named: sa.FromClause, batch: Batch, entity: str, limit: int) -> sa.ScalarSelect[int]:
        """How many of these rows of a batch name an object at another version."""
        table = MAPPINGS[entity].table
        joined = sa.and_(table.c.tenant == V.tenant, table.c.number == V.number)
        others = sa.or_(table.c.number.is_(None), sa.cast(table.c.revision, sa.Text()) != V.version)
        rows = sa.select(V.index).select_from(named.outerjoin(table, joined))
        mine = rows.where(V.tenant == self._tenant, V.batch == batch.number)
        found = mine.where(V.index >= 0, V.version.is_not(None), others).limit(limit).subquery()
        return sa.select(sa.func.count()).select_from(found).scalar_subquery()

    def has_any(self, batch: int) -> bool:
        """Whether there are rows at all."""
        return self._execute(of_batch((V.index,), self._tenant, batch).limit(1)).first() is not None

    def has_beside(self, batch: int) -> bool:
        """Whether there are rows that are of no entry."""
        statement = of_batch((V.index,), self._tenant, batch).where(V.index < 0).limit(1)
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


@lru_cache(maxsize=4)
def _seen(dialect: sa.Dialect) -> Ask:
    bound: Any = sa.bindparam
    mine = (V.tenant == bound("tenant"), V.batch == bound("batch"))
    statement = sa.select(V.index, V.effect, V.number, V.version).where(
        *mine, V.index >= bound("first"), V.index < bound("stop")
    )
    return ask(dialect, statement)


def _preview(row: Any) -> Preview:
    index, effect, *rest = row
    return Preview(index, Effect(effect), *rest)
