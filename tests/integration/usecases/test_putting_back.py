"""A change that is put back: the effect of the opposite verb or the old values, by those who may do that, and not over
what somebody changed since."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.task import State, Task
from dragoman.domain.work_item import Role, WorkItem
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.databases import Databases
from tests.support.world import World


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.lent(request.param) as url:
        world = World(url)
        world.is_lawful = True
        for who in ("anna", "bert", "cara"):
            world.add(who, admin=who == "anna")
        yield world
        world.close()


def make(world: World, **fields: Any) -> Task:
    made: Task = world.core(lambda uow: tasks.add(uow, **{"title": "A task", **fields}), world.people["bert"])
    return made


def do(world: World, task: Task, verb: str, content: Any = None, who: str = "bert") -> Any:
    status, found = world.native(who, "POST", f"/v1/tasks/{task.number}/{verb}", content)
    assert status == 200, found
    return found


def undo(world: World, task: Task, revision: int, who: str = "bert") -> tuple[int, Any]:
    status, found = world.native(who, "POST", f"/v1/tasks/{task.number}/history/{revision}/undo")
    return status, found


def uid(world: World, who: str) -> str:
    return world.people[who].user or ""


VERBS: dict[str, tuple[str, Any, dict[str, Any], str]] = {
    "claim": ("", None, {"state": "ready", "assignee": None}, "task.released"),
    "assign": ("claim", {"assignee": "cara"}, {"state": "claimed", "assignee": "bert"}, "task.assigned"),
    "release": ("claim", None, {"state": "claimed", "assignee": "bert"}, "task.assigned"),
    "suspend": ("", {"until": "2100-01-01T00:00:00Z"}, {"suspended": False, "resume_at": None}, "task.resumed"),
    "resume": ("suspend", None, {"suspended": True}, "task.suspended"),
    "finish": ("claim", {"code": "c", "text": "t"}, {"state": "claimed", "outcome": None}, "task.reopened"),
    "fail": ("", {"code": "c"}, {"state": "ready", "completed_at": None}, "task.reopened"),
    "terminate": ("", None, {"state": "ready"}, "task.reopened"),
    "reopen": ("finish", None, {"state": "completed"}, "task.completed"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_the_opposite_of_a_verb(world: World, verb: str) -> None:
    before, content, expected, event = VERBS[verb]
    task = make(world)
    if before:
        do(world, task, before)
    done = do(world, task, verb, content)
    status, found = undo(world, task, done["revision"])
    assert status == 200, found
    expected = {**expected, **({"assignee": uid(world, "bert")} if expected.get("assignee") == "bert" else {})}
    assert {name: found[name] for name in expected} == expected
    assert found["revision"] == done["revision"] + 1
    told = world.sql(
        "SELECT type FROM event WHERE entity = 'task' AND number = :number ORDER BY sequence DESC LIMIT 1",
        number=task.number,
    )
    assert told[0][0] == event


def test_the_parts_that_ended_with_their_whole_are_open_again(world: World) -> None:
    whole = make(world)
    part, before = make(world, parent=whole.number), make(world, parent=whole.number)
    do(world, before, "finish")
    world.clock.advance(1)
    done = do(world, whole, "finish")
    assert world.task(part.number).state is State.TERMINATED
    assert undo(world, whole, done["revision"])[0] == 200
    states = [world.task(each.number).state for each in (whole, part, before)]
    assert states == [State.READY, State.READY, State.COMPLETED]
    assert world.task(whole.number).open_children == 1


def test_what_was_changed_since_is_refused_with_both_values_and_leaves_all_as_it_is(world: World) -> None:
    task = make(world)
    for priority, box in ((1, {"a": 1, "b": 1}), (2, {"a": 2, "b": 2}), (3, {"a": 3, "b": 2})):
        patch = {"priority": priority, "extensions": {"Box": box}}
        assert world.native("bert", "PATCH", f"/v1/tasks/{task.number}", patch)[0] == 200
    before = world.task(task.number)
    status, found = undo(world, task, 3)
    assert (status, found["code"]) == (409, "changed_since")
    assert found["clashes"] == [
        {"field": "priority", "before": 1, "now": 3},
        {"field": "extensions.Box.a", "before": 1, "now": 3},
    ]
    assert world.task(task.number) == before


def test_a_claim_that_went_to_somebody_else_is_not_taken_from_him(world: World) -> None:
    task = make(world)
    claimed = do(world, task, "claim")
    do(world, task, "assign", {"assignee": "cara"})
    status, found = undo(world, task, claimed["revision"])
    assert (status, found["clashes"]) == (409, [{"field": "assignee", "before": None, "now": uid(world, "cara")}])


def test_what_is_as_before_already_stores_nothing(world: World) -> None:
    task = make(world)
    claimed = do(world, task, "claim")
    released = do(world, task, "release")
    assert undo(world, task, claimed["revision"])[1]["revision"] == released["revision"]


def test_the_opposite_needs_its_own_permission(world: World) -> None:
    claimed = make(world, work_items=(WorkItem(Role.EDITOR, uid(world, "cara")),))
    done = do(world, claimed, "claim")
    assert undo(world, claimed, done["revision"], "cara")[0] == 403
    world.native("bert", "PATCH", f"/v1/tasks/{claimed.number}", {"title": "Anew"})
    assert undo(world, claimed, done["revision"] + 1, "cara")[0] == 200

    def without_items(uow: UnitOfWork) -> None:
        task = uow.tasks.get(claimed.number)
        tasks.save(uow, task, replace(task, work_items=(WorkItem(Role.EDITOR, uid(world, "bert")),)))

    world.core(without_items)
    revision = world.task(claimed.number).revision
    assert undo(world, claimed, revision, "bert")[0] == 403  # else an editor could make himself more than that
    assert undo(world, claimed, revision, "anna")[0] == 200
