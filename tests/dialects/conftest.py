"""Servers for cases: one for each engine, kept for the whole run, and one for the settings that a case asks for."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.server import Server

Serving = Callable[[str, str], Server]
"""(engine, settings as TOML) -> a server that runs."""


@pytest.fixture(scope="session")
def serving(databases: Databases) -> Iterator[Serving]:
    """Servers, started when they are first asked for; one that died is started again for the next case.

    One with settings of its own lives until the next such case: dozens at once would have hundreds of files open.

    Cases with the default settings are sent over a real connection on SQLite. All others are run in this process: to
    start a server takes longer than its cases, and neither the engine nor the settings change the connection.
    """
    servers: dict[str, Server] = {}

    def serve(backend: str, config: str) -> Server:
        if config:
            passing.close()
            return passing.enter_context(made(databases.new(backend), config))
        if backend not in servers:
            servers[backend] = standing.enter_context(made(databases.new(backend), config))
        server = servers[backend]
        if not server.is_running():
            server.kill()
            server.start()
        return server

    with ExitStack() as standing, ExitStack() as passing:
        yield serve


def made(database_url: str, config: str) -> Server:
    """A server that is suitable for these settings."""
    if database_url.startswith("sqlite") and not config:
        return Server(database_url)
    return InProcessServer(database_url, config=config, host="127.0.0.1:8080")
