"""The differences between SQLite and PostgreSQL: opening, beginning, locking, classifying errors."""

import importlib.util
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators

from dragoman.command import Lock
from dragoman.domain.clock import uptime
from dragoman.store.engine import driver
from dragoman.store.engine.sqlite import check, sqlite
from dragoman.store.engine.stable_plans import Connection

PATIENCE_SECONDS = 5.0  # for one statement, for a connection, for another process that writes (`token create`)
IDLE_SECONDS = 5.0  # how long a transaction may hold its locks without a statement, at least
LOCK_SECONDS = 0.25  # how long a lane that has other works to do waits for a row
IDLE_TOO_LONG = "25P03"
WAL_LIMIT_PAGES = 16_384  # 64 MiB of 4 KiB pages: the lane checkpoints when idle, and here at the latest
READER_CACHE_KIB = 16_384  # of each reader; what it lacks the system has, which keeps the file in memory anyway
STEPS_BETWEEN_CHECKS = 1_000_000  # of SQLite's machine, about ten milliseconds
PLANS_BY_INDEX = {
    "plan_cache_mode": "force_generic_plan",
    **{f"enable_{way}": "off" for way in ("seqscan", "hashjoin", "mergejoin", "material")},
    "max_parallel_workers_per_gather": "0",
}
BY_INDEX = tuple(f"SET {name} = {value}" for name, value in PLANS_BY_INDEX.items())
"""For connections whose statements find their rows by a key or an index: one plan serves all values. By itself
PostgreSQL plans a list again for each execution, for ever, which takes as long as running it, since it hopes for more
of a plan for these values; and a planner that doesn't know the values, or has no statistics, reads whole tables, or has
workers started, which takes longer than the statement, to look whether a timer is due."""
GO_BY_INDEX = "SELECT " + ", ".join(f"set_config('{name}', '{value}', true)" for name, value in PLANS_BY_INDEX.items())


class Trouble(Enum):
    """What a database error means for the transaction that met it."""

    RETRY = "retry"  # serialization, deadlock, busy: the same again may succeed
    BLOCKED = "blocked"  # another transaction held a row for too long
    SLOW = "slow"  # a statement took too long
    CLASH = "clash"  # a constraint or a value that the database refuses
    FULL = "full"  # no room on the disk
    LOST = "lost"  # the connection is gone, or its server can do nothing


