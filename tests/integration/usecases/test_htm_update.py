"""What an update through the Human Task Manager's face makes of a task, and what it shows of those of others."""

from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.dialects.ibm_htm.wire import ids
from dragoman.domain.case import CaseKind
from dragoman.domain.clock import Moment, later
from dragoman.domain.extension import Extension
from dragoman.domain.task import State, Task
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.ibm_htm import Stand, ask, furnish, make, update
from tests.support.shared_application import tenant_of
from tests.support.world import NOON, World

DAY = 86_400
READY, INACTIVE = Stand(State.READY), Stand(State.INACTIVE)


@pytest.fixture
def world(opened_on_sqlite: World) -> World:
    world = tenant_of(opened_on_sqlite, World)
    furnish(world)
    return world


def shown(world: World, task: Task) -> Any:
    status, details = ask(world, "Root", "GET", task)
    assert status == 200
    return details


def test_a_length_counts_from_when_the_task_was_ready_first(world: World) -> None:
    task = make(world, READY)
    world.clock.advance(3 * DAY)
    assert update(world, "Or", task, durationUntilDue="5days", durationUntilExpires="P6D")[0] == 200
    after = world.task(task.number)
    assert (after.due_at, after.expires_at) == (later(NOON, seconds=5 * DAY), later(NOON, seconds=6 * DAY))


def test_a_length_waits_for_the_start(world: World) -> None:
    task = make(world, INACTIVE)
    assert update(world, "Or", task, durationUntilDue="5days", durationUntilExpires="DURATION_INFINITE")[0] == 200
    assert world.task(task.number).due_at is None
    world.clock.advance(DAY)
    assert ask(world, "Or", "PUT", task, "?action=start&mode=async")[0] == 200
    after = world.task(task.number)
    assert (after.due_at, after.expires_at) == (later(NOON, seconds=6 * DAY), None)


def test_infinite_takes_the_moment_away_and_not_used_keeps_it(world: World) -> None:
    task = make(world, READY)
    update(world, "Or", task, durationUntilDue="5days")
    update(world, "Or", task, durationUntilDue="DURATION_NOT_USED")
    assert world.task(task.number).due_at == later(NOON, seconds=5 * DAY)
    update(world, "Or", task, durationUntilDue="DURATION_INFINITE")
    assert world.task(task.number).due_at is None


def test_a_length_that_is_over_expires_the_task_at_once(world: World) -> None:
    task = make(world, READY)
    world.clock.advance(3 * DAY)
    assert update(world, "Or", task, durationUntilExpires="1day", name="Over")[0] == 200
    after = world.task(task.number)
    assert (after.state, after.name, after.completed_at) == (State.EXPIRED, "Over", world.clock.now())


def test_what_was_shown_cut_to_seconds_and_is_sent_back_keeps_its_digits(world: World) -> None:
    fine = Moment(NOON + 365 * DAY * 10_000_000 + 1_234_567)
    task = make(world, READY, due_at=fine, due_local="2027-09-21T14:13:20", due_zone="UTC", expires_at=fine)
    told = shown(world, task)
    back = {name: told[name] for name in ("dueTime", "expirationTime")}
    assert update(world, "Or", task, **back)[0] == 200
    assert replace(world.task(task.number), modified_at=task.modified_at, row_version=task.row_version) == task


def test_a_new_due_time_lets_go_of_the_local_one(world: World) -> None:
    task = make(world, READY, due_at=NOON, due_local="2026-09-21T14:13:20", due_zone="UTC")
    update(world, "Or", task, dueTime="2031-01-01T00:00:00Z")
    after = world.task(task.number)
    assert (after.due_local, after.due_zone) == (None, None)


def test_an_update_without_a_change_is_a_touch_that_history_does_not_know(world: World) -> None:
    task = make(world, READY)
    world.clock.advance(60)
    assert update(world, "Or", task)[0] == 200
    after = world.task(task.number)
    assert (after.modified_at, after.revision) == (world.clock.now(), task.revision)


def test_long_texts_of_other_dialects_can_be_sent_back_but_not_made(world: World) -> None:
    task = make(world, READY, title="t" * 300, description="d" * 3_000)
    assert update(world, "Or", task, displayName="t" * 300, description="d" * 3_000)[0] == 200
    status, told = update(world, "Or", task, displayName="u" * 300)
    assert (status, told["errorNumber"]) == (400, "CWTKA0005E")


