"""The store on every engine, each also with serialization failures injected at random statements."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import psycopg.errors
import pysqlite3
import pytest
import sqlalchemy as sa

from dragoman.command import Exclusive, Keys
from dragoman.domain.access import Principal, system
from dragoman.domain.clock import FixedClock, Moment
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.store.engine.driver import CURSOR
from dragoman.store.unit.overlay import Stamp
from dragoman.store.unit.transaction import Transactions
from dragoman.store.unit.work import Work
from dragoman.usecases.uow import UnitOfWork
from tests.support.databases import Databases

NOON = Moment(17_900_000_000_000_000)


class Bench:
    """An application with one tenant, driven group by group in the test's own thread."""

    def __init__(self, url: str) -> None:
        self.clock = FixedClock(NOON)
        self.app = Application(load(overrides={"database": url}), self.clock).open()
        self.tenant = self.app.ensure_tenant("main")
        self.principal = system(self.tenant)
        self.writer: Transactions = self.app.store._transactions(writes=True, lane=True)
        self.reader: Transactions = self.app.store._transactions(writes=False, lane=False)

    def work(
        self, run: Callable[[UnitOfWork], Any], keys: Keys | Exclusive, principal: Principal | None = None
    ) -> Work:
        """A command of this tenant."""
        who = principal or self.principal
        stamp = Stamp(who.login, "test", run.__name__)
        return Work(who.tenant, keys, lambda overlay: run(UnitOfWork(overlay, who)), stamp)

    def group(self, *works: Work) -> None:
        """Run these in one group."""
        self.writer.run(list(works))

    def write(
        self, run: Callable[[UnitOfWork], Any], keys: Keys | Exclusive, principal: Principal | None = None
    ) -> Any:
        """Run one command and answer its result."""
        work = self.work(run, keys, principal)
        self.writer.run([work])
        return work.unwrap()

    def read(self, run: Callable[[UnitOfWork], Any], principal: Principal | None = None) -> Any:
        """Read what is committed."""
        work = self.work(run, Keys(), principal)
        self.reader.run([work])
        return work.unwrap()

    def sql(self, text: str, **values: Any) -> list[Any]:
        """Look at a table behind everybody's back."""
        with self.app.store.engine.raw.connect() as connection:
            return list(connection.execute(sa.text(text), values))

    def close(self) -> None:
        self.writer.close()
        self.reader.close()
        self.app.close()


@pytest.fixture(params=["sqlite", "postgresql", "sqlite-40001", "postgresql-40001"])
def bench(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Bench]:
    """An application on an empty database; `…-40001` meets a serialization failure at every eighth statement or so."""
    backend, _, injected = request.param.partition("-")
    with databases.lent(backend) as url:
        bench = Bench(url)
        if injected:
            inject(bench.app.store.engine.raw, random.Random(40001))
        yield bench
        bench.close()


def inject(engine: sa.Engine, chance: random.Random) -> None:
    """Let statements fail as a distributed database lets them: the transaction must be run again."""
    word = busy if engine.dialect.name == "sqlite" else refused

    def fail(statement: str) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")) and chance.random() < 0.12:
            raise word()

    def before(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        try:
            fail(statement)
        except Exception as error:
            raise sa.exc.OperationalError(statement, None, error) from error

    def connected(connection: Any, record: Any) -> None:
        record.info[CURSOR] = Failing(connection.cursor(), fail)

    sa.event.listen(engine, "before_cursor_execute", before)
    sa.event.listen(engine, "connect", connected)


class Failing:
    """A driver's cursor whose statements fail now and then."""

    def __init__(self, cursor: Any, fail: Callable[[str], None]) -> None:
        self._cursor = cursor
        self._fail = fail

    def execute(self, text: str, values: Any) -> Any:
        self._fail(text)
        return self._cursor.execute(text, values)

    def executemany(self, text: str, rows: Any) -> Any:
        self._fail(text)
        return self._cursor.executemany(text, rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def busy() -> Exception:
    """SQLite's word for it."""
    error: Any = pysqlite3.OperationalError("database is locked")
    error.sqlite_errorname = "SQLITE_BUSY"
    told: Exception = error
    return told


def refused() -> Exception:
    """PostgreSQL's word for it: 40001."""
    return psycopg.errors.SerializationFailure("could not serialize access")