class Engine:
    """One database. `writer()` and `reader()` open connections; the rest covers differences in SQL.

    `patience_seconds` is how long one statement, a connection or the wait for other writers may take.
    """

    def __init__(self, url: str, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.url: URL = make_url(url)
        self._patience = patience_seconds
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.is_postgresql = self.url.get_backend_name() == "postgresql"
        if not (self.is_sqlite or self.is_postgresql):
            raise ValueError(f"{self.url.get_backend_name()} is not a supported database: sqlite or postgresql")
        self.shows_writers = True
        """Whether transactions under way can be seen: not on all databases that speak PostgreSQL's protocol."""
        self._engine = self._open_sqlite() if self.is_sqlite else self._open_postgresql()

    def _open_sqlite(self) -> sa.Engine:
        check()
        engine = sa.create_engine(
            self.url,
            module=sqlite,
            poolclass=sa.NullPool,
            hide_parameters=True,  # an error must not quote what was to be stored
            connect_args={"check_same_thread": False, "factory": Connection},
        )
        sa.event.listen(engine, "do_connect", _create_private)
        sa.event.listen(engine, "connect", partial(_prepare_sqlite, patience_seconds=self._patience))
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _open_postgresql(self) -> sa.Engine:
        url = self.url if "+" in self.url.drivername else self.url.set(drivername="postgresql+psycopg")
        milliseconds = int(self._patience * 1_000)
        # Compiling a plan costs more than any of our statements takes.
        options = f"-c jit=off -c statement_timeout={milliseconds} -c lock_timeout={milliseconds * 9 // 10}"
        # A process that is stopped in a transaction (SIGSTOP, a paused virtual machine) must not keep its locks.
        options += f" -c idle_in_transaction_session_timeout={int(max(self._patience, IDLE_SECONDS) * 1_000)}"
        given = url.query.get("options", "")
        usual = {"options": f"{given} {options}".strip()}
        if "connect_timeout" not in url.query:
            usual["connect_timeout"] = str(max(2, round(self._patience)))
        if importlib.util.find_spec("psycopg") is None:
            raise ValueError("PostgreSQL needs the extra: pip install 'dragoman[postgres]'")
        engine = sa.create_engine(
            url.update_query_dict(usual),
            poolclass=sa.NullPool,
            hide_parameters=True,
            isolation_level="READ COMMITTED",
            paramstyle="format",  # positional, as `bulk_writes` passes parameters
        )
        sa.event.listen(engine, "do_connect", partial(_connect_postgresql, patience_seconds=self._patience))
        sa.event.listen(engine, "first_connect", self._identify)
        return engine

    def _identify(self, connection: Any, _record: Any) -> None:
        [(version,)] = connection.execute("SELECT version()").fetchall()
        connection.rollback()
        self.shows_writers = is_postgresql_itself(version)

    @property
    def raw(self) -> sa.Engine:
        """SQLAlchemy's engine, for migrations."""
        return self._engine

    def writer(self) -> sa.Connection:
        """A connection for changes. On SQLite it begins IMMEDIATE."""
        return self._engine.connect()

    def reader(self) -> sa.Connection:
        """A connection that changes nothing and sees one moment for as long as a transaction lasts."""
        if self.is_postgresql:
            return self._engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        connection = self._engine.connect().execution_options(dragoman_reads=True)
        raw: Any = connection.connection.dbapi_connection
        raw.set_progress_handler(ReadTimer(connection.info, self._patience), STEPS_BETWEEN_CHECKS)
        for pragma in ("query_only=ON", f"cache_size=-{READER_CACHE_KIB}"):
            connection.connection.dbapi_connection.execute(f"PRAGMA {pragma}")  # type: ignore[union-attr]
        return connection

    def quick_reader(self) -> sa.Connection:
        """The same for statements that find their rows by a key or an index."""
        connection = self.reader()
        if self.is_postgresql:
            self._set(connection, *BY_INDEX)
        return connection

    def lane_writer(self) -> sa.Connection:
        """A lane's connection. On SQLite it is the only one that checkpoints."""
        connection = self.writer()
        if self.is_sqlite:
            connection.connection.dbapi_connection.execute(  # type: ignore[union-attr]
                f"PRAGMA wal_autocheckpoint={WAL_LIMIT_PAGES}"
            )
        return connection

    def start_reading(self, connection: sa.Connection) -> None:
        """Start the time that the statements of this reader may take from now; PostgreSQL limits each by itself."""
        timer = connection.info.get(ReadTimer.KEY)
        if timer is not None:
            timer.start()

    def impatient_writer(self) -> sa.Connection:
        """The connection of a lane that tries works again later whose rows are held."""
        connection = self.lane_writer()
        if self.is_postgresql:
            lock_timeout = f"SET lock_timeout = {int(min(LOCK_SECONDS, self._patience) * 1_000)}"
            self._set(connection, *BY_INDEX, lock_timeout)
        return connection

    @staticmethod
    def forget_plans(connection: sa.Connection) -> None:
        """Let PostgreSQL plan the statements of this connection again, for tables as large as they are now.

        It does so by itself only once it has analyzed a table: plans made while a new table is small read all tasks of
        a tenant to find one.
        """
        driver.execute(connection, "DISCARD PLANS", ())

    @staticmethod
    def go_by_index(connection: sa.Connection) -> None:
        """Let PostgreSQL plan the statements of this transaction as those of `quick_reader`."""
        driver.execute(connection, GO_BY_INDEX, ())

    @staticmethod
    def _set(connection: sa.Connection, *statements: str) -> None:
        raw: Any = connection.connection.dbapi_connection
        try:
            raw.autocommit = True  # the setting lasts, also when a transaction is rolled back
            for statement in statements:
                raw.execute(statement)
            raw.autocommit = False
        except Exception as error:  # house: ok, because only the driver's own errors are converted
            driver.raise_converted(connection, "", error)

    def unhurried(self, connection: sa.Connection) -> sa.Connection:
        """The same connection without limits of time, for what reads or writes a whole database."""
        if self.is_postgresql:
            raw: Any = connection.connection.dbapi_connection
            raw.patience_seconds = None
            self._set(connection, "SET statement_timeout = 0", "SET idle_in_transaction_session_timeout = 0")
        return connection

    def locked(self, statement: sa.Select[Any], lock: Lock) -> sa.Select[Any]:
        """The statement, holding its rows until the commit where the engine can."""
        if self.is_sqlite or lock is Lock.NONE:
            return statement
        return statement.with_for_update(read=lock is Lock.SHARED)

    def checkpoint(self, connection: sa.Connection) -> None:
        """Move the write-ahead log into the database file, for an idle lane. Without room for it the log stays."""
        if not self.is_sqlite:
            return
        try:
            connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(PASSIVE)")  # type: ignore[union-attr]
        except sqlite.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_FULL":
                raise

    def trouble(self, error: sa.exc.DBAPIError) -> Trouble:
        """What this error means."""
        if self.is_sqlite:
            return _sqlite_trouble(error)
        return _postgresql_trouble(error)

    def ended_before(self, error: sa.exc.DBAPIError) -> bool:
        """Whether the database ended the connection, and with it the transaction, before this statement."""
        return self.is_postgresql and getattr(error.orig, "sqlstate", None) == IDLE_TOO_LONG

    def dispose(self) -> None:
        """Close what is pooled."""
        self._engine.dispose()


class ReadTimer:
    """Ends a statement of a SQLite reader that takes too long (SQLITE_INTERRUPT). `start` restarts its time."""

    KEY = "dragoman_read_timer"

    def __init__(self, info: dict[Any, Any], seconds: float) -> None:
        self._seconds = seconds
        self._ends_at = float("inf")
        info[self.KEY] = self

    def start(self) -> None:
        self._ends_at = uptime() + self._seconds

    def __call__(self) -> bool:
        return uptime() > self._ends_at


class json_flag(sa.sql.functions.FunctionElement[bool]):  # noqa: N801 - reads as the SQL function that it stands for
    """The value of JSON text at a path if it is true or false, else null."""

    type = sa.Boolean()
    inherit_cache = True

    def __init__(self, text: sa.ColumnElement[Any], path: Sequence[str]) -> None:
        super().__init__(text, *(sa.literal_column(f"'{word}'") for word in path))


class json_word(json_flag):  # noqa: N801 - reads as the SQL function that it stands for
    """The value of JSON text at a path if it is text, else null."""

    type = sa.Text()  # type: ignore[assignment]  # the flag's type is another
    inherit_cache = True


@compiles(json_word, "postgresql")
def _json_word_of_postgresql(element: json_word, compiler: Any, **options: Any) -> str:
    text, *steps, last = (compiler.process(part, **options) for part in element.clauses)
    return f"({' -> '.join((f'({text})::json', *steps))} ->> {last})"


@compiles(json_word, "sqlite")
@compiles(json_flag, "sqlite")
def _json_flag_of_sqlite(element: json_flag, compiler: Any, **options: Any) -> str:
    text, *steps, last = (compiler.process(part, **options) for part in element.clauses)
    return f"({' -> '.join((text, *steps))} ->> {last})"


@compiles(json_flag, "postgresql")
def _json_flag_of_postgresql(element: json_flag, compiler: Any, **options: Any) -> str:
    text, *steps, last = (compiler.process(part, **options) for part in element.clauses)
    return f"(({' -> '.join((f'{text}::json', *steps))} ->> {last}) = 'true')"


class json_pairs(sa.sql.functions.FunctionElement[Any]):  # noqa: N801 - reads as the SQL function that it stands for
    """The members of an object in JSON text as rows of `key` and `value`; the values are text."""

    inherit_cache = True


@compiles(json_pairs, "sqlite")
def _json_pairs_of_sqlite(element: json_pairs, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(json_pairs, "postgresql")
def _json_pairs_of_postgresql(element: json_pairs, compiler: Any, **options: Any) -> str:
    return f"json_each_text({compiler.process(element.clauses, **options)}::json)"


class formula(sa.sql.functions.FunctionElement[bool]):  # noqa: N801 - reads as an expression of SQL
    """Conditions put together by a text in which `{0}` is the first of them.

    The compiler of SQL calls itself for each part of a part, so expressions of clients, as deep as these may be, would
    exceed Python's stack; and it drops brackets that bound how deep an engine finds the whole.
    """

    type = sa.Boolean()
    inherit_cache = False

    def __init__(self, text: str, parts: Sequence[sa.ColumnElement[bool]]) -> None:
        super().__init__(*parts)
        self.text = text


@compiles(formula)
def _formula(element: formula, compiler: Any, **options: Any) -> str:
    return element.text.format(*(f"({compiler.process(part, **options)})" for part in element.clauses))


class by_code(sa.sql.functions.FunctionElement[str]):  # noqa: N801 - reads as the SQL function that it stands for
    """Text of an expression that is compared by the codes of its characters, as that of our columns is."""

    type = sa.Text()
    inherit_cache = True


@compiles(by_code, "sqlite")
def _by_code_of_sqlite(element: by_code, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)})"