def test_what_others_attached_is_shown_and_sent_back_unharmed(world: World) -> None:
    note = {"note": Extension("Note", '{"a": 1.50}')}
    task = make(world, READY, properties={"long": "x" * 300}, extensions=note)
    told = shown(world, task)["customProperties"]
    assert told == {"Note": '{"a": 1.50}', "long": "x" * 254}
    assert update(world, "Ed", task, customProperties=told)[0] == 200
    after = world.task(task.number)
    assert (after.properties, after.extensions) == (task.properties, task.extensions)


def test_the_container_of_another_dialect_is_the_parent_context(world: World) -> None:
    def made(uow: UnitOfWork) -> tuple[str, int]:
        service = cases.add(uow, CaseKind.SERVICE, title="A service")
        return service.uid, tasks.add(uow, title="In it", case=service.number, creator=world.people["Or"].user).number

    service, number = world.core(made)
    task = world.task(number)
    told = shown(world, task)["parentContextID"]
    assert told == ids.render("_PI", service)
    assert update(world, "Or", task, parentContextID=told)[0] == 200
    assert world.task(number).extras == {}
    assert update(world, "Or", task, parentContextID="_PI:1.2.3.4")[0] == 200
    assert (shown(world, task)["parentContextID"], world.task(number).case) == ("_PI:1.2.3.4", task.case)


def test_nothing_is_shown_that_a_timer_has_overtaken(world: World) -> None:
    task = make(world, READY, expires_at=later(NOON, seconds=60), timing={"deleted": "PT1H"})
    world.clock.advance(60)
    assert shown(world, task)["state"] == "STATE_EXPIRED"
    status, told = ask(world, "PO", "PUT", task, "?action=claim")
    assert (status, told["errorMessageParameters"][0]) == (409, "STATE_EXPIRED")
    assert update(world, "Or", task, name="Over")[0] == 200
    assert world.task(task.number).state is State.EXPIRED
    world.clock.advance(3_600)
    assert ask(world, "Or", "GET", task)[0] == 404


def test_a_suspension_that_is_over_is_over_before_the_timer_says_so(world: World) -> None:
    task = make(world, Stand(State.CLAIMED))
    path = "?action=suspendAndCancelClaim&keepTaskData=false&duration=PT1H"
    assert ask(world, "Ow", "PUT", task, "/output", {"a": 1})[0] == 200
    assert ask(world, "Ow", "PUT", task, path)[0] == 200
    world.clock.advance(3_600)
    assert shown(world, task)["state"] == "STATE_READY"
    assert ask(world, "PO", "PUT", task, "?action=claim")[0] == 200
    after = world.task(task.number)
    assert (after.state, after.suspended, after.messages, after.timing) == (State.CLAIMED, False, {}, {})
    assert world.core(lambda uow: uow.messages.of(task.uid, "output")) is None


def test_facts_of_this_vendor_alone_are_kept_only_where_they_differ(world: World) -> None:
    task = make(world, INACTIVE)
    update(world, "Or", task, workBasketName="basket", supportsDelegation=False, businessRelevance=True)
    assert world.task(task.number).extras["ibm_htm"] == {"supportsDelegation": False, "businessRelevance": True}
    assert world.task(task.number).work_list == "basket"
    update(world, "Or", task, workBasketName=None, supportsDelegation=True, businessRelevance=False)
    assert world.task(task.number).extras == {}


def test_delegation_and_subtasks_can_be_shut_off(world: World) -> None:
    task, part = make(world, Stand(State.CLAIMED)), make(world, INACTIVE)
    update(world, "Ow", task, supportsDelegation=False, supportsSubTasks=False)
    status, told = ask(world, "Ow", "PUT", task, "/role/REASON_OWNER?action=transfer&toUser=PO")
    assert (status, told["errorNumber"]) == (409, "CWTKA0049E")
    start = f"?action=start&mode=async&relation=subTask&parentTaskID={ids.task_id(task.uid)}"
    status, told = ask(world, "Ad", "PUT", part, start)
    assert (status, told["errorNumber"]) == (409, "CWTKA0076E")
