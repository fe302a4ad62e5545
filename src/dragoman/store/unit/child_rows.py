"""Child rows of entities: extensions and work items, loaded with one statement for all entities that have any."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.domain.extension import Extension
from dragoman.domain.work_item import Role, WorkItem
from dragoman.store import tables
from dragoman.store.engine import driver
from dragoman.store.engine.key_lists import among, as_parameter, driver_text
from dragoman.store.unit.mappings import Mapping

ROLES = {str(role): role for role in Role}


def with_child_rows(
    connection: sa.Connection, tenant: int, mapping: Mapping, entities: list[Any], *, extensions: bool = True
) -> list[Any]:
    """The entities with their extensions, unless they are left out, and work items. No query if all counts are zero."""
    if extensions and "extensions" in mapping.child_tables:
        entities = with_extensions(connection, tenant, mapping, entities)
    if "work_items" in mapping.child_tables:
        entities = _with_work_items(connection, tenant, entities)
    return entities


def extension_bytes(connection: sa.Connection, tenant: int, mapping: Mapping, owners: Sequence[int]) -> dict[int, int]:
    """How many bytes the extensions of each owner have, without reading them."""
    found = _rows(connection, _extension_bytes_of(connection.dialect, mapping.name), tenant, owners)
    return {owner: int(size) for owner, size in found}


def with_extensions(connection: sa.Connection, tenant: int, mapping: Mapping, entities: list[Any]) -> list[Any]:
    """The entities with their extensions."""
    owners = [entity.number for entity in entities if entity.extension_count]
    if not owners:
        return entities
    found: dict[int, dict[str, Extension]] = {}
    text = _extensions_of(connection.dialect, mapping.name)
    for owner, folded, name, value in _rows(connection, text, tenant, owners):
        found.setdefault(owner, {})[folded] = Extension(name, value)
    return [
        replace(entity, extensions=found[entity.number]) if entity.number in found else entity for entity in entities
    ]


def _with_work_items(connection: sa.Connection, tenant: int, entities: list[Any]) -> list[Any]:
    owners = [entity.number for entity in entities if entity.work_item_count]
    if not owners:
        return entities
    found: dict[int, list[WorkItem]] = {}
    for task, role, holder in _rows(connection, _work_items_of(connection.dialect), tenant, owners):
        found.setdefault(task, []).append(WorkItem(ROLES[role], holder))
    return [
        replace(entity, work_items=tuple(found[entity.number])) if entity.number in found else entity
        for entity in entities
    ]


def _rows(connection: sa.Connection, text: str, tenant: int, owners: Sequence[int]) -> Sequence[Any]:
    return driver.fetch(connection, text, (tenant, as_parameter(connection.dialect, owners)))


@lru_cache(maxsize=16)
def _extensions_of(dialect: sa.Dialect, owner_kind: str) -> str:
    table = tables.extension
    statement = (
        sa.select(table.c.owner, table.c.folded, table.c.name, table.c.value)
        .where(
            table.c.tenant == sa.bindparam("tenant"),
            among(dialect, table.c.owner),
            table.c.owner_kind == sa.literal_column(f"'{owner_kind}'"),
            table.c.removed_at.is_(None),
        )
        .order_by(table.c.owner, table.c.folded)
    )
    return driver_text(dialect, statement)


@lru_cache(maxsize=16)
def _extension_bytes_of(dialect: sa.Dialect, owner_kind: str) -> str:
    table = tables.extension
    statement = (
        sa.select(table.c.owner, sa.func.sum(sa.func.octet_length(table.c.value)))
        .where(
            table.c.tenant == sa.bindparam("tenant"),
            among(dialect, table.c.owner),
            table.c.owner_kind == sa.literal_column(f"'{owner_kind}'"),
            table.c.removed_at.is_(None),
        )
        .group_by(table.c.owner)
    )
    return driver_text(dialect, statement)


@lru_cache(maxsize=4)
def _work_items_of(dialect: sa.Dialect) -> str:
    table = tables.work_item
    statement = (
        sa.select(table.c.task, table.c.role, table.c.holder)
        .where(table.c.tenant == sa.bindparam("tenant"), among(dialect, table.c.task))
        .order_by(table.c.task, table.c.role, table.c.holder)
    )
    return driver_text(dialect, statement)
