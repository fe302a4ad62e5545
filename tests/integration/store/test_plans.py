"""Plans on PostgreSQL: those made for a new table must not serve the grown one, and no list is planned twice."""

import pytest
import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.store.engine import driver
from dragoman.store.engine.engines import Engine
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.repositories.task_pages import cut_of, versions_of
from dragoman.store.repositories.task_sorts import Sort
from dragoman.store.unit.loading import _select_by
from dragoman.usecases.tasks import lifecycle as tasks
from tests.support.world import NOON, World

GROWN = """
    INSERT INTO task (tenant, number, uid, kind, state, created_at)
    SELECT 1, number, 'uid ' || number, 'work', 'ready', number FROM generate_series(100, 5000) AS number
"""


def plan(connection: sa.Connection) -> str:
    return "\n".join(row[0] for row in connection.exec_driver_sql("EXPLAIN EXECUTE found(1, '{1,2,3}', 0)"))


@pytest.mark.parametrize("column", ["uid", "number"])
def test_rows_to_lock_are_found_by_their_key_when_a_table_has_grown(postgres_url: str, column: str) -> None:
    World(postgres_url).close()
    with Engine(postgres_url).impatient_writer() as connection:
        text = _select_by(connection.dialect, "task", column, Lock.CHANGE)
        for place in (1, 2, 3):
            text = text.replace("%s", f"${place}", 1)
        connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
        connection.exec_driver_sql(f"PREPARE found AS {text}")
        first = plan(connection)
        connection.exec_driver_sql(GROWN)
        kept = plan(connection)

        Engine.forget_plans(connection)
        made = plan(connection)

    index = {"uid": "task_by_uid", "number": "task_pkey"}[column]
    assert kept == first
    assert f"Index Scan using {index} on task" in made, made


def test_a_quick_reader_plans_each_statement_once(postgres_url: str) -> None:
    world = World(postgres_url)
    world.core(lambda uow: [tasks.add(uow, title=f"Task {number}") for number in range(3)])
    wanted = TaskFilter(is_open=True, lateral=True, timers="apart", lost=("expired",))
    with Engine(postgres_url).quick_reader() as connection:
        ask = versions_of(connection.dialect, 1, wanted, (Sort("due"), Sort("number")), cut_of(50, 0), has_cursor=False)
        for _ in range(20):
            assert len(driver.fetch(connection, ask.text, ask.parameters(NOON, part=(50, 0)))) == 3
        [(custom, generic)] = connection.exec_driver_sql(
            "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE '%%head_hash%%'"
        ).all()
    world.close()

    assert (custom, generic > 10) == (0, True)
