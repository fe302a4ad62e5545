"""Statements that go past SQLAlchemy: texts of any kind as keys, and errors told as if they hadn't."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from dragoman.command import Keys
from dragoman.store.engine import driver
from dragoman.store.engine.engines import Engine
from dragoman.store.unit.mappings import Setting
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

ODD = ("plain", "two words", 'quo"ted', "back\\slash", "com,ma", "{brace}", "NULL", "", "ünï", "li\nne")


def test_rows_are_found_by_keys_of_any_signs(world: World) -> None:
    def add(uow: UnitOfWork) -> None:
        for name in ODD:
            uow.settings.add(Setting(uow.tenant, name, f"value of {name}"))

    def find(uow: UnitOfWork) -> list[str | None]:
        found = [uow.settings.find(name) for name in ODD]
        return [None if setting is None else setting.value for setting in found]

    world.write(add, Keys(settings=ODD))

    assert world.write(find, Keys(settings=ODD)) == [f"value of {name}" for name in ODD]


def test_what_the_database_refuses_is_told_as_sqlalchemy_tells_it(world: World) -> None:
    with world.app.store.engine.raw.connect() as connection:
        for _ in range(20):  # where failures are injected, one of them may come first
            with pytest.raises(sa.exc.DBAPIError) as told:
                driver.execute(connection, "SELECT nothing FROM nowhere", ())
            connection.rollback()
        assert told.value.statement == "SELECT nothing FROM nowhere"
        assert not told.value.connection_invalidated


def test_a_connection_that_was_lost_is_given_up(world: World) -> None:
    connection = world.app.store.engine.writer()
    connection.connection.dbapi_connection.close()  # type: ignore[union-attr]

    for _ in range(100):  # where failures are injected, some of those may come first
        with pytest.raises(sa.exc.DBAPIError) as told:
            driver.execute(connection, "SELECT 1", ())
        if told.value.connection_invalidated:
            break

    assert told.value.connection_invalidated
    assert connection.invalidated


def send(connection: sa.Connection, *statements: str) -> list[Callable[[], int]]:
    """In one pipeline; the counts of their rows."""
    with driver.pipeline(connection):
        return [driver.counted(connection, driver.execute(connection, one, ())) for one in statements]


def test_a_connection_lost_in_a_pipeline_is_given_up(postgres_url: str) -> None:
    connection = Engine(postgres_url).writer()
    transaction = connection.begin()

    with pytest.raises(sa.exc.DBAPIError) as raised:
        send(connection, "SELECT 1", "SELECT pg_terminate_backend(pg_backend_pid())")

    assert raised.value.connection_invalidated
    assert connection.invalidated
    transaction.rollback()


def test_counts_of_a_pipeline_are_known_after_its_end(postgres_url: str) -> None:
    connection = Engine(postgres_url).writer()

    counts = send(connection, "SELECT generate_series(1, 2)", "SELECT generate_series(1, 3)")

    assert [count() for count in counts] == [2, 3]
    connection.close()


def test_an_error_in_a_pipeline_is_raised_at_its_end(postgres_url: str) -> None:
    connection = Engine(postgres_url).writer()
    transaction = connection.begin()

    with pytest.raises(sa.exc.DBAPIError, match="nowhere"):
        send(connection, "SELECT nothing FROM nowhere", "SELECT 1")

    transaction.rollback()
    assert driver.fetch(connection, "SELECT 2", ()) == [(2,)]
    connection.close()


def test_a_program_without_the_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'dragoman\[postgres\]'"):
        Engine("postgresql://dragoman@127.0.0.1/tasks")
