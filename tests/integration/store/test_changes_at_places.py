"""Changes of history at a list of places, each a number with a revision."""

from msgspec.structs import replace

from dragoman.store.engine.engines import Engine
from dragoman.store.repositories.history import CHANGE, _rows_at
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World


def add_and_change(uow: UnitOfWork) -> None:
    task = tasks.add(uow, title="Call the printer")
    uow.close()
    tasks.save(uow, task, replace(uow.tasks.get(task.number), priority=1))


def test_only_the_named_places_are_found_and_no_other_revision_of_their_numbers(database_url: str) -> None:
    world = World(database_url)
    for _ in range(3):
        world.core(add_and_change)

    found = world.core(lambda uow: uow.history.rows("task", [(1, 2), (2, 1), (3, 3), (2, 1)]))
    authors = world.core(lambda uow: uow.history.authors("task", [(1, 2), (2, 1), (3, 3)]))
    world.close()

    assert sorted(found) == sorted(authors)
    assert sorted(found) == [(1, 2), (2, 1)]
    assert found[1, 2].number == 1
    assert found[1, 2].changes == '{"priority":[null,1]}'
    assert '"title":[null,"Call the printer"]' in found[2, 1].changes


GROWN = """
    INSERT INTO history (tenant, entity, number, revision, at, principal, dialect, operation, changes, hash)
    SELECT 1, 'task', number, 1, number, 'paul', 'native', 'task.create', '{}', ''
    FROM generate_series(100, 5000) AS number
"""


def test_on_postgresql_the_whole_key_is_looked_up_in_a_table_that_has_grown(postgres_url: str) -> None:
    World(postgres_url).close()
    with Engine(postgres_url).impatient_writer() as connection:
        text = _rows_at(connection.dialect, CHANGE)
        for place in (1, 2, 3):
            text = text.replace("%s", f"${place}", 1)
        connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
        connection.exec_driver_sql(GROWN)
        connection.exec_driver_sql(f"PREPARE found AS {text}")
        rows = connection.exec_driver_sql("EXPLAIN EXECUTE found(1, 'task', '[[1,2],[2,1]]')")
        made = "\n".join(row[0] for row in rows)

    assert "Index Scan using history_pkey on history" in made, made
    for column in ("tenant", "entity", "number", "revision"):
        assert f"({column} = " in made, made
