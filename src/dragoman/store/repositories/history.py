"""History in the store: one row a visible change, chained by hashes."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.command import Key
from dragoman.domain import json_numbers
from dragoman.domain.clock import Moment
from dragoman.store import tables
from dragoman.store.engine import driver
from dragoman.store.engine.key_lists import driver_text, each_place
from dragoman.store.unit.mappings import MAPPINGS
from dragoman.store.unit.overlay import HistoryRow, MustBeExclusive, Overlay

H = tables.history.c
S = tables.tombstone.c
COLUMNS = tuple(tables.history.columns)


class Change(NamedTuple):
    """What a row of history tells of a change; `changes` is JSON text."""

    number: int
    revision: int
    at: Moment
    cause: int | None
    request: str | None
    changes: str


Columns = tuple[sa.Column[Any], ...]
CHANGE: Columns = (H.number, H.revision, H.at, H.cause, H.request, H.changes)
AUTHOR: Columns = (H.number, H.revision, H.principal, H.at, H.actor)


class Asked(NamedTuple):
    """A request by its id, and between which moments its changes were written."""

    request: str
    start: Moment
    end: Moment


class Caused(NamedTuple):
    """What a row of history tells of a request's change; `changes` is JSON text."""

    request: str
    entity: str
    number: int
    revision: int
    operation: str
    changes: str


CAUSED = (H.request, H.entity, H.number, H.revision, H.operation, H.changes)


