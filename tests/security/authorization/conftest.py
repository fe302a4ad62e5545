"""One application for the matrices that no engine matters to, and one on each engine."""

from collections.abc import Iterator

import pytest

from tests.security.authorization.indoors import Household, Indoors
from tests.support.databases import Databases


@pytest.fixture(scope="module")
def indoors(databases: Databases) -> Iterator[Indoors]:
    """An application on SQLite."""
    with databases.lent("sqlite") as url, Indoors(url) as running:
        yield running


@pytest.fixture(scope="module")
def house(indoors: Indoors) -> Household:
    """A tenant of it."""
    return Household(indoors)
