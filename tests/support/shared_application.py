"""One application for all tests of a module, with a tenant for each: much quicker than a database for each."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import TypeVar

import pytest

from dragoman.store.maintenance.verification import verify
from tests.support.databases import BACKENDS, Databases
from tests.support.world import NOON, World

W = TypeVar("W", bound=World)
NUMBERS = count(1)


@pytest.fixture(scope="module", params=BACKENDS)
def opened(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    """The application on each engine. What its tests leave is verified at the end."""
    with application(databases, request.param) as opened:
        yield opened
        assert verify(opened.app.store.engine).broken is None


@pytest.fixture(scope="module")
def opened_on_sqlite(databases: Databases) -> Iterator[World]:
    """The same where the engine can't matter."""
    with application(databases, "sqlite") as opened:
        yield opened
        assert verify(opened.app.store.engine).broken is None


@contextmanager
def application(databases: Databases, backend: str, settings: Mapping[str, object] | None = None) -> Iterator[World]:
    """An application with these settings, on a database of its own."""
    with databases.lent(backend) as url:
        opened = World(url, settings=settings)
        try:
            yield opened
        finally:
            opened.close()


def tenant_of(opened: World, kind: type[W]) -> W:
    """A new tenant, without people but those of its kind; the clock stands at noon again."""
    opened.clock.at = NOON
    return kind.beside(opened, f"tenant-{next(NUMBERS)}")
