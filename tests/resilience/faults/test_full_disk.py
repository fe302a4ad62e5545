"""A full disk: changes are refused, reads go on, nothing is lost, all is well once there is room (RELIABILITY 21)."""

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from tests.conftest import add_user
from tests.resilience.faults.conftest import wholly
from tests.resilience.faults.disk import Disk
from tests.resilience.faults.ledger import HEADERS, Ledger
from tests.resilience.kit.conftest import ANNA, JSON, PREPARATIONS
from tests.support.postgres import PostgreSQL
from tests.support.server import Answer, Server, command

MEBIBYTES = 24
NO_RESERVE = "[limits]\nfree_bytes = 0\n"
IDLE_SECONDS = 0.25  # after that the lane tidies up


class Place(NamedTuple):
    """A database, and the disk that it lies on."""

    url: str
    disk: Disk


@pytest.fixture
def place(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    """An empty database on a small disk, of PostgreSQL in a tablespace: its own files must not be what is full."""
    with Disk(tmp_path / "disk", MEBIBYTES) as disk:
        if backend == "sqlite":
            yield Place(f"sqlite:///{disk.folder / 'dragoman.db'}", disk)
            return
        postgres: PostgreSQL = request.getfixturevalue("postgres")
        for folder in (tmp_path, *tmp_path.parents):  # PostgreSQL's user must get there
            mode = folder.stat().st_mode
            if not mode & 0o001:
                folder.chmod(mode | 0o011)
        home = disk.folder / "tablespace"
        home.mkdir()
        if os.getuid() == 0:
            shutil.chown(home, "postgres", "postgres")
        name = postgres.create_database()
        with psycopg.connect(postgres.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{home}'")
            connection.execute(f"ALTER DATABASE {name} SET TABLESPACE small")
            yield Place(postgres.url(name), disk)
            postgres.drop_database(name)
            connection.execute("DROP TABLESPACE small")


def test_a_full_disk_costs_no_more_than_the_changes_that_found_no_room(place: Place) -> None:
    add_user(place.url, "anna", admin=True)
    with wholly(Server(place.url, config=NO_RESERVE)) as server, Ledger(server, filler="x" * 20_000) as ledger:
        ledger.wait_for_more()
        place.disk.fill()
        refused = ledger.wait_for_refusal()
        assert (refused.status, refused.json()["code"]) == (507, "storage_full")
        assert int(refused.headers["retry-after"]) <= 5
        assert read(server) == (200, 200, 200)

        place.disk.clear()
        ledger.wait_for_more()
        place.disk.fill()
        ledger.wait_for_refusal()
        ledger.stop()
        threading.Event().wait(2 * IDLE_SECONDS)  # the lane tidies up without room for it
        assert read(server) == (200, 200, 200)
        assert server.is_running()

        place.disk.grow(2 * MEBIBYTES)
        assert create(server).status == 201
        assert set(ledger.statuses) == {200, 507}
        ledger.check()


def read(server: Server) -> tuple[int, ...]:
    """Statuses of a task, a list, and whether work can be taken."""
    paths = ("/v1/tasks/1", "/v1/tasks?limit=2", "/readyz")
    return tuple(server.call("GET", path, headers=HEADERS).status for path in paths)


def create(server: Server) -> Answer:
    return server.call("POST", "/v1/tasks", json.dumps({"title": "Later"}), HEADERS)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with Disk(tmp_path / "disk", MEBIBYTES) as disk:
        yield disk


def test_changes_are_refused_while_there_is_room_for_what_must_be_done(disk: Disk, tmp_path: Path) -> None:
    url = f"sqlite:///{disk.folder / 'dragoman.db'}"
    add_user(url, "anna", admin=True)
    with wholly(Server(url, config=f"[limits]\nfree_bytes = {8 << 20}\n")) as server:
        assert create(server).status == 201
        disk.fill(leave_bytes=7 << 20)
        refused = create(server)
        assert (refused.status, refused.json()["code"]) == (507, "storage_full")
        assert read(server) == (200, 200, 200)

        server.stop()
        server.start()
        add_user(url, "bert")
        command(url, "backup", str(tmp_path / "copy"))
        assert read(server) == (200, 200, 200)
        assert create(server).status == 507

        disk.clear()
        assert create(server).status == 201


REFUSED: dict[str, tuple[str, object, int, Callable[[Answer], bool]]] = {
    "native": ("/v1/tasks", {"title": "A"}, 507, lambda answer: answer.json()["code"] == "storage_full"),
    "genesys": (
        "/genesys/1/cs/services/start",
        {"service_type": "Kit", "contact_key": "kit"},
        503,
        lambda answer: answer.json()["exception"] == "Unavailable",
    ),
    "ibm_htm": (
        "/rest/bpm/htm/v1/task?taskTemplateID=$TEMPLATE",
        {"document": "D"},
        503,
        lambda answer: answer.json()["errorNumber"] == "CWTKA0052E",
    ),
    "onlyoffice_crm": (
        "/api/2.0/crm/task.json",
        {"title": "A", "deadline": "2031-04-10", "categoryId": 1},
        503,
        lambda answer: answer.json()["statusCode"] == 503,
    ),
    "carrierx_batch": (
        "/core/v2/phonenumber/dids",
        {"phonenumber": "12025550102"},
        503,
        lambda answer: answer.json()["errors"][0]["type"] == "unavailable",
    ),
}
"""By dialect: a change, and how it says that there is no room."""


def test_every_dialect_says_in_its_own_shape_that_there_is_no_room(sqlite_url: str, tmp_path: Path) -> None:
    add_user(sqlite_url, "anna", admin=True)
    with Server(sqlite_url) as server:
        known = {name: value for prepare in PREPARATIONS.values() for name, value in prepare(server).items()}
    with Server(sqlite_url, config=f"[limits]\nfree_bytes = {1 << 60}\n") as server:
        for path, body, status, fits in REFUSED.values():
            path = path.replace("$TEMPLATE", str(known["TEMPLATE"]))
            answer = server.call("POST", path, json.dumps(body), ANNA | JSON)
            assert (answer.status, fits(answer)) == (status, True), answer.text
            assert int(answer.headers["retry-after"]) <= 5
    assert set(REFUSED) == set(PREPARATIONS)


def test_a_copy_that_finds_no_room_leaves_nothing(disk: Disk, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'dragoman.db'}"
    add_user(url, "anna")
    disk.fill(leave_bytes=100_000)
    with pytest.raises(AssertionError, match="ended with 1"):
        command(url, "backup", str(disk.folder / "copy"))
    disk.clear()
    assert not list(disk.folder.iterdir())
