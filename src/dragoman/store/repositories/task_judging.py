"""Tasks by their numbers, each held against a filter, in one statement whatever the filter says."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy.dialects import postgresql

from dragoman.domain.clock import FOREVER, Moment
from dragoman.store import tables
from dragoman.store.engine import driver
from dragoman.store.engine.key_lists import as_parameter
from dragoman.store.repositories.task_filters import TaskFilter, conditions
from dragoman.store.repositories.task_pages import REMEMBERED, Ask
from dragoman.store.unit.mappings import MAPPINGS

T = tables.task.c
BRIEF = ("number", "revision")


def judged(
    connection: sa.Connection,
    tenant: int,
    numbers: Sequence[int],
    shown: TaskFilter,
    wanted: TaskFilter,
    now: Moment,
    *,
    is_brief: bool = False,
) -> list[Any]:
    """Rows of those of these tasks that `shown` matches, and behind the columns of each, 1 if `wanted` does, else 0.

    The columns are those of the task's mapping; `is_brief`: number and revision.
    """
    ask = _statement(connection.dialect, tenant, shown, wanted, is_brief=is_brief)
    known = ask.values | {"keys": as_parameter(connection.dialect, numbers), "now": now, "known_until": FOREVER}
    return driver.fetch(connection, ask.text, tuple(known[name] for name in ask.names))


@lru_cache(REMEMBERED)
def _statement(dialect: sa.Dialect, tenant: int, shown: TaskFilter, wanted: TaskFilter, *, is_brief: bool) -> Ask:
    columns = [T[name] for name in (BRIEF if is_brief else MAPPINGS["task"].fields)]
    ways = [sa.and_(sa.true(), *conditions(tenant, one)) for one in _alternatives(wanted)]
    is_wanted = sa.case((sa.or_(*ways), sa.literal_column("1")), else_=sa.literal_column("0")).label("is_wanted")
    found = sa.select(*columns, is_wanted).where(
        *_named(dialect, tenant), T.removed_at.is_(None), *conditions(tenant, shown)
    )
    compiled: Any = found.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    values = {name: str(value) if isinstance(value, str) else value for name, value in compiled.params.items()}
    return Ask(str(compiled), tuple(compiled.positiontup), values)


def _named(dialect: sa.Dialect, tenant: int) -> tuple[sa.ColumnElement[bool], ...]:
    """As `key_lists` has them, with values that the compiler may see: of filters it writes out lists."""
    keys = sa.bindparam("keys", "", sa.Text())
    if dialect.name != "postgresql":
        return T.tenant == tenant, T.number.in_(sa.select(sa.func.json_each(keys).table_valued("value").c.value))
    number = sa.func.unnest(sa.cast(keys, postgresql.ARRAY(sa.BigInteger())), type_=sa.BigInteger())
    named = sa.select(sa.literal(tenant, sa.BigInteger()).label("tenant"), number.label("key")).subquery("named")
    return T.tenant == named.c.tenant, T.number == named.c.key


def _alternatives(wanted: TaskFilter) -> list[TaskFilter]:
    """The tasks that no due timer changes, as stored; and those that one changes, as it leaves them."""
    if wanted.timers != "both":
        return [wanted]
    return [replace(wanted, timers="apart"), replace(wanted, timers="alone")]
