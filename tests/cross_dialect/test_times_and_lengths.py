"""A moment that one dialect sets stands against the length that another keeps beside it."""

from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.domain.task import Task
from dragoman.usecases.tasks import lifecycle as tasks
from tests.cross_dialect.names import said, tkiid
from tests.support.world import World

IBM = "/rest/bpm/htm/v1/task"
SET = "2035-01-01T00:00:00Z"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    world = World(database_url)
    world.add("anna", admin=True)
    yield world
    world.close()


def kept_for_days(world: World) -> Task:
    """A task of anna's that shall go three days after its end."""
    anna = world.people["anna"].user
    task: Task = world.core(lambda uow: tasks.add(uow, title="Call", assignee=anna))
    update(world, task, "P3D")
    return task


def update(world: World, task: Task, length: str) -> None:
    target = f"{IBM}/{tkiid(task.uid)}?action=update"
    assert said(world, "PUT", target, {"durationUntilDeleted": length})[0] == 200


def patch(world: World, task: Task, delete_at: str | None) -> None:
    assert said(world, "PATCH", f"/v1/tasks/{task.number}", {"delete_at": delete_at})[0] == 200


def do(world: World, task: Task, verb: str) -> Any:
    status, shown = said(world, "POST", f"/v1/tasks/{task.number}/{verb}")
    assert status == 200, shown
    return shown["delete_at"]


def length(world: World, task: Task) -> Any:
    return said(world, "GET", f"{IBM}/{tkiid(task.uid)}")[1].get("durationUntilDeleted")


def test_the_end_of_a_task_leaves_a_time_of_deletion_that_a_user_set(world: World) -> None:
    task = kept_for_days(world)
    patch(world, task, SET)
    assert length(world, task) == "DURATION_NOT_USED"
    assert do(world, task, "finish") == SET
    assert do(world, task, "reopen") == SET
    assert do(world, task, "fail") == SET


def test_a_task_whose_time_of_deletion_was_removed_stays(world: World) -> None:
    task = kept_for_days(world)
    assert do(world, task, "finish") == "2026-09-24T14:13:20Z"
    patch(world, task, None)
    do(world, task, "reopen")
    assert do(world, task, "finish") is None


def test_a_length_that_is_set_later_counts(world: World) -> None:
    task = kept_for_days(world)
    patch(world, task, SET)
    update(world, task, "P1D")
    assert length(world, task) == "P1D"
    assert do(world, task, "finish") == "2026-09-22T14:13:20Z"
