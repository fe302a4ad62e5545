"""Loading the rows of a group: one statement a table; child rows only where the count is not zero."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from dragoman.command import Key, Keys, Lock
from dragoman.domain.clock import Moment
from dragoman.store import tables
from dragoman.store.engine import driver
from dragoman.store.engine.engines import Engine
from dragoman.store.engine.key_lists import among, as_parameter, driver_text, each_of
from dragoman.store.unit.as_of import NEVER, Overdue, TimersDue, in_live_case
from dragoman.store.unit.child_rows import with_child_rows
from dragoman.store.unit.mappings import MAPPINGS, Mapping
from dragoman.store.unit.overlay import Group, OutOfOrder, RowKey

POINTERS = {
    "case": "case",
    "entity": "case",
    "stage": "stage",
    "contact": "contact",
    "category": "category",
    "template": "template",
}
"""Fields of a task that reference entities later in the lock order."""

RANKS = {name: rank for rank, name in enumerate(MAPPINGS)}
"""The place of each table in the lock order."""

PARTS = "parts"
"""In `Keys.owners`: whether the tasks have subtasks, which are deleted with them."""

ALTERNATIVES = 200
"""Composite keys in one statement. SQLite allows at most 1,000 terms."""


class Loader:
    """Fills a group from one connection.

    Rows are locked table by table in the order of MAPPINGS, and in a table by number or key, so that two transactions
    never wait for each other. With `in_order` a load that would break the order raises OutOfOrder instead.
    """

    def __init__(
        self, engine: Engine, connection: sa.Connection, group: Group, *, writes: bool, in_order: bool = False
    ) -> None:
        self.engine = engine
        self.connection = connection
        self.group = group
        self._writes = writes
        self._in_order = in_order and engine.is_postgresql
        self._last_locked: tuple[int, Any] | None = None  # rank of the table, key of the row
        self.is_marked = False  # the transaction was seen to be under way before `now` was read

    @property
    def writes(self) -> bool:
        """Whether rows are locked."""
        return self._writes and not self.group.is_trial

    @property
    def in_order(self) -> bool:
        """Whether rows must be locked in order."""
        return self._in_order and not self.group.is_trial

    def load(self, keys: Keys) -> None:
        """Load all named rows in lock order: by table, then by key."""
        new = keys.wanted if not self.group.locks else self._not_loaded(keys.wanted)
        if self.in_order:
            self._must_be_in_order(new)
        wanted: dict[str, dict[Key, Lock]] = {}
        for (name, key), lock in new.items():
            wanted.setdefault(name, {})[key] = lock
        for name, mapping in MAPPINGS.items():
            if name in wanted:
                self._load_locked(mapping, wanted[name])
            if name == "task" and PARTS in keys.owners:
                self._find_parts()
            if name == "task" and keys.owners:
                for owner, key, lock in self._owners(keys.owners):
                    known = wanted.setdefault(owner, {})
                    known[key] = max(lock, known.get(key, Lock.NONE))

    def _not_loaded(self, wanted: dict[RowKey, Lock]) -> dict[RowKey, Lock]:
        """What is not loaded yet, or not with this lock."""
        locks, numbers = self.group.locks, self.group.numbers
        return {
            row: lock
            for row, lock in wanted.items()
            if locks.get(row if row not in numbers else (row[0], numbers[row] or 0), -1) < lock
        }

    def _must_be_in_order(self, wanted: dict[RowKey, Lock]) -> None:
        if self._last_locked is None:
            return
        places = [self._place(row) for row, lock in wanted.items() if lock is not Lock.NONE]
        if places and min(places) < self._last_locked:
            raise OutOfOrder(self._all_locked(wanted))

    def _all_locked(self, wanted: dict[RowKey, Lock]) -> Keys:
        known = Keys()
        for row, lock in (*self.group.locks.items(), *wanted.items()):
            if lock is not Lock.NONE:
                known.also(row[0], [row[1]], lock)
        return known

    def _place(self, row: tuple[str, Key]) -> tuple[int, Any]:
        """The place of a row in the lock order."""
        name, key = row
        if isinstance(key, str) and MAPPINGS[name].key == ("number",):
            key = self.group.numbers.get((name, key)) or 0
        return RANKS[name], key

    def _owners(self, fields: dict[str, Lock]) -> Iterable[tuple[str, Key, Lock]]:
        """What the tasks point to. The inbox is left out: it holds most tasks, and decides nothing about them."""
        home = self.group.home if "case" in fields else None
        inbox = None if home is None else home.inbox_case
        for (name, _), task in list(self.group.current.items()):
            if name != "task" or task is None:
                continue
            for field, lock in fields.items():
                key = getattr(task, field) if field != PARTS else None
                if key is not None and not (field == "case" and lock is Lock.NONE and key == inbox):
                    yield POINTERS[field], key, lock

    def _find_parts(self) -> None:
        numbers = [task.number for (name, _), task in self.group.current.items() if name == "task" and task is not None]
        if not numbers:
            return
        text = _wholes(self.connection.dialect)
        rows = driver.fetch(self.connection, text, (self.group.tenant, as_parameter(self.connection.dialect, numbers)))
        self.group.without_parts.update(set(numbers) - {int(row[0]) for row in rows})

    def _load_locked(self, mapping: Mapping, wanted: dict[Key, Lock]) -> None:
        locked = [key for key, asked in wanted.items() if asked is not Lock.NONE]
        if locked:  # in one statement with the strongest lock: two would lock rows in two orders
            self._load(mapping, locked, max(wanted.values()))
        rest = [key for key, asked in wanted.items() if asked is Lock.NONE]
        if rest:
            self._load(mapping, rest, Lock.NONE)

    def _load(self, mapping: Mapping, keys: Sequence[Key], lock: Lock) -> None:
        found: dict[Key, Any] = {}
        if mapping.key == ("number",):
            numbers = sorted({key for key in keys if isinstance(key, int)})
            uids = sorted({key for key in keys if isinstance(key, str)})
            if numbers and uids and lock is not Lock.NONE and self.engine.is_postgresql and self.writes:
                numbers = sorted({*numbers, *self._numbers(mapping, uids)})
                rows = self._rows(mapping, "number", numbers, lock)
                found |= {e.number: e for e in rows} | {e.uid: e for e in rows}
            else:
                if numbers:
                    found |= {e.number: e for e in self._rows(mapping, "number", numbers, lock)}
                if uids:
                    found |= {e.uid: e for e in self._rows(mapping, "uid", uids, lock)}
        elif len(mapping.key) == 1:
            column = mapping.key[0]
            found = {getattr(e, column): e for e in self._rows(mapping, column, sorted(keys), lock)}
        else:
            wanted = sorted(keys)
            for start in range(0, len(wanted), ALTERNATIVES):
                rows = self._rows_by_tuple(mapping, wanted[start : start + ALTERNATIVES], lock)
                found |= {mapping.key_of(e): e for e in rows}
        if mapping.key == ("number",):
            self.group.know_numbered(mapping, keys, found, lock)
        else:
            for key in keys:
                self.group.know(mapping, key, found.get(key), lock)
        if self.in_order and lock is not Lock.NONE:
            self._note_locked(mapping, keys, found, lock)

    def _note_locked(self, mapping: Mapping, keys: Sequence[Key], found: dict[Key, Any], lock: Lock) -> None:
        """Remember the last locked row. OutOfOrder if a row that was read before is no longer what it was."""
        places = [self._place((mapping.name, key)) for key in keys]
        self._last_locked = max(places if self._last_locked is None else [self._last_locked, *places])
        for key, entity in found.items():
            if entity is None or not hasattr(entity, "row_version"):
                continue
            known = self.group.loaded.get((mapping.name, mapping.key_of(entity)))
            if known is not None and known.row_version != entity.row_version:
                raise OutOfOrder(self._all_locked({(mapping.name, key): lock}))

    def _numbers(self, mapping: Mapping, uids: Sequence[str]) -> list[int]:
        """The numbers of rows by uid, without a lock."""
        text = _select_numbers(self.connection.dialect, mapping.name)
        rows = driver.fetch(self.connection, text, (self.group.tenant, as_parameter(self.connection.dialect, uids)))
        return [row[0] for row in rows]

    def _rows(self, mapping: Mapping, column: str, values: Sequence[Any], lock: Lock) -> list[Any]:
        text = _select_by(self.connection.dialect, mapping.name, column, lock if self.writes else Lock.NONE)
        keys = as_parameter(self.connection.dialect, values)
        group = self.group
        parameters: tuple[Any, ...] = (group.tenant, keys)
        if mapping.name == "task":
            parameters += (NEVER if group.as_stored else group.now,)
        rows = driver.fetch(self.connection, text, parameters)
        if group.clock is not None and lock is not Lock.NONE:
            group.now = group.clock.now()  # after the wait for locks: changes of a row are in the order of commits
            self.is_marked = True
        entities = with_child_rows(self.connection, group.tenant, mapping, [mapping.decode(row) for row in rows])
        if entities and mapping.name in TIMED and not group.as_stored:
            return as_of(self.connection, group, mapping.name, entities)
        return entities

    def _rows_by_tuple(self, mapping: Mapping, keys: Sequence[Any], lock: Lock) -> list[Any]:
        # Grouped by what comes before the last column: a term a key would be too deep for SQLite's parser.
        table = mapping.table
        groups: dict[tuple[Any, ...], list[Any]] = {}
        for key in keys:
            groups.setdefault(key[:-1], []).append(key[-1:])
        conditions = []
        for head, tails in groups.items():
            same = [table.c[name] == value for name, value in zip(mapping.key, head, strict=False)]
            if mapping.key:
                same.append(table.c[mapping.key[-1]].in_([tail[0] for tail in tails]))
            conditions.append(sa.and_(sa.true(), *same))
        statement = sa.select(*mapping.columns).where(table.c.tenant == self.group.tenant, sa.or_(*conditions))
        statement = self.engine.locked(statement.order_by(*(table.c[name] for name in mapping.key)), lock)
        return [mapping.decode(row) for row in self.connection.execute(statement)]


def recorded_at(connection: sa.Connection, tenant: int, entity: str, number: int, revision: int) -> Moment | None:
    """The moment of a revision, or None if it is not recorded."""
    h = tables.history.c
    row = (h.tenant == tenant, h.entity == entity, h.number == number, h.revision == revision)
    return connection.execute(sa.select(h.at).where(*row)).scalar()


TIMED = frozenset({"task", "case"})
"""What timers change."""


def as_of(connection: sa.Connection, group: Group, entity: str, entities: list[Any]) -> list[Any]:
    """The entities as due timers leave them. TimersDue where the group writes and they could fire first."""
    overdue = Overdue(connection, group.tenant, group.now)
    seen: list[Any] = overdue.tasks(entities) if entity == "task" else overdue.cases(entities)
    if overdue.numbers and group.fires_timers and not overdue.numbers <= group.tried:
        raise TimersDue(entity, frozenset(overdue.numbers))
    return seen


@lru_cache(maxsize=4)
def _wholes(dialect: sa.Dialect) -> str:
    """The driver's text that selects which of a list of tasks have parts."""
    task = tables.task.c
    found = sa.select(task.parent).where(task.tenant == sa.bindparam("tenant"), among(dialect, task.parent))
    return driver_text(dialect, found.distinct())


