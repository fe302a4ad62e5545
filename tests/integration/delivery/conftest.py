"""A server of tickets, and collections of its tickets."""

from collections.abc import Iterator

import pytest

from tests.integration.delivery.tickets import Crm
from tests.support.outside_server import serving


@pytest.fixture
def crm() -> Iterator[Crm]:
    """A server of tickets with two of them, 1 and 2."""
    with serving() as (base, tickets):
        tickets.put("1", reference="A", title="one")
        tickets.put("2", reference="B", title="two")
        yield Crm(base, tickets)
