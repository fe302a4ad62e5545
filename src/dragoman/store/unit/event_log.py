"""The event log as a transaction writes it: behind everything else, with sequences drawn last.

The sequence comes from the tenant's row `counter('event')`. Its lock is the last of a transaction and lasts one commit,
so that sequences are dense and in the order of commits, whatever the number of lanes and nodes.
"""

from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import astuple
from sqlalchemy.dialects import postgresql, sqlite

from dragoman.domain.event import Event
from dragoman.store import tables
from dragoman.store.engine import driver
from dragoman.store.engine.bulk_writes import given
from dragoman.store.engine.key_lists import driver_text

COUNTER = "event"
"""The counter whose value is the last sequence."""
ROW = msgspec.defstruct("EventRow", list(map(str, tables.event.columns.keys())))


def write(connection: sa.Connection, tenant: int, events: list[Event]) -> None:
    """Add these to the tenant's log, in this order, behind all that is there. Nothing may be locked after it."""
    if not events:
        return
    dialect, more = connection.dialect, len(events)
    if dialect.name == "postgresql":
        rows = [ROW(tenant, place, *astuple(each)) for place, each in enumerate(events, 1 - more)]
        driver.execute(connection, _appended(dialect), (tenant, more, msgspec.json.encode(rows).decode()))
        return
    (last,) = driver.fetch(connection, _drawn(dialect), (tenant, more))[0]
    values = [(tenant, place, *astuple(each)) for place, each in enumerate(events, last + 1 - more)]
    driver.execute_many(connection, _inserted(dialect), values)


def _draw(insert: Any) -> Any:
    """Raise the counter by `more`, make it where there is none, and give its value."""
    counter = tables.counter
    numbers = (sa.cast(sa.bindparam(name), sa.BigInteger()) for name in ("tenant", "more"))
    tenant, more = numbers
    first: Any = sa.select(tenant, sa.literal_column(f"'{COUNTER}'"), more, sa.literal_column("1")).where(sa.true())
    drawn = insert(counter).from_select(("tenant", "name", "value", "row_version"), first)
    risen = {"value": counter.c.value + drawn.excluded.value}
    key = (counter.c.tenant, counter.c.name)
    return drawn.on_conflict_do_update(index_elements=key, set_=risen).returning(counter.c.value)


@lru_cache(maxsize=4)
def _drawn(dialect: sa.Dialect) -> str:
    return driver_text(dialect, _draw(sqlite.insert), ("tenant", "more"))


@lru_cache(maxsize=4)
def _inserted(dialect: sa.Dialect) -> str:
    return driver_text(dialect, sa.insert(tables.event), tuple(tables.event.columns.keys()))


@lru_cache(maxsize=4)
def _appended(dialect: sa.Dialect) -> str:
    """One statement for both: in a pipeline nothing can be read, and the lock is to last as short as can be."""
    drawn = _draw(postgresql.insert).cte("drawn")
    names = tables.event.columns.keys()
    rows = given({name: tables.event.c[name] for name in names})
    columns = [drawn.c.value + rows.c.sequence if name == "sequence" else rows.c[name] for name in names]
    placed = sa.insert(tables.event).from_select(names, sa.select(*columns).select_from(rows.join(drawn, sa.true())))
    return driver_text(dialect, placed, ("tenant", "more", "rows"))
