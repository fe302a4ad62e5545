"""Which write transactions are under way, in all processes that use the database.

PostgreSQL: those that hold a lock on a table to lock rows of it, which each takes before it is given its moment; no
other program's transaction counts that locks no rows here. SQLite: the one that holds the file's lock for writing.
"""

import threading

import sqlalchemy as sa

from dragoman.store.engine import driver
from dragoman.store.engine.engines import Engine, Trouble
from dragoman.store.unit.mappings import MAPPINGS

_TABLES = ", ".join(f"""'"{name}"'""" for name in sorted({mapping.table.name for mapping in MAPPINGS.values()}))
_LOOK = f"""
SELECT DISTINCT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND mode = 'RowShareLock' AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND relation IN (SELECT CAST(to_regclass(name) AS oid) FROM unnest(CAST(ARRAY[{_TABLES}] AS text[])) AS name)
"""  # noqa: S608 - our own names
_MARK = 'SELECT 1 FROM "counter" WHERE false FOR SHARE'


def mark(connection: sa.Connection) -> None:
    """Let a transaction that has locked no rows yet be among those under way, on PostgreSQL, before it is given its
    moment."""
    driver.execute(connection, _MARK, ())


class UnderWay:
    """Looks at the transactions under way, for all readers of a process: on SQLite names hold for one connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._probe: sa.Connection | None = None
        self._guard = threading.Lock()

    def look(self, connection: sa.Connection) -> frozenset[str]:
        """A name for each of them. A name that is missing later has ended: what it committed can be read."""
        if self._engine.is_sqlite:
            with self._guard:
                return self._of_sqlite()
        with connection.begin():
            return frozenset(str(name) for (name,) in driver.fetch(connection, _LOOK, ()))

    def _of_sqlite(self) -> frozenset[str]:
        """The writer goes by the number of the last commit: each writer's is another, but for those rolled back."""
        if self._probe is None:
            self._probe = self._engine.writer()
            driver.execute(self._probe, "PRAGMA busy_timeout = 0", ())
        [(version,)] = driver.fetch(self._probe, "PRAGMA data_version", ())
        return frozenset({str(version)} if self._is_writing(self._probe) else ())

    def _is_writing(self, probe: sa.Connection) -> bool:
        try:
            driver.execute(probe, "BEGIN IMMEDIATE", ())
        except sa.exc.DBAPIError as error:
            if self._engine.trouble(error) is not Trouble.RETRY:
                raise
            return True
        driver.execute(probe, "ROLLBACK", ())
        return False

    def close(self) -> None:
        """Give up the connection of its own."""
        if self._probe is not None:
            probe, self._probe = self._probe, None
            probe.close()
