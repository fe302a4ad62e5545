"""Pages of a list by a lower bound of moments: a client that goes on from the latest moment it saw misses nothing."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from dragoman.dialects.native.handlers import task_lists
from dragoman.domain.clock import to_datetime
from dragoman.store.repositories.tasks import Tasks
from tests.support.shared_application import tenant_of
from tests.support.world import World

COUNT = 4
SINCE = "/v1/tasks?modified_from=2020-01-01T00:00:00Z"


@pytest.fixture
def world(opened: World) -> World:
    world = tenant_of(opened, World)
    world.add("anna", admin=True)
    for number in range(1, COUNT + 1):
        world.native("anna", "POST", "/v1/tasks", {"title": f"Task {number}"})
    world.clock.advance(1)
    return world


def change(world: World, number: int) -> None:
    world.clock.advance(1)
    status, _ = world.native("anna", "PATCH", f"/v1/tasks/{number}", {"title": "changed"})
    assert status == 200


def titles(found: list[Any]) -> list[str]:
    return [task["title"] for task in found]


def test_later_pages_show_nothing_that_came_after_the_first(world: World) -> None:
    _, page = world.native("anna", "GET", f"{SINCE}&limit=2")
    found = page["items"]
    change(world, 1)  # it was shown already, and this is not seen any more
    change(world, 4)
    while "next" in page:
        _, page = world.native("anna", "GET", page["next"])
        found += page["items"]
    assert titles(found) == ["Task 1", "Task 2", "Task 3"]
    latest = max(task["modified_at"] for task in found)
    _, again = world.native("anna", "GET", f"/v1/tasks?modified_from={latest}")
    assert titles(again["items"]) == ["changed", "Task 2", "Task 3", "changed"]


def test_neither_does_the_rest_of_a_stream(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_lists, "ROWS_IN_MEMORY", 2)
    meanwhile: list[Callable[[], None]] = [lambda: None, lambda: change(world, 1), lambda: change(world, 4)]
    page = Tasks.bounded_page

    def changing(self: Tasks, *arguments: Any, **named: Any) -> Any:
        found = page(self, *arguments, **named)
        following.append(meanwhile.pop(0) if meanwhile else lambda: None)
        return found

    following: list[Callable[[], None]] = []
    run = world.app.executor._store.run

    def running(*arguments: Any, **named: Any) -> Any:
        result = run(*arguments, **named)
        if following:
            following.pop()()
        return result

    monkeypatch.setattr(Tasks, "bounded_page", changing)
    monkeypatch.setattr(world.app.executor._store, "run", running)
    reply = world.ask("anna", "GET", SINCE, headers={"Accept": "application/x-ndjson"})
    assert titles([json.loads(line) for line in reply.body.splitlines()]) == ["Task 1", "Task 2", "Task 3"]


def test_a_cursor_of_another_list_is_refused_as_before(world: World) -> None:
    _, page = world.native("anna", "GET", "/v1/tasks?limit=2")
    cursor = page["next"].partition("cursor=")[2]
    status, problem = world.native("anna", "GET", f"{SINCE}&limit=2&cursor={cursor}")
    assert (status, problem["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("column", ["created", "modified"])
def test_a_range_keeps_both_of_its_ends(world: World, column: str) -> None:
    now = to_datetime(world.clock.now()).isoformat().replace("+00:00", "Z")
    _, page = world.native("anna", "GET", f"/v1/tasks?{column}_from=2020-01-01T00:00:00Z&{column}_to={now}")
    assert len(page["items"]) == COUNT
    _, page = world.native("anna", "GET", f"/v1/tasks?{column}_from={now}&{column}_to=2100-01-01T00:00:00Z")
    assert page["items"] == []
