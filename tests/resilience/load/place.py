"""A server for loads: on an engine of one's choice, with anna, who administers, and where its memory is read."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.conftest import PASSWORD, add_user
from tests.support.postgres import PostgreSQL
from tests.support.server import Server, basic

MEBIBYTE = 2**20


class Place(NamedTuple):
    """A server that runs, how one speaks to it, and where its database is."""

    server: Server
    headers: dict[str, str]
    url: str

    def memory(self) -> float:
        """The server's memory without mapped files, in MiB."""
        status = Path(f"/proc/{self.server.pid}/status").read_text()
        return int(status.partition("RssAnon:")[2].split()[0]) / 1_024

    def files(self) -> int:
        """How many files and connections the server has open."""
        return sum(1 for _ in Path(f"/proc/{self.server.pid}/fd").iterdir())

    def log_size(self) -> float:
        """The write-ahead log of SQLite, in MiB; 0 on PostgreSQL."""
        wal = Path(self.url.removeprefix("sqlite:///") + "-wal")
        return wal.stat().st_size / MEBIBYTE if self.url.startswith("sqlite") and wal.exists() else 0.0


@contextmanager
def serving(backend: str, config: str = "") -> Iterator[Place]:
    """A server on a new database that flushes as an installation's does."""
    with tempfile.TemporaryDirectory(prefix="dragoman-load-") as folder:
        if backend == "sqlite":
            yield from _served(f"sqlite:///{folder}/dragoman.db", config)
        else:
            with PostgreSQL(durable=True) as postgres:
                yield from _served(postgres.url(postgres.create_database()), config)


def _served(url: str, config: str) -> Iterator[Place]:
    add_user(url, "anna", admin=True)
    with Server(url, config=config) as server:
        yield Place(server, basic("anna", PASSWORD) | {"Content-Type": "application/json"}, url)