@lru_cache(maxsize=16)
def _select_numbers(dialect: sa.Dialect, name: str) -> str:
    table = MAPPINGS[name].table
    found = (table.c.tenant == sa.bindparam("tenant"), among(dialect, table.c.uid))
    return driver_text(dialect, sa.select(table.c.number).where(*found))


@lru_cache(maxsize=256)
def _select_by(dialect: sa.Dialect, name: str, column: str, lock: Lock) -> str:
    """The driver's text that selects an entity's rows by a list of keys."""
    mapping = MAPPINGS[name]
    table = mapping.table
    is_locked = dialect.name == "postgresql" and lock is not Lock.NONE
    named = (table.c.tenant == sa.bindparam("tenant"), among(dialect, table.c[column]))
    statement = (
        sa.select(*mapping.columns)
        .where(*(each_of(table, column) if is_locked else named))
        .order_by(table.c.number if column == "uid" and "number" in table.c else table.c[column])
    )
    if "removed_at" in table.c:
        statement = statement.where(table.c.removed_at.is_(None))
    if name == "task":
        statement = statement.where(in_live_case(table, sa.bindparam("now", type_=sa.BigInteger())))
    if is_locked:
        statement = statement.with_for_update(read=lock is Lock.SHARED, of=table)
    return driver_text(dialect, statement, ("tenant", "keys", "now") if name == "task" else ("tenant", "keys"))