@compiles(by_code, "postgresql")
def _by_code_of_postgresql(element: by_code, compiler: Any, **options: Any) -> str:
    return f'(({compiler.process(element.clauses, **options)}) COLLATE "C")'


class few_have(sa.BinaryExpression[bool]):  # noqa: N801 - reads as a condition of SQL
    """An equality that the caller knows to be selective, or whose result the caller limits.

    PostgreSQL's generic plan estimates `column = $1` from the number of distinct values. If one client created every
    task, it expects every row and reads the whole table for a user who created none. For a range with unknown bounds it
    expects 0.5 % of the rows (`DEFAULT_RANGE_INEQ_SEL`) and uses the index, so there the condition is a range from the
    value to itself (decision 0057).
    """

    inherit_cache = True

    def __init__(self, column: sa.ColumnElement[Any], value: Any) -> None:
        bound = value if isinstance(value, sa.ColumnElement) else sa.literal(value, column.type)
        super().__init__(column, bound, operators.eq, type_=sa.Boolean())


@compiles(few_have, "postgresql")
def _few_have_of_postgresql(element: few_have, compiler: Any, **options: Any) -> str:
    column, value = (compiler.process(part, **options) for part in (element.left, element.right))
    return f"({column} >= {value} AND {column} <= {value})"


