"""One server for each engine and each set of settings that cases ask for, kept for the whole run."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.postgres import PostgreSQL
from tests.server import Server

Serving = Callable[[str, str], Server]
"""(engine, settings as TOML) -> a server that runs."""


@pytest.fixture(scope="session")
def serving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Servers, started when they are first asked for; one that died is started again for the next case."""
    servers: dict[tuple[str, str], Server] = {}

    def serve(backend: str, config: str) -> Server:
        if (backend, config) not in servers:
            url = _database(backend, tmp_path_factory.mktemp("contract"), request)
            servers[backend, config] = stack.enter_context(Server(url, config=config))
        server = servers[backend, config]
        if not server.is_running():
            server.kill()
            server.start()
        return server

    with ExitStack() as stack:
        yield serve


def _database(backend: str, folder: Path, request: pytest.FixtureRequest) -> str:
    if backend == "sqlite":
        return f"sqlite:///{folder / 'dragoman.db'}"
    postgres: PostgreSQL = request.getfixturevalue("postgres")
    return postgres.url(postgres.create_database())
