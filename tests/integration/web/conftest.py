"""A server with its pages in this process, a tenant of the test's own, and a browser without a screen."""

from collections.abc import Iterator

import pytest

from tests.support.browser import Browser
from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.tenant import Tenant

CONFIG = """
[[dialects.genesys.business_attribute]]
name = "Resource"
dbid = 101
cv_attributes = ["Service.resource_type"]
values = [{ name = "Repair", dbid = 7, display_name = "Repair <of> a bike" }, { name = "Sale", dbid = 8 }]
"""


@pytest.fixture(scope="module")
def server(databases: Databases) -> Iterator[InProcessServer]:
    with databases.lent("sqlite") as url, InProcessServer(url, config=CONFIG) as server:
        Tenant(server).login("anna")  # without any user all leads to first run
        yield server


@pytest.fixture
def tenant(server: InProcessServer) -> Tenant:
    return Tenant(server)


@pytest.fixture
def browser(server: InProcessServer) -> Browser:
    return Browser(server, User_Agent="Firefox")
