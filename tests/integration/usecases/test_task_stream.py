"""`GET /v1/tasks` as application/x-ndjson: all tasks of the list, a page in memory at a time."""

import json
from typing import Any

import pytest

from dragoman.store.repositories.tasks import Tasks
from tests.support.shared_application import tenant_of
from tests.support.world import World

NDJSON = "application/x-ndjson"
COUNT = 250


@pytest.fixture(scope="module")
def world(opened: World) -> World:
    """What all tests only read."""
    world = tenant_of(opened, World)
    world.add("anna")
    world.add("bert")
    for number in range(COUNT):
        world.native("anna", "POST", "/v1/tasks", {"title": f"Task {number % 7}", "priority": number % 3})
    return world


def lines(world: World, query: str = "", who: str = "anna") -> list[Any]:
    reply = world.ask(who, "GET", f"/v1/tasks{query}", headers={"Accept": NDJSON})
    assert (reply.status, reply.content_type) == (200, NDJSON)
    assert reply.body.endswith(b"\n") or not reply.body
    return [json.loads(line) for line in reply.body.splitlines()]


def pages(world: World, query: str) -> list[Any]:
    found, target = [], f"/v1/tasks?limit=90{query}"
    while target:
        _, page = world.native("anna", "GET", target)
        found += page["items"]
        target = page.get("next", "")
    return found


@pytest.mark.parametrize("query", ["", "sort=-title", "sort=-priority,title", "state=ready&sort=created"])
def test_the_lines_are_those_of_all_pages(world: World, query: str) -> None:
    assert lines(world, f"?{query}" if query else "") == pages(world, f"&{query}" if query else "")


def test_a_hundred_rows_are_in_memory_at_most(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, page = [], Tasks.bounded_page

    def counted(self: Tasks, *arguments: Any, **named: Any) -> Any:
        asked.append(named["limit"])
        return page(self, *arguments, **named)

    monkeypatch.setattr(Tasks, "bounded_page", counted)
    assert len(lines(world)) == COUNT
    assert len(asked) == 3
    assert max(asked) <= 100


def test_a_stream_shows_what_its_reader_may_see(world: World) -> None:
    assert len(lines(world, who="bert")) == len(pages_of("bert", world))


def pages_of(who: str, world: World) -> list[Any]:
    _, page = world.native(who, "GET", "/v1/tasks?limit=1000")
    items: list[Any] = page["items"]
    return items


def test_a_list_of_nothing_has_no_lines(world: World) -> None:
    assert lines(world, "?state=completed") == []
