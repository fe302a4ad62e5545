"""A cache of rows that every reply needs and that rarely change: users, tenants, aliases, groups.

Entries are at most a second old. A change by this process is visible at once, a change by another node within a second.
Decisions that a concurrent change could make wrong name their rows in `Keys` instead.
"""

import threading
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from dragoman.command import Key
from dragoman.domain.clock import Clock
from dragoman.store.unit.mappings import MAPPINGS

FRESH_SECONDS = 1.0
LARGEST = 20_000
AT_ONCE = 1_000


class Directory:
    """A small cache in front of single rows, shared by all threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[tuple[int, str, Key], tuple[float, Any]] = {}
        self._guard = threading.Lock()

    def cached(self, connection: sa.Connection, tenant: int, name: str, key: Key) -> Any:
        """The row, not older than a second, or None."""
        now = self._clock.monotonic()
        ref = (tenant, name, key)
        with self._guard:
            known = self._known.get(ref)
        if known is not None and known[0] > now:
            return known[1]
        entity = self._read(connection, tenant, name, key)
        self._keep({ref: (now + FRESH_SECONDS, entity)})
        return entity

    def remember(self, connection: sa.Connection, tenant: int, name: str, keys: Collection[Key]) -> None:
        """Read those of many rows that aren't known with one statement, for calls of `cached`. Their key is one
        column."""
        now = self._clock.monotonic()
        with self._guard:
            known = self._known
            missing = [key for key in keys if (own := known.get((tenant, name, key))) is None or own[0] <= now]
        if len(missing) < 2:
            return  # `cached` reads it
        mapping = MAPPINGS[name]
        table, [column] = mapping.table.c, mapping.key
        entities: dict[Key, Any] = dict.fromkeys(missing)
        for start in range(0, len(missing), AT_ONCE):
            some = table[column].in_(missing[start : start + AT_ONCE])
            for row in connection.execute(sa.select(*mapping.columns).where(table.tenant == tenant, some)):
                entity = mapping.decode(row)
                entities[mapping.key_of(entity)] = entity
        self._keep({(tenant, name, key): (now + FRESH_SECONDS, each) for key, each in entities.items()})

    def _keep(self, found: dict[tuple[int, str, Key], tuple[float, Any]]) -> None:
        with self._guard:
            if len(self._known) >= LARGEST:
                self._known.clear()
            self._known |= found

    def forget(self, tenant: int, written: list[tuple[str, Key]]) -> None:
        """Drop rows that were just written."""
        with self._guard:
            for name, key in written:
                self._known.pop((tenant, name, key), None)

    @staticmethod
    def _read(connection: sa.Connection, tenant: int, name: str, key: Key) -> Any:
        mapping = MAPPINGS[name]
        table = mapping.table
        values = key if isinstance(key, tuple) else (key,)
        same = [table.c[column] == value for column, value in zip(mapping.key, values, strict=True)]
        row = connection.execute(sa.select(*mapping.columns).where(table.c.tenant == tenant, *same)).first()
        return None if row is None else mapping.decode(row)
