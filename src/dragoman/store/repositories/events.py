"""The event log as it is read: by sequence, joined with history, one statement a page.

SQLite gives a page as lines of JSON, for the reason that `task_pages.fetch` names. Long changes are left out of a page
and read one by one, so that a page stays small whatever history holds.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from dragoman.domain.clock import Moment
from dragoman.domain.event import Event
from dragoman.store import tables
from dragoman.store.engine import driver
from dragoman.store.engine.key_lists import among, as_parameter, driver_text, each_of
from dragoman.store.unit.event_log import COUNTER
from dragoman.store.unit.overlay import MustBeExclusive, Overlay

E = tables.event.c
H = tables.history.c
COLUMNS = ("sequence", *Event.__struct_fields__)
PLAIN: tuple[Any, ...] = tuple(E[name] for name in COLUMNS)
OF_TENANT = E.tenant == sa.bindparam("tenant")
LONG = 4_096
"""Characters of changes; longer ones are not read with a page."""


class LoggedEvent(msgspec.Struct, frozen=True, array_like=True):
    """One event of the log. `changes` are its row's in history: JSON text, None without a row, and None as well where
    they are long: `changes_of` reads those."""

    sequence: int
    uid: str
    type: str
    at: Moment
    entity: str
    number: int | None
    subject: str
    title: str | None
    revision: int | None
    actor: str | None
    actor_login: str
    on_behalf_of: str | None
    dialect: str
    operation: str
    audience: str
    audience_before: str | None
    data: str | None
    changes: str | None = None

    @property
    def id(self) -> str:
        """What its subject is known by: the part behind the slash."""
        return self.subject.partition("/")[2]

    @property
    def is_long(self) -> bool:
        """Whether its changes are still to be read."""
        return self.revision is not None and self.changes is None


class Bounds(NamedTuple):
    """The sequences before the first event that is kept, and of the last one."""

    before: int
    last: int


class EventFilter(msgspec.Struct, frozen=True):
    """Which events are wanted: stored types (None: all), one subject, and whether events are wanted, too, that the
    principal may hear as hidden, of these entities."""

    types: tuple[str, ...] | None = None
    hidden: tuple[str, ...] = ()
    subject: str | None = None
    entity: str | None = None
    number: int | None = None


EVERYTHING = EventFilter()
_decode_lines = msgspec.json.Decoder(LoggedEvent).decode_lines


class Events:
    """The log of one tenant. The flush writes it (`store/unit/event_log.py`); it is only read here, by readers and
    exclusive commands."""

    def __init__(self, overlay: Overlay) -> None:
        self._group = overlay.group

    @property
    def _connection(self) -> sa.Connection:
        if self._group.connection is None:
            raise MustBeExclusive
        connection: sa.Connection = self._group.connection
        return connection

    def bounds(self) -> Bounds:
        """Where the log begins and ends."""
        first, last = driver.fetch(self._connection, _bounds(self._connection.dialect), (self._group.tenant,) * 2)[0]
        return Bounds(last or 0 if first is None else first - 1, last or 0)

    def page(self, after: int, until: int, *, limit: int, wanted: EventFilter = EVERYTHING) -> list[LoggedEvent]:
        """Events behind `after`, up to `until`, oldest first."""
        connection = self._connection
        shape = (wanted.types is not None, bool(wanted.hidden), wanted.subject is not None, wanted.number is not None)
        statement = _page(connection.dialect, limit, *shape)
        values = {
            "tenant": self._group.tenant,
            "after": after,
            "until": until,
            "keys": as_parameter(connection.dialect, wanted.types or ()),
            "hidden": as_parameter(connection.dialect, wanted.hidden),
            "subject": wanted.subject,
            "entity": wanted.entity,
            "number": wanted.number,
        }
        return _events(connection, statement, values)

    def find(self, uid: str) -> LoggedEvent | None:
        """The event of this id, or None."""
        connection = self._connection
        found = _events(connection, _one(connection.dialect), {"tenant": self._group.tenant, "uid": uid})
        return found[0] if found else None

    def of_sequences(self, sequences: Sequence[int]) -> list[LoggedEvent]:
        """Those of these that are kept, in no order, without their changes."""
        connection = self._connection
        values = {"tenant": self._group.tenant, "keys": as_parameter(connection.dialect, sequences)}
        return _events(connection, _several(connection.dialect), values)

    def last_sequences(self, tenants: Sequence[int]) -> list[tuple[int, int]]:
        """Tenant and last sequence of these tenants' logs, those of others among them."""
        connection = self._connection
        keys = as_parameter(connection.dialect, tenants)
        found = driver.fetch(connection, _last_sequences(connection.dialect), (keys,))
        return [(int(tenant), int(last)) for tenant, last in found]

    def changes_of(self, event: LoggedEvent) -> str:
        """The changes of its row in history, whatever their length."""
        values = (self._group.tenant, event.entity, event.number, event.revision)
        found = driver.fetch(self._connection, _changes(self._connection.dialect), values)
        return str(found[0][0]) if found else "{}"


