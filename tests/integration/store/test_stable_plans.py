"""SQLite prepares each statement once, whatever values it gets."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dragoman.store.engine.engines import Engine
from dragoman.store.engine.sqlite import sqlite
from dragoman.store.engine.stable_plans import with_signs

TABLE = "CREATE TABLE thing (tenant INTEGER, number INTEGER, name TEXT)"
FIND = "SELECT name FROM thing WHERE tenant = ? AND number IN (?, ?) ORDER BY name"


def prepared(connection: sa.Connection) -> list[int]:
    """The driver's questions whether a statement is allowed, one list entry each: it asks when it prepares one."""
    asked: list[int] = []

    def allow(action: int, *_place: Any) -> int:
        asked.append(action)
        return int(sqlite.SQLITE_OK)

    raw: Any = connection.connection.dbapi_connection
    raw.set_authorizer(allow)
    return asked


def test_after_analyze_a_statement_with_other_values_is_not_prepared_again(tmp_path: Path) -> None:
    with Engine(f"sqlite:///{tmp_path}/plans.db").writer() as connection:
        for statement in (TABLE, "CREATE INDEX by_number ON thing (tenant, number)"):
            connection.exec_driver_sql(statement)
        rows: list[tuple[Any, ...]] = [(1, number, f"thing {number % 7}") for number in range(500)]
        connection.exec_driver_sql("INSERT INTO thing VALUES (?, ?, ?)", rows)
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
        connection.exec_driver_sql(FIND, (1, 1, 2)).all()
        asked = prepared(connection)
        connection.exec_driver_sql(FIND, (1, 3, 4)).all()
        first = len(asked)
        found = connection.exec_driver_sql(FIND, (1, 8, 16)).all()
        assert found == [("thing 1",), ("thing 2",)]
        assert len(asked) == first


def test_marks_within_quotes_are_no_parameters() -> None:
    assert with_signs("""SELECT '?', "a?" FROM t WHERE a = ? OR b IN (?)""") == (
        """SELECT '?', "a?" FROM t WHERE a = +? OR b IN (+?)"""
    )
