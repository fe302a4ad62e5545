"""A server of tickets, collections of its tickets, and batches that work on them."""

from collections.abc import Iterator

import pytest

from dragoman.delivery.outside import Outside
from dragoman.usecases.batches.types import resource_types
from tests.integration.delivery.tickets import IDS, Crm
from tests.support.batches import BatchWorld
from tests.support.databases import BACKENDS, Databases
from tests.support.outside_server import serving


@pytest.fixture
def crm() -> Iterator[Crm]:
    """A server of tickets with two of them, 1 and 2."""
    with serving() as (base, tickets):
        tickets.put("1", reference="A", title="one")
        tickets.put("2", reference="B", title="two")
        yield Crm(base, tickets)


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, databases: Databases, crm: Crm) -> Iterator[BatchWorld]:
    """A world whose batches work on the tickets, six of them."""
    for number in IDS:
        crm.tickets.put(number, title="old")
    with databases.lent(request.param) as url:
        world = BatchWorld(url)
        resource_types.set_outside([crm.type()])
        world.app.executor.outside = Outside([crm.type()], world.clock)
        yield world
        world.close()
        resource_types.set_outside([])