class Statement(NamedTuple):
    """A text for the driver, its parameters in order, and the values that SQLAlchemy itself gave some of them."""

    text: str
    names: tuple[str, ...]
    given: dict[str, Any]


def _events(connection: sa.Connection, statement: Statement, values: dict[str, Any]) -> list[LoggedEvent]:
    known = statement.given | values
    rows = driver.fetch(connection, statement.text, tuple(known[name] for name in statement.names))
    if connection.dialect.name == "sqlite":
        return _decode_lines(rows[0][0] or "")
    return [LoggedEvent(*row) for row in rows]


@lru_cache(maxsize=4)
def _bounds(dialect: sa.Dialect) -> str:
    first = sa.select(sa.func.min(E.sequence)).where(E.tenant == sa.bindparam("tenant")).scalar_subquery()
    name: sa.ColumnElement[str] = sa.literal_column(f"'{COUNTER}'")
    counter = tables.counter.c
    last = sa.select(counter.value).where(counter.tenant == sa.bindparam("tenant"), counter.name == name)
    return driver_text(dialect, sa.select(first, last.scalar_subquery()), ("tenant", "tenant"))


@lru_cache(maxsize=4)
def _last_sequences(dialect: sa.Dialect) -> str:
    counter = tables.counter.c
    name: sa.ColumnElement[str] = sa.literal_column(f"'{COUNTER}'")
    found = sa.select(counter.tenant, counter.value).where(counter.name == name, among(dialect, counter.tenant))
    return driver_text(dialect, found, ("keys",))


@lru_cache(maxsize=256)
def _page(
    dialect: sa.Dialect, limit: int, has_types: bool, has_hidden: bool, has_subject: bool, has_number: bool
) -> Statement:
    conditions = [E.sequence > sa.bindparam("after"), E.sequence <= sa.bindparam("until")]
    if has_types:
        conditions.append(_of_types(dialect, has_hidden=has_hidden))
    if has_subject:
        conditions.append(E.subject == sa.bindparam("subject"))
    if has_number:
        conditions += [E.entity == sa.bindparam("entity"), E.number == sa.bindparam("number")]
    return _selected(dialect, conditions, limit)


def _of_types(dialect: sa.Dialect, *, has_hidden: bool) -> sa.ColumnElement[bool]:
    named = among(dialect, E.type)
    if not has_hidden:
        return named
    altered = sa.and_(E.audience_before.is_not(None), among(dialect, E.entity, "hidden"))
    return sa.or_(named, altered)


@lru_cache(maxsize=4)
def _one(dialect: sa.Dialect) -> Statement:
    return _selected(dialect, [E.uid == sa.bindparam("uid")], 1)


@lru_cache(maxsize=4)
def _several(dialect: sa.Dialect) -> Statement:
    is_sqlite = dialect.name == "sqlite"
    named = (OF_TENANT, among(dialect, E.sequence)) if is_sqlite else each_of(tables.event, "sequence")
    return _laid_out(dialect, sa.select(*PLAIN).where(*named))


def _selected(dialect: sa.Dialect, conditions: list[sa.ColumnElement[bool]], limit: int) -> Statement:
    """Events with their changes, which a scalar sub-select finds by the whole key of history, whatever the planner
    knows of that table."""
    row = [H.tenant == E.tenant, H.entity == E.entity, H.number == E.number, H.revision == E.revision]
    short = sa.case((sa.func.length(H.changes) <= sa.literal_column(str(LONG)), H.changes))
    changes = sa.select(short).where(*row).correlate(tables.event).scalar_subquery()
    found = sa.select(*PLAIN, changes.label("changes")).where(OF_TENANT, *conditions)
    return _laid_out(dialect, found.order_by(E.sequence).limit(sa.literal_column(str(limit))))


def _laid_out(dialect: sa.Dialect, found: "sa.Select[Any]") -> Statement:
    """The statement as the driver takes it, which on SQLite gives lines of JSON, in order."""
    if dialect.name != "sqlite":
        return _compiled(dialect, found)
    columns = list(found.selected_columns)
    page = found.with_only_columns(sa.func.json_array(*columns).label("line"), E.sequence).subquery("page")
    lines = sa.func.group_concat(page.c.line, sa.literal_column("char(10)")).aggregate_order_by(page.c.sequence)
    return _compiled(dialect, sa.select(lines))


def _compiled(dialect: sa.Dialect, statement: "sa.Select[Any]") -> Statement:
    compiled: Any = statement.compile(dialect=dialect)
    return Statement(str(compiled), tuple(compiled.positiontup), dict(compiled.params))


@lru_cache(maxsize=4)
def _changes(dialect: sa.Dialect) -> str:
    names = ("tenant", "entity", "number", "revision")
    return driver_text(dialect, sa.select(H.changes).where(*(H[name] == sa.bindparam(name) for name in names)), names)
