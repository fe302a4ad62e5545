"""What an update through the Human Task Manager's face makes of a task, and what it shows of those of others."""

from collections.abc import Iterator
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
from tests.support.application import NOON, Desk
from tests.support.ibm_htm import Stand, ask, furnish, make, update

DAY = 86_400
READY, INACTIVE = Stand(State.READY), Stand(State.INACTIVE)


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    desk = Desk(sqlite_url)
    furnish(desk)
    yield desk
    desk.close()


def shown(desk: Desk, task: Task) -> Any:
    status, details = ask(desk, "Root", "GET", task)
    assert status == 200
    return details


def test_a_length_counts_from_when_the_task_was_ready_first(desk: Desk) -> None:
    task = make(desk, READY)
    desk.clock.advance(3 * DAY)
    assert update(desk, "Or", task, durationUntilDue="5days", durationUntilExpires="P6D")[0] == 200
    after = desk.task(task.number)
    assert (after.due_at, after.expires_at) == (later(NOON, seconds=5 * DAY), later(NOON, seconds=6 * DAY))


def test_a_length_waits_for_the_start(desk: Desk) -> None:
    task = make(desk, INACTIVE)
    assert update(desk, "Or", task, durationUntilDue="5days", durationUntilExpires="DURATION_INFINITE")[0] == 200
    assert desk.task(task.number).due_at is None
    desk.clock.advance(DAY)
    assert ask(desk, "Or", "PUT", task, "?action=start&mode=async")[0] == 200
    after = desk.task(task.number)
    assert (after.due_at, after.expires_at) == (later(NOON, seconds=6 * DAY), None)


def test_infinite_takes_the_moment_away_and_not_used_keeps_it(desk: Desk) -> None:
    task = make(desk, READY)
    update(desk, "Or", task, durationUntilDue="5days")
    update(desk, "Or", task, durationUntilDue="DURATION_NOT_USED")
    assert desk.task(task.number).due_at == later(NOON, seconds=5 * DAY)
    update(desk, "Or", task, durationUntilDue="DURATION_INFINITE")
    assert desk.task(task.number).due_at is None


def test_a_length_that_is_over_expires_the_task_at_once(desk: Desk) -> None:
    task = make(desk, READY)
    desk.clock.advance(3 * DAY)
    assert update(desk, "Or", task, durationUntilExpires="1day", name="Over")[0] == 200
    after = desk.task(task.number)
    assert (after.state, after.name, after.completed_at) == (State.EXPIRED, "Over", desk.clock.now())


def test_what_was_shown_cut_to_seconds_and_is_sent_back_keeps_its_digits(desk: Desk) -> None:
    fine = Moment(NOON + 365 * DAY * 10_000_000 + 1_234_567)
    task = make(desk, READY, due_at=fine, due_local="2027-09-21T14:13:20", due_zone="UTC", expires_at=fine)
    told = shown(desk, task)
    back = {name: told[name] for name in ("dueTime", "expirationTime")}
    assert update(desk, "Or", task, **back)[0] == 200
    assert replace(desk.task(task.number), modified_at=task.modified_at, row_version=task.row_version) == task


def test_a_new_due_time_lets_go_of_the_local_one(desk: Desk) -> None:
    task = make(desk, READY, due_at=NOON, due_local="2026-09-21T14:13:20", due_zone="UTC")
    update(desk, "Or", task, dueTime="2031-01-01T00:00:00Z")
    after = desk.task(task.number)
    assert (after.due_local, after.due_zone) == (None, None)


def test_an_update_without_a_change_is_a_touch_that_history_does_not_know(desk: Desk) -> None:
    task = make(desk, READY)
    desk.clock.advance(60)
    assert update(desk, "Or", task)[0] == 200
    after = desk.task(task.number)
    assert (after.modified_at, after.revision) == (desk.clock.now(), task.revision)


def test_long_texts_of_other_dialects_can_be_sent_back_but_not_made(desk: Desk) -> None:
    task = make(desk, READY, title="t" * 300, description="d" * 3_000)
    assert update(desk, "Or", task, displayName="t" * 300, description="d" * 3_000)[0] == 200
    status, told = update(desk, "Or", task, displayName="u" * 300)
    assert (status, told["errorNumber"]) == (400, "CWTKA0005E")


