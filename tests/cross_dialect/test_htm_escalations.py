"""Escalations: fired once, by timers or a late change; seen by every dialect; kept through deletion and undo."""

from functools import partial
from typing import Any

import pytest

from dragoman.dialects.ibm_htm.wire import ids
from dragoman.domain.clock import Moment, later
from dragoman.domain.escalation import Escalation, EscalationState, Increase
from dragoman.domain.task import Task, Verb
from dragoman.domain.work_item import Role, WorkItem
from dragoman.usecases.background import timers
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import putting_back, restoring
from tests.cross_dialect.names import said, tkiid
from tests.support.shared_application import tenant_of
from tests.support.world import NOON, World

IBM, DAY = "/rest/bpm/htm/v1", 86_400.0
ESCALATED, SUPERFLUOUS, WAITING = EscalationState.ESCALATED, EscalationState.SUPERFLUOUS, EscalationState.WAITING


@pytest.fixture
def world(opened: World) -> World:
    world = tenant_of(opened, World)
    world.add("anna", admin=True)
    for person in ("bert", "nina"):
        world.add(person)
    return world


def after(days: float) -> Moment:
    return later(NOON, seconds=days * DAY)


def watched(world: World, *more: Escalation, **fields: Any) -> Task:
    """A task that escalates to nina after a day."""
    nina, bert = (str(world.people[name].user) for name in ("nina", "bert"))
    late = Escalation("Late", after="1day", increase_priority=Increase.ONCE, receivers=(nina,))
    items = (WorkItem(Role.POTENTIAL_OWNER, bert),)
    given = {"title": "Call", "name": "call", "priority": 5, "work_items": items, "escalations": (late, *more)}
    made: Task = world.core(lambda uow: tasks.add(uow, **(given | fields)))
    return made


def fire(world: World) -> int:
    """Let every timer fire that is due; how many did."""
    fired = 0
    for name, timer in timers.TIMERS.items():
        due = world.stored(partial(lambda timer, uow: timer.due(uow, uow.now, 100), timer))
        if due:
            command = timers.Fire(name, tuple(due))
            done = world.app.executor.call(
                timers.fire, command, world.tenant, dialect="core", operation=f"timer.{name}"
            )
            fired += done.fired
    return fired


def stored(world: World, task: Task) -> Task:
    """The task as its row has it."""
    found: Task = world.stored(lambda uow: uow.tasks.get(task.number))
    return found


def states(task: Task) -> list[EscalationState]:
    return [one.state for one in task.escalations]


def test_a_timer_escalates_once_and_every_dialect_shows_it(world: World) -> None:
    task = watched(world)
    assert fire(world) == 0
    world.clock.at = after(1)
    assert said(world, "GET", f"/v1/tasks/{task.number}")[1]["escalated"] is True  # before the timer has fired
    assert stored(world, task).escalated is False
    assert fire(world) == 1
    assert fire(world) == 0
    left = stored(world, task)
    assert (left.escalated, left.priority, states(left), left.escalate_at) == (True, 6, [ESCALATED], None)
    native = said(world, "GET", f"/v1/tasks/{task.number}")[1]
    assert (native["priority"], native["escalations"][0]["state"]) == (6, "escalated")
    ibm = said(world, "GET", f"{IBM}/task/{tkiid(task.uid)}")[1]
    assert (ibm["isEscalated"], ibm["priority"]) == (True, 6)
    entry = said(world, "GET", f"/v1/tasks/{task.number}/history")[1]["items"][-1]
    assert (entry["dialect"], entry["operation"]) == ("core", "timer.escalate")
    assert {"escalated", "priority", "work_items", "escalations"} <= entry["changes"].keys()


def test_a_receiver_sees_the_task_from_then_on_and_changes_nothing(world: World) -> None:
    task = watched(world)
    assert world.native("nina", "GET", f"/v1/tasks/{task.number}")[0] == 404
    world.clock.at = after(1)
    fire(world)
    assert world.native("nina", "GET", f"/v1/tasks/{task.number}")[0] == 200
    assert [each["number"] for each in world.native("nina", "GET", "/v1/tasks")[1]["items"]] == [task.number]
    assert world.native("nina", "PATCH", f"/v1/tasks/{task.number}", {"title": "Mine"})[0] == 403
    assert world.native("nina", "POST", f"/v1/tasks/{task.number}/claim")[0] == 403


