"""Databases and servers for all tests. A test that needs a database runs on both engines."""

import os
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support import compiled
from tests.support.coverage_figure import FIGURE  # begins to measure: imported before the code
from tests.support.databases import BACKENDS, Databases, quick_folder
from tests.support.postgres import PostgreSQL
from tests.support.server import RUNNING, Server, command
from tests.support.sizes import QUICK, examples_of_quick

PASSWORD = "a long enough password"

compiled.share()

# Each server that a test starts would compile all modules again where images of containers set this variable.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Two shared cores: how long an example takes says nothing.
hypothesis.settings.register_profile("dragoman", deadline=None, print_blob=True)
# `make quick`: a sample of what `make test` tries.
hypothesis.settings.register_profile(QUICK, deadline=None, print_blob=True, max_examples=examples_of_quick(100))
hypothesis.settings.load_profile("dragoman")


def pytest_configure(config: pytest.Config) -> None:
    if FIGURE is not None:
        config.pluginmanager.register(FIGURE, "coverage_figure")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engines", default=",".join(BACKENDS), help="the engines to test on, with commas; others are deselected"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that need an engine that is not among `--engines`."""
    others = set(BACKENDS) - set(config.getoption("engines").split(","))
    if others:
        dropped = [item for item in items if engines_of(item) & others]
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


def engines_of(item: pytest.Item) -> set[str]:
    """The engines that a test needs, by its parameters and fixtures."""
    callspec = getattr(item, "callspec", None)
    values = [] if callspec is None else [value for value in callspec.params.values() if isinstance(value, str)]
    engines = {engine for engine in BACKENDS for value in values if value.partition("-")[0] == engine}
    needs_postgresql = {"postgres", "durable_postgres", "postgres_url"} & set(getattr(item, "fixturenames", ()))
    return engines | ({"postgresql"} if needs_postgresql else set())


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """The PostgreSQL server of this run, quick and forgetful."""
    with PostgreSQL(within=quick_folder()) as server:
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


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Makes databases; PostgreSQL is started when the first is asked for."""

    def postgres() -> PostgreSQL:
        server: PostgreSQL = request.getfixturevalue("postgres")
        return server

    with tempfile.TemporaryDirectory(prefix="dragoman-databases-", dir=quick_folder()) as folder:
        yield Databases(Path(folder), postgres)


@pytest.fixture
def database_url(backend: str, databases: Databases) -> Iterator[str]:
    """A database of the test's own, with all its tables and nothing in them."""
    with databases.lent(backend) as url:
        yield url


@pytest.fixture
def sqlite_url(databases: Databases) -> Iterator[str]:
    """The same where the engine can't matter: on SQLite."""
    with databases.lent("sqlite") as url:
        yield url


@pytest.fixture
def postgres_url(databases: Databases) -> Iterator[str]:
    """The same where only PostgreSQL has what is asked."""
    with databases.lent("postgresql") as url:
        yield url


@pytest.fixture
def empty_database_url(backend: str, databases: Databases) -> Iterator[str]:
    """A database of the test's own without tables; the server and every command bring them."""
    url = databases.empty(backend)
    yield url
    databases.drop(url)


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
