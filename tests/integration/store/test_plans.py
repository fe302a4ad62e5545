"""Plans of locking statements on PostgreSQL: those made for a new table must not serve the grown one."""

import pytest
import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.store.engine.engines import Engine
from dragoman.store.unit.loading import _select_by
from tests.support.world import World

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
