"""Writing the changes of a group in sets: one statement for each table and kind of change.

Each UPDATE and DELETE has the `row_version` that was read in its condition. The driver reports only the total number
of rows, so a mismatch means that some row changed meanwhile; the whole group runs again.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import msgspec
import sqlalchemy as sa

from dragoman.domain import json_numbers
from dragoman.domain.contact_values import have_same_sources, values_of
from dragoman.store import tables
from dragoman.store.engine import bulk_writes as bulk
from dragoman.store.engine import driver, words
from dragoman.store.unit.mappings import MAPPINGS, Mapping
from dragoman.store.unit.overlay import Group, HistoryRow, RowKey


class Changed(Exception):
    """Another transaction changed a row between reading and writing."""


Change = tuple[Any, Any]  # entity as loaded (None: new), entity as it shall be (None: removed)

PLACE = attrgetter("entity", "number", "revision")
"""Of rows of history: in the order of their key, so that pages of an index are filled one after the other."""
COUNTS = {"extensions": "extension_count", "work_items": "work_item_count"}
"""The count column of each child table."""


def flush(connection: sa.Connection, group: Group) -> list[RowKey]:
    """Write all changes of the group and return their keys. Raises Changed if a row is not as it was read.

    A transaction that continues calls `Group.settle` afterwards. The events are written with the commit.
    """
    written: list[RowKey] = []
    changes: dict[str, list[Change]] = {}
    for ref, entity in group.current.items():
        before = group.loaded.get(ref)
        if entity is not before:
            changes.setdefault(ref[0], []).append((before, entity))
            written.append(ref)
    counts = Counts()
    try:
        with driver.pipeline(connection):
            for name, mapping in MAPPINGS.items():
                if name in changes:
                    _flush_mapping(connection, mapping, changes[name], group, counts)
            bulk.insert_structs(connection, tables.history, sorted(group.history, key=PLACE))
            bulk.delete(connection, tables.tombstone, ("tenant", "entity", "number"), _gone(group))
            bulk.insert(connection, tables.tombstone, [_tombstone(before, row) for before, row in group.removed])
    except sa.exc.DBAPIError:
        counts.check(known=True)  # an insert may have failed only because a row changed
        raise
    counts.check()
    return written


class Counts:
    """The number of rows that each UPDATE and DELETE of a flush should touch, checked when all were sent."""

    def __init__(self) -> None:
        self._expected: list[tuple[Callable[[], int], int]] = []

    def expect(self, count: Callable[[], int], wanted: int) -> None:
        self._expected.append((count, wanted))

    def check(self, *, known: bool = False) -> None:
        """Raise Changed unless all were touched; with `known` only statements that were executed are looked at."""
        for count, wanted in self._expected:
            found = count()
            if found != wanted and not (known and found < 0):
                raise Changed(f"{found} of {wanted} rows were unchanged since they were read")


def _flush_mapping(
    connection: sa.Connection, mapping: Mapping, changes: list[Change], group: Group, counts: Counts
) -> None:
    if mapping.child_tables:
        changes = [(before, _counted(mapping, after)) for before, after in changes]
    added = [after for before, after in changes if before is None and after is not None]
    changed = [(before, after) for before, after in changes if before is not None and after is not None]
    removed = [before for before, after in changes if before is not None and after is None]
    if removed:
        counts.expect(_delete(connection, mapping, removed), len(removed))
    if changed:
        counts.expect(_update(connection, mapping, changed, _differing(mapping, changed, group)), len(changed))
    if added:
        bulk.insert(connection, mapping.table, [mapping.encode(entity, mapping.fields) for entity in added])
    if mapping.child_tables:
        _flush_extensions(connection, mapping, changes)
    if "work_items" in mapping.child_tables:
        _flush_work_items(connection, changes)
    if mapping.has_words:
        _flush_words(connection, changes)
    if mapping.name == "contact":
        _flush_contact_values(connection, changes)


def _counted(mapping: Mapping, entity: Any) -> Any:
    """The entity with the counts of its child rows."""
    if entity is None:
        return entity
    if entity.extension_count != len(entity.extensions):
        entity = msgspec.structs.replace(entity, extension_count=len(entity.extensions))
    if "work_items" in mapping.child_tables and entity.work_item_count != len(entity.work_items):
        entity = msgspec.structs.replace(entity, work_item_count=len(entity.work_items))
    return entity


def _differing(mapping: Mapping, changed: list[Change], group: Group) -> set[str]:
    """The fields that differ in any of the rows."""
    differing: set[str] = set()
    for before, after in changed:
        known = group.changed.get((mapping.name, mapping.key_of(after)))
        differing.update(mapping.differing(before, after) if known is None else known)
    return differing | {COUNTS[name] for name in differing & COUNTS.keys()}


def _update(
    connection: sa.Connection, mapping: Mapping, changed: list[Change], differing: set[str]
) -> Callable[[], int]:
    columns = tuple(name for name in mapping.fields if name in differing and name != "row_version")
    new, old = mapping.values(columns), mapping.version
    rows = [(*new(after), before.row_version + 1, *old(before)) for before, after in changed]
    return bulk.update(connection, mapping.table, (*columns, "row_version"), rows)


def _delete(connection: sa.Connection, mapping: Mapping, removed: list[Any]) -> Callable[[], int]:
    names = bulk.versioned(mapping.table)
    rows = [_old(dict(zip(names, mapping.version(before), strict=True))) for before in removed]
    return bulk.delete(connection, mapping.table, names, rows)


def _flush_extensions(connection: sa.Connection, mapping: Mapping, changes: list[Change]) -> None:
    gone: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for before, after in changes:
        old = before.extensions if before is not None else {}
        present = after.extensions if after is not None else {}
        if old is present:
            continue
        entity = after if after is not None else before
        where = {"tenant": entity.tenant, "owner_kind": mapping.name, "owner": entity.number}
        gone += [_old(where | {"folded": folded}) for folded in old | present if old.get(folded) != present.get(folded)]
        new += [
            where | {"folded": folded, "name": e.name, "value": e.value, "removed_at": None}
            for folded, e in present.items()
            if old.get(folded) != e
        ]
    bulk.delete(connection, tables.extension, ("tenant", "owner_kind", "owner", "folded"), gone)
    bulk.insert(connection, tables.extension, new)


def _flush_work_items(connection: sa.Connection, changes: list[Change]) -> None:
    gone: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for before, after in changes:
        if before is not None and after is not None and before.work_items is after.work_items:
            continue
        old = set(before.work_items) if before is not None else set()
        present = set(after.work_items) if after is not None else set()
        entity = after if after is not None else before
        where = {"tenant": entity.tenant, "task": entity.number}
        gone += [_old(where | {"role": str(item.role), "holder": item.holder}) for item in old - present]
        new += [where | {"role": str(item.role), "holder": item.holder} for item in present - old]
    bulk.delete(connection, tables.work_item, ("tenant", "task", "role", "holder"), gone)
    bulk.insert(connection, tables.work_item, new)


def _flush_words(connection: sa.Connection, changes: list[Change]) -> None:
    gone: list[dict[str, Any]] = []
    new: dict[str, list[int]] = {}
    tenant = 0
    for before, after in changes:
        if before and after and (before.title, before.description) == (after.title, after.description):
            continue
        old = words.of_task(before) if before is not None else set()
        present = words.of_task(after) if after is not None else set()
        entity = after if after is not None else before
        tenant, task = entity.tenant, entity.number
        gone += [{"old_tenant": tenant, "old_word": word, "old_task": task} for word in sorted(old - present)]
        for word in present - old:
            new.setdefault(word, []).append(task)
    bulk.delete(connection, tables.task_word, ("tenant", "word", "task"), gone)
    bulk.insert_listed(connection, tables.task_word, tenant, dict(sorted(new.items())), short=True)


def _flush_contact_values(connection: sa.Connection, changes: list[Change]) -> None:
    gone: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for before, after in changes:
        if before is not None and after is not None and have_same_sources(before, after):
            continue
        old = values_of(before) if before is not None else set()
        present = values_of(after) if after is not None else set()
        entity = after if after is not None else before
        rows = {
            (attribute, value): {
                "tenant": entity.tenant,
                "attribute": attribute,
                "value": value,
                "contact": entity.number,
            }
            for attribute, value in old ^ present
        }
        gone += [_old(row) for row in rows.values()]  # also of the new ones: an older program may have left some
        new += [rows[key] for key in present - old]
    bulk.delete(connection, tables.contact_value, ("tenant", "attribute", "value", "contact"), gone)
    bulk.insert(connection, tables.contact_value, new)


def _old(key: dict[str, Any]) -> dict[str, Any]:
    return {f"old_{name}": value for name, value in key.items()}


def _gone(group: Group) -> list[dict[str, Any]]:
    """The tombstones of what is there again."""
    return [_old({"tenant": group.tenant, "entity": name, "number": number}) for name, number in group.returned]


def _tombstone(before: Any, row: HistoryRow) -> dict[str, Any]:
    return {
        "tenant": row.tenant,
        "entity": row.entity,
        "number": row.number,
        "uid": before.uid,
        "at": row.at,
        "revision": row.revision,
        "head_hash": row.hash,
        "snapshot": json_numbers.encode(before).decode(),
    }