def test_a_change_after_the_time_finds_the_task_escalated(world: World) -> None:
    """The timer fires before a late claim, with the same history."""
    task = watched(world)
    world.clock.at = after(2)
    assert world.native("bert", "POST", f"/v1/tasks/{task.number}/claim")[0] == 200
    left = stored(world, task)
    assert (left.escalated, states(left), left.assignee) == (True, [ESCALATED], world.people["bert"].user)
    assert [each["operation"] for each in said(world, "GET", f"/v1/tasks/{task.number}/history")[1]["items"]][1:] == [
        "timer.escalate",
        "claim_task",
    ]


@pytest.mark.parametrize("verb", ["claim", "finish"])
def test_what_another_dialect_does_counts(world: World, verb: str) -> None:
    task = watched(world)
    assert world.native("bert", "POST", f"/v1/tasks/{task.number}/claim")[0] == 200
    if verb == "finish":
        assert said(world, "PUT", f"/api/2.0/crm/task/{task.number}/close")[0] == 200
        assert states(stored(world, task)) == [SUPERFLUOUS]
    world.clock.at = after(1)
    fire(world)
    assert (states(stored(world, task)), stored(world, task).escalated) == ([SUPERFLUOUS], False)


def test_a_repetition_fires_again_and_again(world: World) -> None:
    nina = str(world.people["nina"].user)
    often = Escalation("Often", after="1day", repeat="1day", increase_priority=Increase.REPEATED, receivers=(nina,))
    task = watched(world, escalations=(often,))
    for day in (1, 2, 3):
        world.clock.at = after(day)
        assert fire(world) == 1
    assert stored(world, task).priority == 8


def test_ending_is_taken_back_with_the_escalations(world: World) -> None:
    task = watched(world)
    world.core(lambda uow: tasks.perform(uow, uow.tasks.get(task.number), Verb.FINISH))
    assert states(stored(world, task)) == [SUPERFLUOUS]
    world.core(lambda uow: putting_back.put_back(uow, putting_back.PutBack(task.number, 2)))
    assert (states(stored(world, task)), stored(world, task).escalate_at) == ([WAITING], after(1))


def test_what_has_escalated_does_not_escalate_again_when_that_is_put_back(world: World) -> None:
    task = watched(world)
    world.clock.at = after(1)
    fire(world)
    world.core(lambda uow: putting_back.put_back(uow, putting_back.PutBack(task.number, 2)))
    left = stored(world, task)
    assert (left.escalated, left.priority, states(left)) == (False, 5, [ESCALATED])
    assert fire(world) == 0


def test_a_deleted_task_returns_with_its_escalations(world: World) -> None:
    task = watched(world)
    world.core(lambda uow: tasks.remove(uow, uow.tasks.get(task.number)))
    shown = f"{IBM}/escalation/{ids.escalation_id(task.uid, 0)}"
    assert said(world, "GET", shown)[0] == 404
    world.clock.at = after(2)
    assert fire(world) == 0
    world.core(lambda uow: restoring.restore_deleted(uow, restoring.Restore(task.number)))
    assert said(world, "GET", shown)[1]["state"] == "STATE_ESCALATED"
    assert fire(world) == 1


def test_timers_of_before_a_stop_fire_at_the_next_look(world: World) -> None:
    task = watched(world, Escalation("Next", after="1hour"))
    world.clock.at = after(30)
    assert fire(world) == 1
    assert states(stored(world, task)) == [ESCALATED, ESCALATED]


@pytest.mark.parametrize(
    ("method", "target"), [("POST", "/v1/tasks/{number}/finish"), ("PUT", "/api/2.0/crm/task/{number}/close")]
)
def test_history_of_ibm_tells_who_finished_a_task_in_another_dialect(world: World, method: str, target: str) -> None:
    task: Task = world.core(lambda uow: tasks.add(uow, title="Call", name="call"))
    assert said(world, "POST", f"/v1/tasks/{task.number}/assign", {"assignee": "bert"})[0] == 200
    assert said(world, method, target.format(number=task.number), who="bert")[0] == 200
    shown = f"{IBM}/task/{tkiid(task.uid)}"
    assert said(world, "GET", shown)[1]["owner"] == "bert"
    last = said(world, "GET", f"{shown}/history")[1]["items"][-1]
    assert (last["event"], last["principal"]) == ("TaskCompleted", "bert")
