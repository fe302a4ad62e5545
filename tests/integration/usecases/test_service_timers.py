"""What becomes of Genesys services by themselves: completed after a time, or gone with all that they hold."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.jobs.loops.timers import Loop
from tests.support.batches import Immediate
from tests.support.world import World


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    world = World(sqlite_url)
    world.add("anna", admin=True)
    yield world
    world.close()


def genesys(world: World, method: str, path: str, content: Any = None) -> tuple[int, Any]:
    reply = world.ask("anna", method, f"/genesys/1/cs{path}", b"" if content is None else json.dumps(content))
    return reply.status, json.loads(reply.body) if reply.body else None


def start(world: World, **given: Any) -> int:
    """A service that begins now, with a task."""
    status, made = genesys(world, "POST", "/services/start", {"contact_key": "anna", **given})
    assert status == 201, made
    service: int = made["service_id"]
    status, made = genesys(world, "POST", f"/services/{service}/tasks/start", {"task_type": "call"})
    assert status == 201, made
    return service


def wait(world: World, seconds: float) -> int:
    """Let time pass and the timers fire; how many did."""
    world.clock.advance(seconds)
    return asyncio.run(Loop(Immediate(world.app)).look())


def test_a_service_completes_after_its_time_and_its_task_goes_on(world: World) -> None:
    service = start(world, auto_complete_after=60)
    assert wait(world, 59) == 0
    assert "completed" not in genesys(world, "GET", f"/services/{service}")[1]
    assert wait(world, 1) == 1
    _, shown = genesys(world, "GET", f"/services/{service}?active_tasks=true")
    assert "timestamp" in shown["completed"]
    assert [task["task_type"] for task in shown["active_tasks"]] == ["call"]
    assert wait(world, 60) == 0


def test_a_service_that_was_completed_keeps_its_end(world: World) -> None:
    service = start(world, auto_complete_after=60)
    assert genesys(world, "POST", f"/services/{service}/end", {"disposition": "sold"})[0] == 204
    before = genesys(world, "GET", f"/services/{service}")[1]
    assert wait(world, 60) == 0
    assert genesys(world, "GET", f"/services/{service}")[1] == before


@pytest.mark.parametrize("given", [{"ttl": 60}, {"ttl": 60, "auto_complete_after": 60}])
def test_a_service_whose_time_is_over_goes_with_all_it_holds(world: World, given: dict[str, int]) -> None:
    service = start(world, **given)
    assert wait(world, 59) == 0
    assert wait(world, 1) == 1
    assert genesys(world, "GET", f"/services/{service}")[0] == 404
    assert world.core(lambda uow: (uow.cases.find(service), uow.tasks.of_case(service))) == (None, [])


def test_an_end_of_life_that_is_moved_counts_anew(world: World) -> None:
    service = start(world, ttl=60)
    assert genesys(world, "PUT", f"/services/{service}", {"ttl": 120})[0] == 200
    assert wait(world, 60) == 0
    assert wait(world, 60) == 1
    assert genesys(world, "GET", f"/services/{service}")[0] == 404