def is_postgresql_itself(version: str) -> bool:
    """Whether this is the version of PostgreSQL, not of another database that speaks its protocol."""
    return bool(re.match(r"PostgreSQL [\d.]+(?!\S*-YB-)", version))


def _create_private(_dialect: Any, _record: Any, arguments: list[Any], _parameters: dict[str, Any]) -> None:
    """Create a database file that only its owner can read; SQLite gives its log and index the same mode."""
    path = str(arguments[0])
    if path and path != ":memory:" and not path.startswith("file:"):
        with suppress(OSError):  # SQLite itself reports what is wrong with the path
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _prepare_sqlite(connection: Any, _record: Any, *, patience_seconds: float) -> None:
    connection.isolation_level = None  # transactions begin explicitly
    for pragma in (
        f"busy_timeout={int(patience_seconds * 1_000)}",
        "journal_mode=WAL",
        "synchronous=FULL",  # an answer leaves after the flush; no setting turns this off
        "cache_size=-65536",
        "wal_autocheckpoint=0",
        "case_sensitive_like=ON",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _connect_postgresql(
    _dialect: Any, _record: Any, arguments: list[Any], parameters: dict[str, Any], *, patience_seconds: float
) -> Any:
    from dragoman.store.engine.postgresql import Connection  # the driver is an extra

    return Connection.open(*arguments, patience_seconds=patience_seconds, **parameters)


def _begin_sqlite(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get("dragoman_reads")
    driver.execute(connection, "BEGIN" if reads else "BEGIN IMMEDIATE", ())


def _sqlite_trouble(error: sa.exc.DBAPIError) -> Trouble:
    name = getattr(error.orig, "sqlite_errorname", "") or str(error.orig)
    if re.search(r"BUSY|LOCKED|locked", name):
        return Trouble.RETRY
    if name == "SQLITE_INTERRUPT":
        return Trouble.SLOW
    if re.search(r"SQLITE_FULL|disk is full", name):
        return Trouble.FULL
    if re.search(r"IOERR|CORRUPT|NOTADB|CANTOPEN|disk I/O|malformed", name):
        return Trouble.LOST
    return Trouble.CLASH


def _postgresql_trouble(error: sa.exc.DBAPIError) -> Trouble:
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in ("40001", "40P01"):
        return Trouble.RETRY
    if state == "55P03":
        return Trouble.BLOCKED
    if state == "57014":
        return Trouble.SLOW
    if state == IDLE_TOO_LONG:
        return Trouble.LOST
    if state == "53100":
        return Trouble.FULL
    # Without a state the driver speaks for a server that doesn't. 25006: it became a standby. 53: out of memory or
    # connections; 58, XX: its disk or itself is broken.
    if error.connection_invalidated or not state or state == "25006" or state[:2] in ("08", "53", "57", "58", "XX"):
        return Trouble.LOST
    return Trouble.CLASH
