"""How deliveries are found: by their webhook and subject, however many others are open."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from dragoman.store.engine import driver
from dragoman.store.repositories import events
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

SUBJECTS = [f"tasks/{number}" for number in range(40)]


def plans_of(url: str, ask: Callable[[UnitOfWork], object]) -> list[str]:
    """How SQLite finds the deliveries that are asked for."""
    world = World(url)
    plans: list[str] = []

    def find(uow: UnitOfWork) -> None:
        connection = uow.deliveries._overlay.group.connection

        def explain(connection: sa.Connection, cursor: Any, text: str, values: Any, *others: Any) -> None:
            rows = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {text}", values)
            plans.extend(row[3] for row in rows if "delivery" in row[3])

        sa.event.listen(connection, "before_cursor_execute", explain)
        ask(uow)
        sa.event.remove(connection, "before_cursor_execute", explain)

    world.core(find)
    world.close()
    return plans


def test_the_first_open_delivery_of_a_subject_is_found_by_the_subject(sqlite_url: str) -> None:
    plans = plans_of(sqlite_url, lambda uow: uow.deliveries.next_of("a webhook", SUBJECTS))
    assert len(plans) == 2
    assert all("USING INDEX delivery_by_subject (tenant=? AND webhook=? AND subject=?" in plan for plan in plans), plans


def test_whose_deliveries_are_is_found_by_their_ids(sqlite_url: str) -> None:
    plans = plans_of(sqlite_url, lambda uow: uow.deliveries.webhooks_of(["b", "a"]))
    assert plans == ["SEARCH delivery USING INDEX sqlite_autoindex_delivery_1 (tenant=? AND uid=?)"]


def test_events_of_deliveries_are_found_by_their_sequences(sqlite_url: str) -> None:
    world = World(sqlite_url)
    plan: list[str] = []

    def find(uow: UnitOfWork) -> None:
        connection = uow.deliveries._overlay.group.connection
        statement = events._several(connection.dialect)
        values = {"tenant": 1, "keys": "[1,2]"}
        rows = driver.fetch(
            connection, f"EXPLAIN QUERY PLAN {statement.text}", [values[name] for name in statement.names]
        )
        plan.extend(row[3] for row in rows)

    world.core(find)
    world.close()
    assert any("(tenant=? AND sequence=?)" in step for step in plan), plan
