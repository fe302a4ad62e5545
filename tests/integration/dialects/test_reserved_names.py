"""Names of fields that one dialect shows beside extensions are reserved in all dialects: an extension of such a name
could be written natively and never be read back by that dialect's clients."""

from collections.abc import Iterator

import pytest

from tests.support.databases import quick_file
from tests.support.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with quick_file() as url:
        world = World(url)
        world.add("anna", admin=True)
        yield world
        world.close()


@pytest.mark.parametrize("name", ["started", "Task_Type", "TaskCard"])
def test_a_reserved_name_can_not_be_used_natively(name: str, world: World) -> None:
    _, task = world.native("anna", "POST", "/v1/tasks", {"title": "Call the printer"})
    status, problem = world.native("anna", "PUT", f"/v1/tasks/{task['number']}/extensions/{name}", {"a": 1})
    assert (status, problem["code"]) == (400, "invalid_name")


def test_another_name_can_be_used(world: World) -> None:
    _, task = world.native("anna", "POST", "/v1/tasks", {"title": "Call the printer"})
    status, _ = world.native("anna", "PUT", f"/v1/tasks/{task['number']}/extensions/started_by", {"a": 1})
    assert status in (200, 201)