class Tombstone(NamedTuple):
    """What a deleted entity leaves: itself as it was, and the last row of its history."""

    revision: int
    head_hash: str
    snapshot: Any

    def again(self, at: Moment) -> Any:
        """The entity as it comes back: one revision behind its last row."""
        known: dict[str, Any] = {
            "revision": self.revision + 1,
            "head_hash": self.head_hash,
            "row_version": 1,
            "modified_at": at,
            "removed_at": None,
        }
        fields = self.snapshot.__struct_fields__
        return replace(self.snapshot, **{name: value for name, value in known.items() if name in fields})


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

    def newest(self, entity: str, number: int, *, before: int | None, limit: int, longest: int) -> list[HistoryRow]:
        """Rows of one entity below a revision, newest first. The changes of a row that has more than `longest`
        characters of them are left out. For readers and exclusive commands."""
        if self._group.connection is None:
            raise MustBeExclusive
        changes = sa.case((sa.func.length(H.changes) <= longest, H.changes), else_="").label("changes")
        columns = [changes if column is H.changes else column for column in COLUMNS]
        mine = [H.tenant == self._group.tenant, H.entity == entity, H.number == number]
        if before is not None:
            mine.append(H.revision < before)
        statement = sa.select(*columns).where(*mine).order_by(H.revision.desc()).limit(limit)
        return [HistoryRow(*row) for row in self._group.connection.execute(statement)]

    def ended(self, entity: str, moments: Mapping[int, Moment]) -> list[tuple[int, str | None, str]]:
        """For each of these entities that ended at its moment: its number, who ended it, and the dialect. Of several
        changes at one moment it is the last that set the end. For readers and exclusive commands."""
        if self._group.connection is None:
            raise MustBeExclusive
        mine = (H.tenant == self._group.tenant, H.entity == entity, H.number.in_(sorted(moments)))
        columns = (H.number, H.at, H.actor, H.dialect)
        statement = sa.select(*columns).where(*mine, H.at.in_(sorted(set(moments.values()))))
        is_end = sa.case((H.changes.contains('"completed_at"', autoescape=True), 1), else_=0)
        rows = self._group.connection.execute(statement.order_by(H.number, is_end, H.revision))
        return list({row[0]: (row[0], row[2], row[3]) for row in rows if moments[row[0]] == row[1]}.values())

    def is_of(self, dialect: str, entity: str, number: int) -> bool:
        """Whether all changes of an entity came through one dialect. For readers and exclusive commands."""
        if self._group.connection is None:
            raise MustBeExclusive
        mine = (H.tenant == self._group.tenant, H.entity == entity, H.number == number)
        others = sa.select(H.number).where(*mine, H.dialect != dialect).limit(1)
        return self._group.connection.execute(others).first() is None

    def by_others(self, entity: str, number: int, *, after: int, cause: int, limit: int) -> list[str]:
        """The changes behind a revision that another cause than this one made. For readers and exclusive commands."""
        if self._group.connection is None:
            raise MustBeExclusive
        mine = (H.tenant == self._group.tenant, H.entity == entity, H.number == number, H.revision > after)
        others = sa.or_(H.cause.is_(None), H.cause != cause)
        statement = sa.select(H.changes).where(*mine, others).order_by(H.revision).limit(limit)
        return [str(row[0]) for row in self._group.connection.execute(statement)]

    def since(self, entity: str, number: int, *, after: int) -> list[str]:
        """The changes behind a revision, oldest first. For readers and exclusive commands."""
        if self._group.connection is None:
            raise MustBeExclusive
        mine = (H.tenant == self._group.tenant, H.entity == entity, H.number == number, H.revision > after)
        statement = sa.select(H.changes).where(*mine).order_by(H.revision)
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

    def rows(self, entity: str, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Change]:
        """Changes by number and revision. For readers and exclusive commands."""
        return {(row[0], row[1]): Change._make(row) for row in self._at(entity, places, CHANGE)}

    def authors(
        self, entity: str, places: Iterable[tuple[int, int]]
    ) -> dict[tuple[int, int], tuple[str | None, str, Moment]]:
        """User, login and moment of changes by number and revision. For readers and exclusive commands."""
        return {(row[0], row[1]): (row[4], row[2], row[3]) for row in self._at(entity, places, AUTHOR)}

    def _at(self, entity: str, places: Iterable[tuple[int, int]], columns: Columns) -> list[Any]:
        if self._group.connection is None:
            raise MustBeExclusive
        connection, wanted = self._group.connection, sorted(set(places))
        parameters = (self._group.tenant, entity, msgspec.json.encode(wanted).decode())
        return driver.fetch(connection, _rows_at(connection.dialect, columns), parameters) if wanted else []

    def beside(self, cause: int | None, request: str | None, moments: Iterable[Moment]) -> list[tuple[str, int, int]]:
        """Entity, number and revision of all that a batch changed at these moments; or, with no cause, a request; or,
        with neither, whatever else did. For readers and exclusive commands."""
        if self._group.connection is None:
            raise MustBeExclusive
        by = (H.cause == cause,) if cause is not None else (H.cause.is_(None), H.request.is_not_distinct_from(request))
        mine = (H.tenant == self._group.tenant, H.at.in_(sorted(set(moments))), *by)
        statement = sa.select(H.entity, H.number, H.revision).where(*mine)
        return [(str(row[0]), int(row[1]), int(row[2])) for row in self._group.connection.execute(statement)]

    def by_requests(self, asked: Iterable[Asked], *, limit: int) -> list[Caused]:
        """What these requests changed. For readers and exclusive commands."""
        if self._group.connection is None:
            raise MustBeExclusive
        named = [sa.and_(H.at.between(start, end), H.request == name) for name, start, end in asked]
        if not named:
            return []
        statement = sa.select(*CAUSED).where(H.tenant == self._group.tenant, sa.or_(*named))
        statement = statement.order_by(H.at, H.entity, H.number, H.revision).limit(limit)
        return [Caused(*row) for row in self._group.connection.execute(statement)]

    def requests(self, entity: str, number: int, *, since: Moment, limit: int) -> list[str]:
        """The ids of the requests that changed an entity since a moment, newest first. For readers and exclusive
        commands."""
        if self._group.connection is None:
            raise MustBeExclusive
        mine = (H.tenant == self._group.tenant, H.entity == entity, H.number == number)
        statement = sa.select(H.request).where(*mine, H.at >= since, H.request.is_not(None))
        rows = self._group.connection.execute(statement.order_by(H.revision.desc()).limit(limit))
        return [str(row[0]) for row in rows]

    def tombstones(self, entity: str, numbers: Sequence[int]) -> dict[int, Tombstone]:
        """What these left, by number; others are left out. For readers and exclusive commands."""
        if self._group.connection is None:
            raise MustBeExclusive
        decode = json_numbers.decoder(MAPPINGS[entity].type)
        mine = (S.tenant == self._group.tenant, S.entity == entity, S.number.in_(list(numbers)))
        statement = sa.select(S.number, S.revision, S.head_hash, S.snapshot).where(*mine)
        found = self._group.connection.execute(statement).all() if numbers else ()
        return {int(row[0]): Tombstone(row[1], row[2], decode(row[3])) for row in found}


@lru_cache(maxsize=4)
def _rows_at(dialect: sa.Dialect, columns: Columns) -> str:
    """The driver's text that selects columns of rows at a list of places, each by its whole key: a list of numbers
    beside one of revisions would be looked up in all combinations."""
    named = each_place(dialect)
    same = sa.and_(*(column == named.c[column.name] for column in (H.tenant, H.entity, H.number, H.revision)))
    statement = sa.select(*columns).select_from(named.join(tables.history, same))
    return driver_text(dialect, statement, ("tenant", "entity", "places"))
