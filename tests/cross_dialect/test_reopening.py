"""Reopening forgets a time of expiry that has passed; waking gives back only the claim that was cancelled."""

from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.domain.clock import later
from dragoman.domain.task import State, Task
from dragoman.usecases.tasks import lifecycle as tasks
from tests.cross_dialect.names import said, tkiid
from tests.support.world import NOON, World

SOON = later(NOON, seconds=10)
IBM = "/rest/bpm/htm/v1/task"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    world = World(database_url)
    world.add("anna", admin=True)
    world.add("bert")
    yield world
    world.close()


def add(world: World, **fields: Any) -> Task:
    task: Task = world.core(lambda uow: tasks.add(uow, title="Call", **fields))
    return task


REOPENINGS = {
    "native": ("POST", "/v1/tasks/{number}/reopen"),
    "crm": ("PUT", "/api/2.0/crm/task/{number}/reopen"),
}


@pytest.mark.parametrize("face", REOPENINGS)
def test_reopening_forgets_a_time_of_expiry_that_has_passed(world: World, face: str) -> None:
    task = add(world, expires_at=SOON)
    world.clock.at = SOON
    method, target = REOPENINGS[face]
    assert said(world, method, target.format(number=task.number))[0] == 200
    world.clock.advance(60)
    _, shown = said(world, "GET", f"/v1/tasks/{task.number}")
    assert (shown["state"], shown["expires_at"]) == ("ready", None)
    rows = world.stored(lambda uow: uow.history.page("task", task.number))
    assert [row.operation for row in rows][1] == "timer.expire"


@pytest.mark.parametrize("face", REOPENINGS)
def test_reopening_keeps_a_time_of_expiry_that_is_to_come(world: World, face: str) -> None:
    task = add(world, expires_at=SOON)
    assert said(world, "POST", f"/v1/tasks/{task.number}/finish")[0] == 200
    method, target = REOPENINGS[face]
    assert said(world, method, target.format(number=task.number))[0] == 200
    world.clock.at = SOON
    assert said(world, "GET", f"/v1/tasks/{task.number}")[1]["state"] == "expired"


def suspended(world: World) -> Task:
    """A task of anna's whose claim its suspension cancels."""
    task = add(world, assignee=world.people["anna"].user)
    target = f"{IBM}/{tkiid(task.uid)}?action=suspendAndCancelClaim&keepTaskData=true&duration=PT10S"
    assert said(world, "PUT", target)[0] < 300
    return task


def test_waking_gives_back_the_claim_that_was_cancelled(world: World) -> None:
    task = suspended(world)
    world.clock.advance(11)
    _, shown = said(world, "GET", f"/v1/tasks/{task.number}")
    assert (shown["state"], shown["assignee"], shown["suspended"]) == ("ready", None, False)


@pytest.mark.parametrize("later_claim", ["assign", "release and claim", "crm", "end and reopen"])
def test_waking_keeps_a_claim_that_was_made_later(world: World, later_claim: str) -> None:
    task, bert = suspended(world), world.people["bert"].user
    target = f"/v1/tasks/{task.number}"
    if later_claim == "assign":
        assert said(world, "POST", f"{target}/assign", {"assignee": "bert"})[0] == 200
    elif later_claim == "release and claim":
        assert said(world, "POST", f"{target}/release")[0] == 200
        assert said(world, "POST", f"{target}/assign", {"assignee": "bert"})[0] == 200
    elif later_claim == "crm":
        content = {"title": "Call", "deadline": "2031-01-01T00:00:00.0000000Z", "categoryId": 1, "responsibleid": bert}
        assert said(world, "PUT", f"/api/2.0/crm/task/{task.number}", content)[0] == 200
    else:
        assert said(world, "POST", f"{target}/finish")[0] == 200
        assert said(world, "POST", f"{target}/reopen")[0] == 200
        assert said(world, "POST", f"{target}/assign", {"assignee": "bert"})[0] == 200
        assert said(world, "POST", f"{target}/suspend", {"until": "2026-09-21T14:13:30Z"})[0] == 200
    world.clock.at = later(NOON, seconds=3_600 * 24 * 400)
    _, shown = said(world, "GET", target)
    assert (shown["state"], shown["assignee"], shown["suspended"]) == ("claimed", bert, False)
    assert world.task(task.number).state is State.CLAIMED
