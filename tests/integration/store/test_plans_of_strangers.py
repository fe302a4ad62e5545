"""Generic plans of PostgreSQL for a user with access to few tasks, where another user created nearly all of them."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from psycopg import sql

from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.work_item import Role, WorkItem
from dragoman.store import tables
from dragoman.store.engine.engines import BY_INDEX
from dragoman.store.engine.postgresql import with_numbers
from dragoman.store.repositories.task_filters import TaskFilter
from dragoman.store.repositories.task_looks import look_of
from dragoman.store.repositories.task_pages import Ask
from dragoman.store.repositories.task_queries import reach_of
from dragoman.store.repositories.task_sorts import Sort
from dragoman.usecases.tasks import lifecycle as tasks
from tests.support.databases import Databases
from tests.support.world import World

TASKS = 20_000
BY_NUMBER = (Sort("number"),)
NO_INDEX_OF_ONE = ("Seq Scan on task", "task_by_hour", "task_pkey on task named", "Gather")


@pytest.fixture(scope="module")
def world(databases: Databases) -> Iterator[World]:
    with databases.lent("postgresql") as url:
        world = World(url)
        anna = world.add("anna")
        world.add("bert")
        items = (WorkItem(Role.POTENTIAL_OWNER, str(anna.user)),)
        world.core(lambda uow: tasks.add(uow, title="a", creator=anna.user, work_items=items))
        _multiply(world)
        yield world
        world.is_lawful = False  # copies have no events
        world.close()


def _multiply(world: World) -> None:
    """Copies of the task, which nobody but its maker has to do with."""
    for table, key in ((tables.task, "number"), (tables.work_item, "task")):
        names = [column.name for column in table.columns]
        copied = {key: f"{key} + k", "uid": "uid || k"}
        values = ", ".join(copied.get(name, f'"{name}"') for name in names)
        quoted = ", ".join(f'"{name}"' for name in names)
        with world.app.store.engine.raw.begin() as connection:
            connection.execute(
                sa.text(
                    f"INSERT INTO {table.name} ({quoted}) SELECT {values} FROM {table.name}, "
                    f"generate_series(1, {TASKS}) AS k WHERE tenant = {world.tenant}"
                )
            )
    with world.app.store.engine.raw.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def explained(world: World, ask: Ask) -> str:
    """The plan for all values of a statement."""
    with world.app.store.engine.raw.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        for setting in BY_INDEX:
            raw.execute(setting)
        raw.execute(f"PREPARE looked_for AS {with_numbers(ask.text)}")
        values = sql.SQL(", ").join(map(sql.Literal, ask.parameters(Moment(0))))
        rows = raw.execute(sql.SQL("EXPLAIN EXECUTE looked_for ({})").format(values)).fetchall()
        raw.execute("DEALLOCATE looked_for")
        for setting in BY_INDEX:
            raw.execute(f"RESET {setting.split()[1]}")
        return "\n".join(row[0] for row in rows)


def looked(world: World, who: Principal, **wanted: object) -> Ask:
    dialect = world.app.store.engine.raw.dialect
    found = look_of(dialect, world.tenant, TaskFilter(visible_to=who, lateral=True, **wanted), BY_NUMBER)  # type: ignore[arg-type]
    assert found is not None
    assert found.ask is not None
    return found.ask


def test_what_names_a_stranger_is_found_by_index(world: World) -> None:
    bert = world.people["bert"]
    for ask in (looked(world, bert), reach_of(world.app.store.engine.raw.dialect, world.tenant, bert)):
        plan = explained(world, ask)
        for index in ("task_by_creator", "task_by_assignee", "task_by_starter"):
            assert index in plan
        assert not [way for way in NO_INDEX_OF_ONE if way in plan], plan


def test_what_a_stranger_made_is_counted_by_index(world: World) -> None:
    anna, bert = world.people["anna"], world.people["bert"]
    plan = explained(world, looked(world, anna, creator=bert.user, category=3))
    assert "task_by_creator" in plan
    assert not [way for way in NO_INDEX_OF_ONE if way in plan], plan
