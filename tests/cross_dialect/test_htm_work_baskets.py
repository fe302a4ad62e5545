"""Work baskets: a task's list is one fact for every dialect, told by its history, taken back, and kept by an export."""

from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.domain.task import Task
from dragoman.domain.work_list import ListRole, WorkList
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import putting_back, restoring, work_lists
from tests.cross_dialect.names import said, tkiid
from tests.support.world import World

IBM = "/rest/bpm/htm/v1"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    world = World(database_url)
    world.add("anna", admin=True)
    world.add("bert")
    yield world
    world.close()


def made(world: World, **roles: Any) -> tuple[Task, WorkList]:
    """A task of another dialect, and a list."""
    task: Task = world.core(lambda uow: tasks.add(uow, title="Call", name="call", read=True))
    held = {ListRole(role): [str(world.people[name].user) for name in names] for role, names in roles.items()}
    return task, world.core(lambda uow: work_lists.create(uow, "Incoming", roles=held))


def transfer(world: World, task: Task, basket: str = "Incoming") -> int:
    query = f"action=transferToWorkBasket&taskID={tkiid(task.uid)}"
    return said(world, "PUT", f"{IBM}/workBasket/{basket}?{query}")[0]


def test_a_transfer_is_seen_by_other_dialects_and_told_by_history(world: World) -> None:
    task, _ = made(world)
    assert transfer(world, task) == 200
    native = said(world, "GET", f"/v1/tasks/{task.number}")[1]
    assert (native["work_list"], native["read"]) == ("Incoming", False)
    entry = said(world, "GET", f"/v1/tasks/{task.number}/history")[1]["items"][-1]
    assert (entry["dialect"], entry["operation"]) == ("ibm_htm", "basket.transfer")
    assert entry["changes"]["work_list"] == {"old": None, "new": "Incoming"}
    assert said(world, "GET", f"{IBM}/task/{tkiid(task.uid)}/history")[1]["items"][-1]["event"] == "TaskUpdated"


def test_a_transfer_is_taken_back_and_survives_deletion(world: World) -> None:
    task, _ = made(world)
    assert transfer(world, task) == 200
    world.core(lambda uow: tasks.remove(uow, uow.tasks.get(task.number)))
    world.core(lambda uow: restoring.restore_deleted(uow, restoring.Restore(task.number)))
    assert world.task(task.number).work_list == "Incoming"
    world.core(lambda uow: putting_back.put_back(uow, putting_back.PutBack(task.number, 2)))
    assert world.task(task.number).work_list is None


def test_making_a_list_has_a_history_and_an_event(world: World) -> None:
    _, basket = made(world)
    found = said(world, "GET", f"/v1/events?subject=work_lists/{basket.uid}")[1]["items"]
    assert [event["type"] for event in found] == ["work_list.created"]


def test_actions_name_a_transfer_where_the_task_may_be_taken_from_its_list(world: World) -> None:
    task, _ = made(world, transfer_initiator=["bert"], appender=["bert"])
    path = f"{IBM}/task/actions?taskIDs={tkiid(task.uid)}&actions=ACTION_TRANSFERTOWORKBASKET"

    def listed() -> list[str]:
        found = world.native("bert", "GET", path)[1]
        return [action for each in found["tasks"] for action in each["actions"]]

    assert listed() == []
    assert transfer(world, task) == 200
    assert listed() == ["ACTION_TRANSFERTOWORKBASKET"]
