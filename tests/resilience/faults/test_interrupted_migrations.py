"""Migrations that are killed at any statement, or done by a newer node beside a server at work (RELIABILITY 33)."""

import os
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from dragoman.domain.errors import Conflict
from dragoman.store import migrations
from dragoman.store.engine.engines import Engine
from dragoman.store.maintenance import export as portable
from tests.conftest import add_user
from tests.integration.store.test_migrations import old, past, rows  # noqa: F401 - fixtures
from tests.resilience.faults.conftest import wholly
from tests.resilience.faults.ledger import Ledger
from tests.resilience.faults.sizes import some
from tests.support.server import Server

KILLED, DONE = 9, 0
STRIDE = some([9], [1])[0]
"""A migration is killed at every so many statements."""


def config_of(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations.FOLDER))
    config.attributes["engine"] = engine
    return config


def revisions() -> list[str]:
    """All of them, the oldest first."""
    script = ScriptDirectory(str(migrations.FOLDER))
    return [each.revision for each in script.walk_revisions()][::-1]


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, Any]]]:
    """What each table has at each revision, by revision, table and column."""
    forms = {}
    engine = Engine(f"sqlite:///{tmp_path_factory.mktemp('forms') / 'dragoman.db'}")
    for revision in revisions():
        command.upgrade(config_of(engine), revision)
        forms[revision] = form_of(engine)
    engine.dispose()
    return forms


def form_of(engine: Engine) -> dict[str, dict[str, Any]]:
    """The columns of each table that programs write: what a database computes, only PostgreSQL has."""
    with engine.raw.connect() as connection:
        tables: Any = sa.inspect(connection).get_multi_columns()
    return {
        table: {column["name"]: column for column in columns if "computed" not in column}
        for (_, table), columns in tables.items()
        if table not in ("alembic_version", "migration_lock")
    }


def run_and_die(url: str, after: int) -> int:
    """A process that migrates, and dies before its statement or commit of this number; its exit code."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    try:
        engine, left = Engine(url), after

        def count(*_: object) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                os._exit(KILLED)

        sa.event.listen(engine.raw, "before_cursor_execute", count)
        sa.event.listen(engine.raw, "commit", count)
        migrations.run(engine)
        os._exit(DONE)
    finally:
        os._exit(1)


def test_a_migration_killed_at_any_statement_leaves_whole_steps_and_is_finished_by_the_next(
    old: Engine,  # noqa: F811 - the fixture
    past: list[dict[str, Any]],  # noqa: F811 - the fixture
    empty_database_url: str,
    forms: dict[str, dict[str, dict[str, Any]]],
) -> None:
    known = {revision: {name: set(columns) for name, columns in form.items()} for revision, form in forms.items()}
    deaths, status = 0, KILLED
    while status == KILLED:
        status = run_and_die(empty_database_url, deaths * STRIDE)
        with old.raw.connect() as connection:
            revision = migrations.revision(connection)
        assert {name: set(columns) for name, columns in form_of(old).items()} == known[str(revision)]
        deaths += status == KILLED
    assert status == DONE
    assert deaths > 4
    assert rows(old) == past


def test_a_step_only_adds_what_older_programs_can_leave_out(forms: dict[str, dict[str, dict[str, Any]]]) -> None:
    for before, after in pairwise(forms):
        for table, columns in forms[before].items():
            now = forms[after][table]
            for name, column in columns.items():
                assert (str(now[name]["type"]), now[name]["nullable"]) == (str(column["type"]), column["nullable"])
            for name in now.keys() - columns.keys():
                assert now[name]["nullable"] or now[name]["default"] is not None, f"{table}.{name}"


NEWER = '''
"""What a newer program might add."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    op.create_table("novelty", sa.Column("tenant", sa.BigInteger(), primary_key=True), sa.Column("name", sa.Text()))
    op.add_column("history", sa.Column("novelty", sa.Text(), nullable=True))
    op.add_column("task", sa.Column("novelty", sa.BigInteger(), server_default="7", nullable=False))
    op.create_index("task_by_novelty", "task", ["tenant", "novelty", "number"])
    op.add_column("user", sa.Column("novelty", sa.Text(), nullable=True))
'''


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The migrations of a newer program, with one step more."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrations.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def bring_further(url: str, folder: Path, revision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what the start of a newer program does."""
    step = NEWER.format(revision=revision, before=migrations.HEAD)
    (folder / "versions" / "9000_novelty.py").write_text(step)
    engine = Engine(url)
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "FOLDER", folder)
        patch.setattr(migrations, "HEAD", revision)
        migrations.run(engine)
        with engine.raw.connect() as connection:
            assert migrations.revision(connection) == revision
    engine.dispose()


def test_a_server_at_work_does_not_notice_that_a_newer_node_brings_the_tables_further(
    database_url: str, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user(database_url, "anna", admin=True)
    server = Server(database_url)
    with wholly(server):
        with Ledger(server, 6) as ledger:
            ledger.wait_for_more()
            bring_further(database_url, newer, "9000", monkeypatch)
            ledger.wait_for_more()
        server.stop()
        server.start()  # the program before goes on with the newer tables
        with Ledger(server) as later:
            later.wait_for_more()
        for each in (ledger, later):
            each.check()
            assert set(each.statuses) == {200}


def test_a_copy_of_tables_that_the_program_does_not_know_is_refused(
    database_url: str, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_further(database_url, newer, "9000", monkeypatch)
    engine = Engine(database_url)
    with pytest.raises(Conflict, match="A newer Dragoman"):
        list(portable.lines(engine, made_at=0))  # type: ignore[arg-type]
    engine.dispose()


def test_a_step_that_breaks_with_older_programs_keeps_them_from_starting(
    database_url: str, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_further(database_url, newer, "9000_breaking", monkeypatch)
    engine = Engine(database_url)
    with pytest.raises(Conflict, match="form 9000_breaking"):
        migrations.run(engine)
    engine.dispose()
