"""Databases and servers for all tests. Every test that asks for one runs on both engines; none is skipped."""

from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.postgres import PostgreSQL
from tests.server import RUNNING, Server, command

BACKENDS = ("sqlite", "postgresql")
PASSWORD = "a long enough password"

# Two shared cores: how long an example takes says nothing.
hypothesis.settings.register_profile("dragoman", deadline=None, print_blob=True)
hypothesis.settings.load_profile("dragoman")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """The PostgreSQL server of this run, quick and forgetful."""
    with PostgreSQL() as server:
        yield server


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[PostgreSQL]:
    """A PostgreSQL server as an installation has it, for tests that kill."""
    with PostgreSQL(durable=True) as server:
        yield server


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """The name of the engine this test runs on."""
    name: str = request.param
    return name


@pytest.fixture
def database_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database of the test's own; the server and every command bring its tables."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'dragoman.db'}"
        return
    postgres: PostgreSQL = request.getfixturevalue("postgres")
    name = postgres.create_database()
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def server(database_url: str) -> Iterator[Server]:
    """The real server on that database, with the administrator anna (`PASSWORD`)."""
    add_user(database_url, "anna", admin=True)
    with Server(database_url) as running:
        yield running


def add_user(database_url: str, login: str, *, admin: bool = False) -> None:
    """Make a user with `PASSWORD` through the command line."""
    command(database_url, "user", "add", login, *(["--admin"] if admin else []), "--password-stdin", typed=PASSWORD)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the logs of running servers beside a failure."""
    report = yield
    if report.failed:
        report.sections += [(f"log of {server.base_url}", server.log()) for server in RUNNING]
    return report
