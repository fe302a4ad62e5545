"""Migrations bring what the code expects, once, however many start at the same moment."""

import subprocess

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from dragoman.store import migrations
from dragoman.store.engines import Engine
from dragoman.store.tables import metadata
from tests.server import PROGRAM, environment


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_tables_are_those_of_the_code(database_url: str) -> None:
    engine = Engine(database_url)
    migrations.run(engine)

    with engine.raw.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours, "compare_type": True})
        found = compare_metadata(context, metadata)
        plan = _plan(connection)
    engine.dispose()

    assert found == []
    assert "task_by_state_due" in plan


def _plan(connection: sa.Connection) -> str:
    """How the database finds a state's tasks by due time: by the index that can't be compared, so it is there."""
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    if explain == "EXPLAIN":
        connection.execute(sa.text("SET enable_seqscan = off"))
        connection.execute(sa.text("SET enable_sort = off"))
    found = (
        "SELECT number FROM task WHERE tenant = 1 AND state = 'ready' ORDER BY coalesce(due_at, 9223372036854775807)"
    )
    return str(connection.execute(sa.text(f"{explain} {found}, number")).all())


def _is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _to: object) -> bool:
    # Expression indexes can't be compared; alembic's own tables aren't in our metadata.
    return name not in ("alembic_version", "migration_lock", "task_by_state_due")


def test_several_processes_may_start_at_once(database_url: str) -> None:
    starting = [
        subprocess.Popen([PROGRAM, "tenant", "add", f"tenant-{index}"], env=environment(database_url))
        for index in range(4)
    ]

    assert [process.wait(60) for process in starting] == [0] * 4
    engine = Engine(database_url)
    with engine.raw.connect() as connection:
        versions = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
    engine.dispose()
    assert versions == [migrations.HEAD]


def test_the_newest_migration_is_the_one_that_the_start_looks_for() -> None:
    script = ScriptDirectory(str(migrations.FOLDER))

    assert script.get_heads() == [migrations.HEAD]
