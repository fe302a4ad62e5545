"""Only its owner can read a SQLite database, which holds hashes of passwords and all contents."""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.command import Keys
from dragoman.store.engine.engines import Engine
from dragoman.store.engine.files import served_by_us
from dragoman.usecases.tasks import lifecycle as tasks
from tests.support.world import World


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir() if file.is_file()}


def test_the_file_its_log_and_its_index_are_private_from_the_start(tmp_path: Path, usual_umask: None) -> None:
    engine = Engine(f"sqlite:///{tmp_path}/d.db")
    with engine.writer() as connection:
        assert modes(tmp_path)["d.db"] == 0o600
        connection.exec_driver_sql("CREATE TABLE t (x)")
        connection.commit()
        assert modes(tmp_path) == {"d.db": 0o600, "d.db-wal": 0o600, "d.db-shm": 0o600}
    engine.dispose()


def test_all_files_of_a_server_are_private(tmp_path: Path, usual_umask: None) -> None:
    world = World(f"sqlite:///{tmp_path}/d.db")
    with served_by_us(world.app.store.engine):
        world.write(lambda uow: tasks.add(uow, title="Call"), Keys(numbers={"task"}))
        assert set(modes(tmp_path).values()) == {0o600}
    world.close()


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_a_file_that_others_can_read_is_reported_at_the_start(
    mode: int, tmp_path: Path, usual_umask: None, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(f"sqlite:///{tmp_path}/d.db")
    (tmp_path / "d.db").chmod(mode)
    with caplog.at_level(logging.WARNING):
        world.app.store.start(lambda works: None, lambda error: None)
    world.close()
    assert [record.getMessage() for record in caplog.records] == ["database.readable_by_others"]
