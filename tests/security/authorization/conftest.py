"""One application for the matrices that no engine matters to, and one on each engine."""

from collections.abc import Iterator

import pytest

from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.tenant import Tenant


@pytest.fixture(scope="module")
def in_process(databases: Databases) -> Iterator[InProcessServer]:
    """An application on SQLite."""
    with databases.lent("sqlite") as url, InProcessServer(url) as running:
        yield running


@pytest.fixture(scope="module")
def tenant(in_process: InProcessServer) -> Tenant:
    """A tenant of it."""
    return Tenant(in_process)
