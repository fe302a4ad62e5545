"""What a search looks at where no index helps: properties, values of extensions, and which batch changed a task."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from dragoman.store import tables
from dragoman.store.engine import driver
from dragoman.store.engine.key_lists import among, as_parameter, each_of

T = tables.task.c
E = tables.extension.c
H = tables.history.c


class Facts(NamedTuple):
    """Of one task. `properties` and `extensions` are JSON text; an extension that it doesn't have is None. `batches`
    are those of the asked ones that changed it."""

    number: int
    properties: str
    batches: frozenset[int]
    extensions: tuple[str | None, ...]


def facts_of(
    connection: sa.Connection, tenant: int, numbers: Sequence[int], names: Sequence[str], batches: Sequence[int]
) -> list[Facts]:
    """The facts of these tasks by one statement, in the order of the numbers. `names` are folded."""
    text, parameters = _statement(connection.dialect, len(names), len(batches))
    values: dict[str, object] = {
        "tenant": tenant,
        "keys": as_parameter(connection.dialect, list(numbers)),
        **{f"batch_{place}": batch for place, batch in enumerate(batches)},
        **{f"name_{place}": name for place, name in enumerate(names)},
    }
    found: dict[int, Facts] = {}
    for number, properties, *rest in driver.fetch(connection, text, tuple(values[name] for name in parameters)):
        flags, extensions = rest[: len(batches)], rest[len(batches) :]
        changed_by = frozenset(batch for batch, flag in zip(batches, flags, strict=True) if flag)
        found[number] = Facts(number, properties, changed_by, tuple(extensions))
    return [found[number] for number in numbers if number in found]


@lru_cache(maxsize=64)
def _statement(dialect: sa.Dialect, names: int, batches: int) -> tuple[str, tuple[str, ...]]:
    of_task: sa.ColumnElement[str] = sa.literal_column("'task'")
    columns: list[sa.ColumnElement[Any]] = [T.number, T.properties]
    for place in range(batches):
        changed = sa.exists().where(H.tenant == T.tenant, H.entity == of_task, H.number == T.number)
        by_batch = changed.where(H.cause == sa.bindparam(f"batch_{place}", None, sa.BigInteger()))
        columns.append(sa.case((by_batch, sa.literal_column("1")), else_=sa.literal_column("0")).label(f"is_{place}"))
    for place in range(names):
        owned = (E.tenant == T.tenant, E.owner_kind == of_task, E.owner == T.number)
        value = sa.select(E.value).where(*owned, E.folded == sa.bindparam(f"name_{place}", None, sa.Text()))
        columns.append(value.where(E.removed_at.is_(None)).scalar_subquery().label(f"value_{place}"))
    mine: tuple[sa.ColumnElement[bool], ...] = (T.tenant == sa.bindparam("tenant"), among(dialect, T.number))
    if dialect.name == "postgresql":
        mine = each_of(tables.task, "number")
    compiled: Any = sa.select(*columns).where(*mine).compile(dialect=dialect)
    return str(compiled), tuple(compiled.positiontup)
