"""A server in this process that answers clients of all dialects."""

from collections.abc import Iterator

import pytest

from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.tenant import Tenant


@pytest.fixture(scope="module")
def server(databases: Databases) -> Iterator[InProcessServer]:
    with databases.lent("sqlite") as url, InProcessServer(url) as server:
        yield server


@pytest.fixture
def tenant(server: InProcessServer) -> Tenant:
    return Tenant(server)
