"""The same pages on PostgreSQL, those whose statements differ most from SQLite's."""

from collections.abc import Iterator

import pytest

from tests.integration.web.batches.conftest import Desk
from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.tenant import Tenant


@pytest.fixture(scope="package", params=["postgresql"])
def server(request: pytest.FixtureRequest, databases: Databases) -> Iterator[InProcessServer]:
    with databases.lent(request.param) as url, InProcessServer(url) as server:
        Tenant(server).login("anna")  # without any user all leads to first run
        yield server


@pytest.fixture(scope="module")
def desk(server: InProcessServer) -> Desk:
    return Desk(server)
