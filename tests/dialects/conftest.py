"""One server for each engine and each set of settings that cases ask for, kept for the whole run."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.databases import Databases
from tests.support.server import Server

Serving = Callable[[str, str], Server]
"""(engine, settings as TOML) -> a server that runs."""


@pytest.fixture(scope="session")
def serving(databases: Databases) -> Iterator[Serving]:
    """Servers, started when they are first asked for; one that died is started again for the next case."""
    servers: dict[tuple[str, str], Server] = {}

    def serve(backend: str, config: str) -> Server:
        if (backend, config) not in servers:
            servers[backend, config] = stack.enter_context(Server(databases.new(backend), config=config))
        server = servers[backend, config]
        if not server.is_running():
            server.kill()
            server.start()
        return server

    with ExitStack() as stack:
        yield serve
