"""What decides who may see tasks, contacts, cases and stages: read in sets, without their texts.

The entities it gives have no other fields than those that rights depend on. What is marked for deletion is left out,
and timers that are due are not looked at.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.domain.case import Case, Stage
from dragoman.domain.contact import Contact
from dragoman.domain.task import Task
from dragoman.store.engine import driver
from dragoman.store.engine.key_lists import among, as_parameter, driver_text, each_of
from dragoman.store.repositories.history import History
from dragoman.store.unit.child_rows import with_child_rows
from dragoman.store.unit.mappings import MAPPINGS
from dragoman.store.unit.overlay import MustBeExclusive, Overlay

DECIDING: dict[str, tuple[str, ...]] = {
    "task": (
        *("kind", "state", "assignee", "creator", "starter", "contact", "case", "entity"),
        *("work_item_count", "removed_at"),
    ),
    "contact": ("kind", "is_private", "shared_with", "creator", "removed_at"),
    "case": ("kind", "is_private", "creator", "assignee", "removed_at"),
    "stage": ("case", "removed_at"),
}
"""The fields that are read."""
TOMBSTONES = 50
"""How many are read at a time: each is a whole entity."""


class Sight:
    """For readers and exclusive commands of one tenant."""

    def __init__(self, overlay: Overlay) -> None:
        self._group = overlay.group
        self._history = History(overlay)

    def present(self, entity: str, numbers: Iterable[int]) -> dict[int, Any]:
        """Those of the entities that exist, by number."""
        wanted = sorted(set(numbers))
        if not wanted:
            return {}
        connection = self._connection
        values = (self._group.tenant, as_parameter(connection.dialect, wanted))
        rows = driver.fetch(connection, _of(connection.dialect, entity), values)
        found = [each for each in map(_decoders[entity], rows) if each.removed_at is None]
        found = with_child_rows(connection, self._group.tenant, MAPPINGS[entity], found, extensions=False)
        return {each.number: each for each in found}

    def past(self, entity: str, numbers: Iterable[int]) -> dict[int, Any]:
        """Those that were deleted, as they were."""
        wanted = sorted(set(numbers))
        found: dict[int, Any] = {}
        for start in range(0, len(wanted), TOMBSTONES):
            some = self._history.tombstones(entity, wanted[start : start + TOMBSTONES])
            found |= {number: _bare(entity, each.snapshot) for number, each in some.items()}
        return found

    @property
    def _connection(self) -> sa.Connection:
        if self._group.connection is None:
            raise MustBeExclusive
        connection: sa.Connection = self._group.connection
        return connection


@lru_cache(maxsize=16)
def _of(dialect: sa.Dialect, entity: str) -> str:
    table = MAPPINGS[entity].table
    columns = [table.c[name] for name in ("number", *DECIDING[entity])]
    if dialect.name == "postgresql":
        return driver_text(dialect, sa.select(*columns).where(*each_of(table, "number")))
    mine = table.c.tenant == sa.bindparam("tenant")
    return driver_text(dialect, sa.select(*columns).where(mine, among(dialect, table.c.number)))


def _decoder(entity: str) -> Any:
    mapping = MAPPINGS[entity]
    names = ("number", *DECIDING[entity])
    codecs = {name: mapping.codecs[name].decode for name in names if name in mapping.codecs}
    flags = [name for name in names if isinstance(mapping.table.c[name].type, sa.Boolean)]

    def decode(row: Sequence[Any]) -> Any:
        values = dict(zip(names, row, strict=True))
        for name, read in codecs.items():
            values[name] = read(values[name])
        for name in flags:
            values[name] = bool(values[name])
        return mapping.type(tenant=0, uid="", **values)

    return decode


_decoders = {entity: _decoder(entity) for entity in DECIDING}


def _bare(entity: str, snapshot: Task | Contact | Case | Stage) -> Any:
    """The entity without what is long, since many are held at once."""
    if isinstance(snapshot, Task):
        return replace(snapshot, description=None, extensions={}, extras={}, properties={}, timing={})
    return replace(snapshot, extensions={}, extras={})
