"""Migrations bring what the code expects, once, however many start at the same moment."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from dragoman.domain.clock import Moment
from dragoman.store import migrations
from dragoman.store.engine.engines import Engine
from dragoman.store.maintenance import export as portable
from dragoman.store.maintenance import verification
from dragoman.store.tables import metadata
from tests.support.history import HistoryWorld
from tests.support.reflection import reflected
from tests.support.server import PROGRAM, environment

FIRST_FORM = "0001"


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_tables_are_those_of_the_code(empty_database_url: str) -> None:
    engine = Engine(empty_database_url)
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
    return name not in ("alembic_version", "migration_lock", "task_by_state_due", "task_by_end_due")


def test_several_processes_may_start_at_once(empty_database_url: str) -> None:
    starting = [
        subprocess.Popen([PROGRAM, "tenant", "add", f"tenant-{index}"], env=environment(empty_database_url))
        for index in range(4)
    ]

    assert [process.wait(60) for process in starting] == [0] * 4
    engine = Engine(empty_database_url)
    with engine.raw.connect() as connection:
        versions = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
    engine.dispose()
    assert versions == [migrations.HEAD]


def test_the_newest_migration_is_the_one_that_the_start_looks_for() -> None:
    script = ScriptDirectory(str(migrations.FOLDER))

    assert script.get_heads() == [migrations.HEAD]


@pytest.fixture
def past(tmp_path: Path) -> list[dict[str, Any]]:
    """The rows of a database with a past, as an export has them."""
    past = HistoryWorld(f"sqlite:///{tmp_path / 'past.db'}")
    past.live()
    past.app.close()
    return rows(Engine(f"sqlite:///{tmp_path / 'past.db'}"))


@pytest.fixture
def old(empty_database_url: str, past: list[dict[str, Any]]) -> Iterator[Engine]:
    """A database of the first form that holds all of that."""
    engine = Engine(empty_database_url)
    config = Config()
    config.set_main_option("script_location", str(migrations.FOLDER))
    config.attributes["engine"] = engine
    command.upgrade(config, FIRST_FORM)
    with engine.raw.begin() as connection:
        tables = reflected(connection)
        for row in past:
            table = tables.tables[row["table"]]
            connection.execute(table.insert().values({name: row[name] for name in row if name in table.columns}))
    yield engine
    engine.dispose()


def rows(engine: Engine) -> list[dict[str, Any]]:
    return [json.loads(line) for line in list(portable.lines(engine, Moment(0)))[1:-1]]


def columns_of(engine: Engine) -> dict[str, set[str]]:
    """What each table has."""
    with engine.raw.connect() as connection:
        tables = reflected(connection)
    return {name: set(table.columns.keys()) for name, table in tables.tables.items()}


def test_a_database_of_the_first_form_keeps_all_that_it_holds(old: Engine, past: list[dict[str, Any]]) -> None:
    assert "template" not in columns_of(old)["task"]
    migrations.run(old)
    assert rows(old) == past
    report = verification.verify(old)
    assert (report.broken, report.rows) == (None, 35)


def test_an_export_of_the_first_form_is_read(old: Engine, past: list[dict[str, Any]], tmp_path: Path) -> None:
    known = columns_of(old)
    first = b'{"dragoman":"export","format":1,"revision":"0001","made_at":0,"tenants":["main","north"]}\n'
    lines = [first]
    for row in past:
        kept = {name: row[name] for name in row if name == "table" or name in known[row["table"]]}
        lines.append(json.dumps(kept).encode() + b"\n")
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    last = json.dumps({"dragoman": "end", "rows": len(past), "sha256": digest}).encode() + b"\n"
    target = Engine(f"sqlite:///{tmp_path / 'target.db'}")
    migrations.run(target)
    assert portable.load(target, [*lines, last]) == len(past)
    assert rows(target) == past
    target.dispose()
