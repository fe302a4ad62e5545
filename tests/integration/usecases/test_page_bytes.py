"""Pages of tasks end early, with their cursor, before they hold too many bytes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.store.unit import child_rows
from dragoman.usecases.tasks import lists
from tests.support.shared_application import tenant_of
from tests.support.world import World

LARGE = json.dumps("x" * 900_000)
EACH = 3
TASKS = 6


@pytest.fixture(scope="module")
def world(opened: World) -> World:
    """What all tests only read."""
    world = tenant_of(opened, World)
    world.add("anna")
    for number in range(TASKS):
        _, task = world.native("anna", "POST", "/v1/tasks", {"title": f"Task {number}"})
        for name in range(EACH):
            assert world.ask("anna", "PUT", f"/v1/tasks/{task['id']}/extensions/e{name}", LARGE).status == 200
    return world


def pages(world: World, target: str) -> Iterator[list[Any]]:
    while target:
        _, page = world.native("anna", "GET", target)
        yield page["items"]
        target = page.get("next", "")


def test_a_page_ends_before_it_has_too_many_bytes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    original = child_rows.with_extensions

    def counted(connection: Any, tenant: int, mapping: Any, entities: list[Any]) -> list[Any]:
        loaded.append(len(entities))
        return original(connection, tenant, mapping, entities)

    monkeypatch.setattr(child_rows, "with_extensions", counted)
    found = list(pages(world, "/v1/tasks?limit=1000&sort=-number"))
    assert [len(items) for items in found] == [3, 3]  # 8 MiB hold three of 2.7 MB
    assert [task["title"] for items in found for task in items] == [f"Task {number}" for number in range(5, -1, -1)]
    assert max(loaded) == 3


def test_a_task_beyond_the_bound_has_a_page_of_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE_BYTES", 1_000)
    assert [len(items) for items in pages(world, "/v1/tasks")] == [1] * TASKS


def test_long_pages_are_read_in_slices(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "SLICE", 2)
    monkeypatch.setattr(lists, "PAGE_BYTES", 100_000_000)
    assert [len(items) for items in pages(world, "/v1/tasks?limit=5")] == [5, 1]


def test_a_stream_holds_no_more(world: World) -> None:
    reply = world.ask("anna", "GET", "/v1/tasks", headers={"Accept": "application/x-ndjson"})
    assert len(reply.body.splitlines()) == TASKS
