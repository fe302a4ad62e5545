"""Databases for tests. Most begin as a copy of one that was migrated once, and live in memory where there is room."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

from dragoman.store import migrations
from dragoman.store.engine.engines import Engine
from tests.support.postgres import PostgreSQL

BACKENDS = ("sqlite", "postgresql")
MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 << 30
"""What must be free there; elsewhere databases lie on the disk."""


def quick_folder() -> str | None:
    """Where a database is quickest, as `tempfile` takes it: for tests that don't ask what a disk does."""
    try:
        room = os.statvfs(MEMORY)
    except OSError:
        return None
    return str(MEMORY) if room.f_bavail * room.f_frsize >= ROOM_BYTES else None


class Databases:
    """Makes them on either engine. All are gone at the end of the tests."""

    def __init__(self, folder: Path, postgres: Callable[[], PostgreSQL]) -> None:
        self._folder = folder
        self._postgres = postgres
        self._numbers = count(1)

    def empty(self, backend: str) -> str:
        """The address of a database without tables."""
        if backend == "sqlite":
            return self._new_file()
        postgres = self._postgres()
        return postgres.url(postgres.create_database())

    def new(self, backend: str) -> str:
        """The address of a database with all its tables, and nothing in them."""
        if backend == "sqlite":
            return self._new_file(_migrated_file())
        postgres = self._postgres()
        return postgres.url(postgres.create_database(migrated(postgres)))

    @contextmanager
    def lent(self, backend: str) -> Iterator[str]:
        """The address of a new database that is thrown away afterwards."""
        url = self.new(backend)
        try:
            yield url
        finally:
            self.drop(url)

    @contextmanager
    def copied(self, url: str) -> Iterator[str]:
        """The address of a copy of a database that nobody has open. It is thrown away afterwards."""
        if url.startswith("sqlite"):
            copy = self._new_file(Path(url.removeprefix("sqlite:///")).read_bytes())
        else:
            postgres = self._postgres()
            copy = postgres.url(postgres.create_database(url.rpartition("/")[2]))
        try:
            yield copy
        finally:
            self.drop(copy)

    def drop(self, url: str) -> None:
        """Throw a database away."""
        if url.startswith("sqlite"):
            shutil.rmtree(Path(url.removeprefix("sqlite:///")).parent)
        else:
            self._postgres().drop_database(url.rpartition("/")[2])

    def _new_file(self, template: bytes | None = None) -> str:
        folder = self._folder / str(next(self._numbers))  # of its own: other files lie beside a database
        folder.mkdir()
        return write_file(folder, template)


def write_file(folder: Path, template: bytes | None) -> str:
    """The address of `dragoman.db` in this folder."""
    file = folder / "dragoman.db"
    if template is not None:
        file.write_bytes(template)
    return f"sqlite:///{file}"


@contextmanager
def quick_file() -> Iterator[str]:
    """The address of a SQLite file with all its tables and nothing in them, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="dragoman-database-", dir=quick_folder()) as folder:
        yield write_file(Path(folder), _migrated_file())


@cache
def _migrated_file() -> bytes:
    with tempfile.TemporaryDirectory(dir=quick_folder()) as folder:
        _migrate(write_file(Path(folder), None))
        assert [file.name for file in Path(folder).iterdir()] == ["dragoman.db"]
        return Path(folder, "dragoman.db").read_bytes()


@cache
def migrated(postgres: PostgreSQL) -> str:
    """The name of a migrated database of this server, for others to be copied from."""
    name = postgres.create_database()
    _migrate(postgres.url(name))
    return name


def _migrate(url: str) -> None:
    engine = Engine(url)
    migrations.run(engine)
    engine.dispose()
