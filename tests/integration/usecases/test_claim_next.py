"""claimNext where other transactions take what was found in the meantime (ibm-htm-2.md, E)."""

from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.dialects.ibm_htm.handlers.claim_next import Candidates
from dragoman.usecases.tasks import lifecycle as tasks
from tests.cross_dialect.names import said, tkiid
from tests.support.world import World

CLAIM = "/rest/bpm/htm/v1/task?action=claimNext&query=TASK"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    world = World(database_url)
    for login in ("anna", "bert"):
        world.add(login)
    yield world
    world.close()


@pytest.fixture
def found(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of three tasks that a look finds; bert claims the first two behind it."""
    made = [world.core(lambda uow: tasks.add(uow, title="Call", name="call")) for _ in range(3)]
    for task in made[:2]:
        assert said(world, "POST", f"/v1/tasks/{task.number}/claim", who="bert")[0] == 200
    numbers = [task.number for task in made]
    monkeypatch.setattr(Candidates, "_first", lambda self, uow, limit: numbers)
    return [tkiid(task.uid) for task in made]


def claimed(world: World, query: str = "") -> tuple[int, Any]:
    return said(world, "PUT", CLAIM + query)


def test_the_next_is_tried_after_a_loss(world: World, found: list[str]) -> None:
    status, task = claimed(world)
    assert (status, task["tkiid"], task["owner"]) == (200, found[2], "anna")
    assert claimed(world)[0] == 404


@pytest.mark.usefixtures("found")
def test_all_that_may_be_tried_are_lost(world: World) -> None:
    for retries, tried in ((0, "1"), (1, "2")):
        status, refusal = claimed(world, f"&maxRetryCount={retries}")
        assert (status, refusal["errorNumber"], refusal["errorMessageParameters"]) == (409, "CWTKA0062E", [tried])
    assert claimed(world, "&maxRetryCount=2")[0] == 200
