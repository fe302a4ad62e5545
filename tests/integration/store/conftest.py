"""The store on every engine, each also with serialization failures injected at random statements."""

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Self

import psycopg.errors
import pytest
import sqlalchemy as sa

from dragoman.store.engine.driver import CURSOR
from dragoman.store.engine.sqlite import sqlite
from tests.support.databases import Databases
from tests.support.world import OF_THE_TEST, World

WAYS = ("sqlite", "postgresql", "sqlite-40001", "postgresql-40001")


CHANCE = random.Random()


@pytest.fixture(autouse=True)
def chance() -> None:
    """The same failures in each test, whatever ran before it on a shared world."""
    CHANCE.seed(40001)


@pytest.fixture(params=WAYS)
def world(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    """An application on an empty database; `…-40001` meets serialization failures now and then."""
    yield from open_world(request.param, databases)


@pytest.fixture(scope="module", params=WAYS)
def shared_world(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    """The same for all tests of a module."""
    yield from open_world(request.param, databases)


def open_world(way: str, databases: Databases) -> Iterator[World]:
    backend, _, injected = way.partition("-")
    with databases.lent(backend) as url:
        world = World(url)
        if injected:
            CHANCE.seed(40001)
            inject(world.app.store.engine.raw, CHANCE)
        yield world
        world.close()


def inject(engine: sa.Engine, chance: random.Random) -> None:
    """Let statements fail as a distributed database lets them: the transaction must be run again."""
    word = busy if engine.dialect.name == "sqlite" else refused

    def fail(statement: str) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")) and chance.random() < 0.05:
            raise word()

    def before(connection: sa.Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        if connection.get_execution_options().get(OF_THE_TEST):
            return
        try:
            fail(statement)
        except Exception as error:
            raise sa.exc.OperationalError(statement, None, error) from error

    def connected(connection: Any, record: Any) -> None:
        record.info[CURSOR] = Failing(connection.cursor(), fail)
        if isinstance(connection, psycopg.Connection):
            connection.cursor_factory = partial(FailingInPipeline, fail)  # type: ignore[assignment]  # makes cursors

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


class FailingInPipeline(psycopg.Cursor[Any]):
    """The same for those that the store makes in a pipeline."""

    def __init__(self, fail: Callable[[str], None], connection: psycopg.Connection[Any], **options: Any) -> None:
        super().__init__(connection, **options)
        self._fail = fail

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        if self.connection.pgconn.pipeline_status:
            self._fail(query)
        return super().execute(query, params, **options)


def busy() -> Exception:
    """SQLite's word for it."""
    error: Any = sqlite.OperationalError("database is locked")
    error.sqlite_errorname = "SQLITE_BUSY"
    raised: Exception = error
    return raised


def refused() -> Exception:
    """PostgreSQL's word for it: 40001."""
    return psycopg.errors.SerializationFailure("could not serialize access")
