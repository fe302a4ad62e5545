"""What a database's errors come to: run again, refused for lack of room, or a connection that is given up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg.errors
import pytest
import sqlalchemy as sa

from dragoman.command import Keys
from dragoman.domain.errors import Unavailable
from dragoman.store.engine.engines import Engine, Trouble
from dragoman.store.engine.files import Room
from dragoman.store.engine.sqlite import sqlite
from dragoman.store.unit.transaction import Transactions
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.integration.store.conftest import busy, refused
from tests.support.databases import Databases
from tests.support.world import World


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.lent(request.param) as url:
        world = World(url)
        yield world
        world.close()


def make(uow: UnitOfWork) -> int:
    return tasks.add(uow, title="Call the printer").number


def keys() -> Keys:
    return Keys(numbers={"task"})


def fail_commits(world: World, monkeypatch: pytest.MonkeyPatch, *errors: Exception) -> None:
    """Let the database refuse the next commits."""
    waiting = list(errors)
    dialect = world.app.store.engine.raw.dialect
    commit = dialect.do_commit

    def refuse(connection: Any) -> None:
        if waiting:
            raise waiting.pop(0)
        commit(connection)

    monkeypatch.setattr(dialect, "do_commit", refuse)


def full() -> Exception:
    error: Exception = sqlite.OperationalError("database or disk is full")
    error.sqlite_errorname = "SQLITE_FULL"  # type: ignore[attr-defined]
    return error


def test_a_commit_that_is_refused_is_run_again_as_if_nothing_had_been(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = busy() if world.app.store.engine.is_sqlite else refused()
    fail_commits(world, monkeypatch, error, error)
    assert [world.write(make, keys()) for _ in range(3)] == [1, 2, 3]
    assert world.sql("SELECT count(*) FROM task")[0][0] == 3


def test_a_commit_that_finds_no_room_is_told_at_once_and_the_next_one_is_tried(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_commits(world, monkeypatch, full() if world.app.store.engine.is_sqlite else psycopg.errors.DiskFull())
    with pytest.raises(Unavailable) as told:
        world.write(make, keys())
    assert (told.value.code, told.value.retry_after_seconds) == ("storage_full", 5)
    assert world.write(make, keys()) == 1


def test_a_group_that_finds_no_database_is_refused_together(world: World) -> None:
    asked = 0

    def connect() -> sa.Connection:
        nonlocal asked
        asked += 1
        raise sa.exc.OperationalError("connect", None, psycopg.OperationalError("no route to host"))

    store = world.app.store
    away = Transactions(
        store.engine, world.clock, writes=True, connect=connect, directory=store.directory, waiting=store._waiting
    )
    works = [world.work(make, keys()) for _ in range(20)]
    away.run(works)
    assert {work.error.code for work in works if isinstance(work.error, Unavailable)} == {"database_away"}
    assert asked == 1


@pytest.mark.parametrize(
    ("state", "trouble"),
    [
        ("40001", Trouble.RETRY),
        ("40P01", Trouble.RETRY),
        ("55P03", Trouble.BLOCKED),
        ("57014", Trouble.SLOW),
        ("25P03", Trouble.LOST),
        ("53100", Trouble.FULL),
        ("53200", Trouble.LOST),
        ("53300", Trouble.LOST),
        ("57P01", Trouble.LOST),
        ("08006", Trouble.LOST),
        ("25006", Trouble.LOST),
        ("58030", Trouble.LOST),
        ("XX001", Trouble.LOST),
        ("23505", Trouble.CLASH),
        ("22P05", Trouble.CLASH),
    ],
)
def test_what_a_state_of_postgresql_means(state: str, trouble: Trouble) -> None:
    error: Any = psycopg.errors.lookup(state)()
    assert Engine("postgresql://nowhere").trouble(sa.exc.DBAPIError("statement", None, error)) is trouble


def test_room_is_asked_for_where_the_database_lies(tmp_path: Path) -> None:
    database = tmp_path / "dragoman.db"
    refusal = Room(database, 1 << 60).refusal()
    assert refusal is not None
    assert refusal.code == "storage_full"
    assert Room(database, 0).refusal() is None
    assert Room(tmp_path / "nowhere" / "dragoman.db", 1 << 60).refusal() is None
