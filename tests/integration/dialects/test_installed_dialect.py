"""A dialect of an installed package is served like those of this repository."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman.dialects import ENTRY_POINTS, discover
from tests.support.databases import quick_file
from tests.support.world import World

MODULE = """
import msgspec

from dragoman.command import Keys
from dragoman.dialects.kit import Dialect, OperationSpec, Reply, any_of
from dragoman.usecases.tasks import verbs


class Get(msgspec.Struct, frozen=True):
    task: int

    def keys(self):
        return Keys(tasks={self.task})


def render(task, request):
    return Reply(200, msgspec.json.encode({"id": task.number, "title": task.title}), "application/json")


DIALECT = Dialect(
    name="parcel",
    title="Parcel",
    prefixes=("/parcel/v1",),
    operations=(
        OperationSpec(
            name="parcel.show",
            method="GET",
            path="/tasks/{id}",
            scopes=any_of("task.read"),
            parse=lambda request: Get(int(request.path["id"])),
            run=lambda uow, command: uow.tasks.get(command.task),
            render=render,
            summary="Read a task.",
        ),
    ),
    error=lambda error, request: Reply(404, error.code.encode(), "text/plain"),
    incident=lambda incident, request: Reply(500, incident.encode(), "text/plain"),
)
"""


@pytest.fixture
def parcel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package `dragoman-parcel`, installed."""
    (tmp_path / "dragoman_parcel.py").write_text(MODULE)
    metadata = tmp_path / "dragoman_parcel-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: dragoman-parcel\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\nparcel = dragoman_parcel:DIALECT\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    discover.cache_clear()
    yield
    discover.cache_clear()


@pytest.fixture
def world(parcel: None) -> Iterator[World]:
    with quick_file() as url:
        world = World(url)
        yield world
        world.close()


def test_a_dialect_of_an_installed_package_is_served(world: World) -> None:
    world.add("anna", admin=True)
    _, task = world.native("anna", "POST", "/v1/tasks", {"title": "Call the printer"})
    reply: Any = world.ask("anna", "GET", f"/parcel/v1/tasks/{task['number']}")
    assert (reply.status, json.loads(reply.body)) == (200, {"id": task["number"], "title": "Call the printer"})


def test_the_errors_of_an_installed_dialect_are_its_own(world: World) -> None:
    world.add("anna", admin=True)
    reply = world.ask("anna", "GET", "/parcel/v1/tasks/7")
    assert (reply.status, reply.body) == (404, b"task_not_found")
