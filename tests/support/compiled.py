"""The SQL of a process, compiled once for all its engines.

Caches of statements hang on SQLAlchemy's dialect, and on the engine. A server has one of each, while tests open a
database each: without this they would compile the same statements again and again.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

REMEMBERED = 2_000
_COMPILED: LRUCache[Any, Any] = LRUCache(REMEMBERED)


def share() -> None:
    """Let dialects be equal that compile alike, and all connections use one cache.

    A test that replaces a constant of a statement that is remembered clears the cache of the function that makes it.
    """
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        methods: Any = dialect
        methods.__eq__, methods.__hash__ = _compiles_alike, _hash_of
    sa.event.listen(sa.Engine, "engine_connect", _use_shared)


def _compiles_alike(one: Any, other: object) -> bool:
    return one is other or (type(one) is type(other) and _traits(one) == _traits(other))


def _traits(dialect: Any) -> tuple[Any, ...]:
    """What of a dialect depends on how it was opened, and on the server, once that is known."""
    return dialect.paramstyle, getattr(dialect, "server_version_info", None)


def _hash_of(dialect: Any) -> int:
    return hash(type(dialect))


def _use_shared(connection: sa.Connection) -> None:
    connection.execution_options(compiled_cache=_COMPILED)
