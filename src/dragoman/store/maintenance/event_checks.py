"""Verifying the event log: each row of history that is younger than the log has its event, each event its row, and the
sequences are dense up to the counter.

Rows in the order of their moments and events in that of their sequences are read side by side, in pages: the two orders
are nearly the same, so that few of either wait for their counterpart. Rows are read to their end first, since a row's
event is committed with it. What was pruned meanwhile is no fault.
"""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa

from dragoman.store import tables
from dragoman.store.maintenance.faults import Broken
from dragoman.store.unit.event_log import COUNTER

PAGE = 10_000
H = tables.history.c
E = tables.event.c

Begin = Callable[[], AbstractContextManager[sa.Connection]]
Key = tuple[str, int, int]
"""Entity, number, revision."""
OF_EVENT = (E.entity, E.number, E.revision)
OF_ROW = (H.entity, H.number, H.revision)


class EventWalk:
    """The walk over the log of one tenant. `count` is how many events were checked."""

    def __init__(self, begin: Begin, tenant: int) -> None:
        self.count = 0
        self._begin = begin
        self._tenant = tenant
        self._began_at = 0
        self._last = 0  # sequence
        self._position: tuple[Any, ...] | None = None  # moment and key of the last row
        self._rows: dict[Key, int] = {}  # that wait for their event, with their moments
        self._events: dict[Key, int] = {}  # that wait for their row, with their sequences

    def run(self) -> None:
        """Broken at the first fault. Nothing is asked of a tenant without a log."""
        began_at = self._beginning()
        if began_at is None:
            return
        self._began_at = began_at
        rows_left = events_left = True
        while rows_left:
            if events_left and len(self._rows) > len(self._events):
                events_left = self._read_events()
            else:
                rows_left = self._read_rows()
        counter = self._counter()
        while self._read_events():
            pass
        self._check_end(counter)
        self._check_unmatched()

    def _beginning(self) -> int | None:
        setting = tables.setting.c
        named = sa.and_(setting.tenant == self._tenant, setting.name == "log_from")
        with self._begin() as connection:
            value = connection.execute(sa.select(setting.value).where(named)).scalar()
        return None if value is None else int(json.loads(value))

    def _counter(self) -> int:
        counter = tables.counter.c
        named = sa.and_(counter.tenant == self._tenant, counter.name == COUNTER)
        with self._begin() as connection:
            return int(connection.execute(sa.select(counter.value).where(named)).scalar() or 0)

    def _read_rows(self) -> bool:
        """Read a page of rows. Whether there may be more."""
        order = (H.at, *OF_ROW)
        younger = sa.select(*order).where(H.tenant == self._tenant, H.at >= self._began_at)
        if self._position is not None:
            younger = younger.where(H.at >= self._position[0], sa.tuple_(*order) > self._position)
        with self._begin() as connection:
            rows = connection.execute(younger.order_by(*order).limit(PAGE)).all()
        for at, *key in rows:
            if self._events.pop(tuple(key), None) is None:
                self._rows[tuple(key)] = at
        if rows:
            self._position = tuple(rows[-1])
        return len(rows) == PAGE

    def _read_events(self) -> bool:
        """Read a page of events, with their rows. Whether there may be more."""
        with self._begin() as connection:
            events = connection.execute(_page(self._tenant, self._last)).all()
        for sequence, at, is_there, fits, *key in events:
            self._check(sequence, is_there=is_there, fits=bool(fits), key=key)
            if key[2] is not None and at >= self._began_at and self._rows.pop(tuple(key), None) is None:
                self._events[tuple(key)] = sequence
        self.count += len(events)
        return len(events) == PAGE

    def _check(self, sequence: int, *, is_there: bool, fits: bool, key: list[Any]) -> None:
        if self._last and sequence != self._last + 1:
            raise Broken(f"tenant {self._tenant}, event {self._last + 1}: it is missing")
        self._last = sequence
        entity, number, revision = key
        if revision is not None and not is_there:
            raise Broken(f"tenant {self._tenant}, event {sequence}: {_named(entity, number, revision)} is not there")
        if revision is not None and not fits:
            where = f"tenant {self._tenant}, event {sequence}"
            raise Broken(f"{where}: it differs from the history, {_named(entity, number, revision)}")

    def _check_end(self, counter: int) -> None:
        """Compare the end of the log with the counter, as it was before the end was read. All may have been pruned."""
        if self._last and self._last < counter:
            raise Broken(f"tenant {self._tenant}, event {self._last + 1}: it is missing")
        if self._last > self._counter():
            raise Broken(f"tenant {self._tenant}, event {self._last}: it is beyond the counter of the log")

    def _check_unmatched(self) -> None:
        began_at = self._beginning() or 0
        missing = [key for key, at in self._rows.items() if at >= began_at]
        if missing:
            raise Broken(f"tenant {self._tenant}, {_named(*min(missing))}: it has no event")
        if self._events:
            self._check_twice()

    def _check_twice(self) -> None:
        """Events without a counterpart, though their row is there: it was committed behind the reading of its moment,
        or has another event."""
        found: Counter[Key] = Counter()
        after: int | None = 0
        while after is not None:
            keys = sa.select(E.sequence, *OF_EVENT).where(E.tenant == self._tenant, E.sequence > after)
            with self._begin() as connection:
                events = connection.execute(keys.order_by(E.sequence).limit(PAGE)).all()
            for sequence, *key in events:
                found[tuple(key)] += tuple(key) in self._events
                if found[tuple(key)] > 1:
                    raise Broken(f"tenant {self._tenant}, event {sequence}: {_named(*key)} has two events")
            after = events[-1][0] if events else None


def _page(tenant: int, after: int) -> sa.Select[Any]:
    own = sa.and_(H.tenant == E.tenant, H.entity == E.entity, H.number == E.number, H.revision == E.revision)
    same = sa.and_(
        H.at == E.at, H.dialect == E.dialect, H.operation == E.operation, H.actor.is_not_distinct_from(E.actor)
    )
    joined = tables.event.outerjoin(tables.history, own)
    columns = (E.sequence, E.at, H.tenant.is_not(None), same, *OF_EVENT)
    found = sa.select(*columns).select_from(joined).where(E.tenant == tenant, E.sequence > after)
    return found.order_by(E.sequence).limit(PAGE)


def _named(entity: str, number: int, revision: int) -> str:
    return f"{entity} {number}, revision {revision}"