def test_what_others_attached_is_shown_and_sent_back_unharmed(desk: Desk) -> None:
    note = {"note": Extension("Note", '{"a": 1.50}')}
    task = make(desk, READY, properties={"long": "x" * 300}, extensions=note)
    told = shown(desk, task)["customProperties"]
    assert told == {"Note": '{"a": 1.50}', "long": "x" * 254}
    assert update(desk, "Ed", task, customProperties=told)[0] == 200
    after = desk.task(task.number)
    assert (after.properties, after.extensions) == (task.properties, task.extensions)


def test_the_container_of_another_dialect_is_the_parent_context(desk: Desk) -> None:
    def made(uow: UnitOfWork) -> tuple[str, int]:
        service = cases.add(uow, CaseKind.SERVICE, title="A service")
        return service.uid, tasks.add(uow, title="In it", case=service.number, creator=desk.people["Or"].user).number

    service, number = desk.core(made)
    task = desk.task(number)
    told = shown(desk, task)["parentContextID"]
    assert told == ids.render("_PI", service)
    assert update(desk, "Or", task, parentContextID=told)[0] == 200
    assert desk.task(number).extras == {}
    assert update(desk, "Or", task, parentContextID="_PI:1.2.3.4")[0] == 200
    assert (shown(desk, task)["parentContextID"], desk.task(number).case) == ("_PI:1.2.3.4", task.case)


def test_nothing_is_shown_that_a_timer_has_overtaken(desk: Desk) -> None:
    task = make(desk, READY, expires_at=later(NOON, seconds=60), timing={"deleted": "PT1H"})
    desk.clock.advance(60)
    assert shown(desk, task)["state"] == "STATE_EXPIRED"
    status, told = ask(desk, "PO", "PUT", task, "?action=claim")
    assert (status, told["errorMessageParameters"][0]) == (409, "STATE_EXPIRED")
    assert update(desk, "Or", task, name="Over")[0] == 200
    assert desk.task(task.number).state is State.EXPIRED
    desk.clock.advance(3_600)
    assert ask(desk, "Or", "GET", task)[0] == 404


def test_a_suspension_that_is_over_is_over_before_the_timer_says_so(desk: Desk) -> None:
    task = make(desk, Stand(State.CLAIMED))
    path = "?action=suspendAndCancelClaim&keepTaskData=false&duration=PT1H"
    assert ask(desk, "Ow", "PUT", task, "/output", {"a": 1})[0] == 200
    assert ask(desk, "Ow", "PUT", task, path)[0] == 200
    desk.clock.advance(3_600)
    assert shown(desk, task)["state"] == "STATE_READY"
    assert ask(desk, "PO", "PUT", task, "?action=claim")[0] == 200
    after = desk.task(task.number)
    assert (after.state, after.suspended, after.messages, after.timing) == (State.CLAIMED, False, {}, {})
    assert desk.core(lambda uow: uow.messages.of(task.uid, "output")) is None


def test_facts_of_this_vendor_alone_are_kept_only_where_they_differ(desk: Desk) -> None:
    task = make(desk, INACTIVE)
    update(desk, "Or", task, workBasketName="basket", supportsDelegation=False, businessRelevance=True)
    assert desk.task(task.number).extras["ibm_htm"] == {
        "workBasketName": "basket",
        "supportsDelegation": False,
        "businessRelevance": True,
    }
    update(desk, "Or", task, workBasketName=None, supportsDelegation=True, businessRelevance=False)
    assert desk.task(task.number).extras == {}


def test_delegation_and_subtasks_can_be_shut_off(desk: Desk) -> None:
    task, part = make(desk, Stand(State.CLAIMED)), make(desk, INACTIVE)
    update(desk, "Ow", task, supportsDelegation=False, supportsSubTasks=False)
    status, told = ask(desk, "Ow", "PUT", task, "/role/REASON_OWNER?action=transfer&toUser=PO")
    assert (status, told["errorNumber"]) == (409, "CWTKA0049E")
    start = f"?action=start&mode=async&relation=subTask&parentTaskID={ids.task_id(task.uid)}"
    status, told = ask(desk, "Ad", "PUT", part, start)
    assert (status, told["errorNumber"]) == (409, "CWTKA0076E")
