"""No face shows or accepts what a timer that is due has ended, also before it fires; and history says it once."""

import json
from functools import partial
from typing import Any

import pytest

from dragoman.domain.case import CaseKind
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Conflict
from dragoman.domain.task import State, Task, Verb
from dragoman.usecases.background import timers
from dragoman.usecases.batches.types import task_resources
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks.edits import Change
from tests.cross_dialect.names import said, tkiid
from tests.support.shared_application import tenant_of
from tests.support.world import NOON, World

SOON = later(NOON, seconds=10)
IBM = "/rest/bpm/htm/v1"
FACES = ("native", "genesys", "ibm", "crm")


@pytest.fixture
def world(opened: World) -> World:
    world = tenant_of(opened, World)
    world.add("anna", admin=True)
    world.add("bert")
    return world


def add(world: World, **fields: Any) -> Task:
    task: Task = world.core(lambda uow: tasks.add(uow, title="Call", name="call", **fields))
    return task


def due_of(timer: timers.Timer, uow: Any) -> list[int]:
    return timer.due(uow, uow.now, 100)


def fire(world: World) -> None:
    """Let all timers fire that are due."""
    for name, timer in timers.TIMERS.items():
        due = world.stored(partial(due_of, timer))
        if due:
            command = timers.Fire(name, tuple(due))
            world.app.executor.call(timers.fire, command, world.tenant, dialect="core", operation=f"timer.{name}")


def shown(world: World, face: str, task: Task) -> tuple[int, str | None]:
    """Status and state of a task as one face shows it: open, expired, other, or None."""
    case = 1 if task.case is None else task.case
    match face:
        case "native":
            status, body = said(world, "GET", f"/v1/tasks/{task.number}")
            return status, body["state"] if status == 200 else None
        case "genesys":
            status, body = said(world, "GET", f"/services/{case}/tasks/{task.number}")
            return status, ("expired" if "completed" in body else "open") if status == 200 else None
        case "ibm":
            status, body = said(world, "GET", f"{IBM}/task/{tkiid(task.uid)}")
            return status, body["state"].removeprefix("STATE_").lower() if status == 200 else None
    status, body = said(world, "GET", f"/api/2.0/crm/task/{task.number}")
    return status, ("expired" if body["response"].get("isClosed") else "open") if status == 200 else None


@pytest.mark.parametrize("face", FACES)
def test_a_task_whose_time_is_over_has_ended(world: World, face: str) -> None:
    task = add(world, expires_at=SOON)
    before = shown(world, face, task)
    assert before in ((200, "ready"), (200, "open"))
    world.clock.at = SOON
    assert shown(world, face, task) == (200, "expired")
    assert world.task(task.number).state is State.READY  # nothing but a timer stores it
    fire(world)
    assert shown(world, face, task) == (200, "expired")


@pytest.mark.parametrize("face", FACES)
def test_parts_at_any_depth_expire_with_their_parent(world: World, face: str) -> None:
    parent = add(world, expires_at=SOON)
    part = add(world, parent=parent.number)
    deeper = add(world, parent=part.number)
    world.clock.at = SOON
    assert [shown(world, face, task)[1] for task in (parent, part, deeper)] == ["expired"] * 3


@pytest.mark.parametrize("face", FACES)
def test_what_is_to_be_deleted_is_gone_with_its_parts(world: World, face: str) -> None:
    parent = add(world, delete_at=SOON)
    part = add(world, parent=parent.number)
    world.core(lambda uow: tasks.perform(uow, uow.tasks.get(parent.number), Verb.FINISH))
    world.clock.at = SOON
    assert [shown(world, face, task)[0] >= 400 for task in (parent, part)] == [True, True]
    assert world.task(part.number).number == part.number


@pytest.mark.parametrize("face", FACES)
def test_a_case_that_is_over_is_gone_with_its_tasks(world: World, face: str) -> None:
    case = world.core(lambda uow: cases.add(uow, CaseKind.SERVICE, expires_at=SOON))
    task = add(world, case=case.number)
    assert shown(world, face, task)[0] == 200
    world.clock.at = SOON
    assert shown(world, face, task)[0] >= 400
    assert said(world, "GET", f"/services/{case.number}")[0] == 404
    assert said(world, "GET", f"/v1/cases/{case.number}")[0] == 404
    assert said(world, "PATCH", f"/v1/tasks/{task.number}", {"title": "x"})[0] == 404
    assert said(world, "GET", "/v1/tasks")[1]["items"] == []
    assert said(world, "GET", "/v1/cases")[1]["items"] == [said(world, "GET", "/v1/cases/1")[1]]


@pytest.mark.parametrize("face", FACES)
def test_parts_outside_a_case_that_is_over_are_gone_with_what_they_are_parts_of(world: World, face: str) -> None:
    case = world.core(lambda uow: cases.add(uow, CaseKind.SERVICE, expires_at=SOON))
    parent = add(world, case=case.number)
    part = add(world, parent=parent.number)
    deeper = add(world, parent=part.number)
    assert [shown(world, face, task)[0] for task in (part, deeper)] == [200, 200]
    world.clock.at = SOON
    assert [shown(world, face, task)[0] >= 400 for task in (part, deeper)] == [True, True]
    assert said(world, "PATCH", f"/v1/tasks/{deeper.number}", {"title": "x"})[0] == 404
    assert listed(world, "/v1/tasks") == []
    fire(world)
    assert [shown(world, face, task)[0] >= 400 for task in (part, deeper)] == [True, True]


def test_a_case_completes_when_its_time_has_come(world: World) -> None:
    case = world.core(lambda uow: cases.add(uow, CaseKind.SERVICE, customer_key="k", auto_complete_at=SOON))
    world.clock.at = SOON
    assert "completed" in said(world, "GET", f"/services/{case.number}")[1]
    assert len(said(world, "GET", "/customers/k/services/completed")[1]) == 1
    assert said(world, "GET", "/customers/k/services/active")[1] == []
    assert said(world, "GET", f"/v1/cases/{case.number}")[1]["completed_at"] is not None


# Lists, counts, searches


def listed(world: World, target: str) -> list[int]:
    status, body = said(world, "GET", target)
    assert status == 200, body
    if isinstance(body, list):
        return [int(item["task_id"]) for item in body]
    if "response" in body:
        assert body.get("total", body["count"]) == len(body["response"])
        return [item["id"] for item in body["response"]]
    items = body["items"]
    return [item["number"] for item in items]


def test_lists_filter_by_the_state_that_is_shown(world: World) -> None:
    for fields in ({"expires_at": SOON}, {}, {"assignee": world.people["bert"].user, "expires_at": SOON}):
        add(world, **fields)
    world.clock.at = SOON
    assert listed(world, "/v1/tasks?state=ready") == [2]
    assert listed(world, "/v1/tasks?state=claimed") == []
    assert listed(world, "/v1/tasks?state=expired&sort=number") == [1, 3]
    assert listed(world, "/v1/tasks?state=expired,ready&sort=number") == [1, 2, 3]
    assert listed(world, "/v1/tasks?is_open=true") == [2]
    assert listed(world, "/v1/tasks?is_open=false&sort=-number") == [3, 1]
    assert listed(world, "/v1/tasks?q=call&state=ready") == [2]
    assert listed(world, "/api/2.0/crm/task/filter?isClosed=false") == [2]
    assert sorted(listed(world, "/api/2.0/crm/task/filter?isClosed=true")) == [1, 3]
    assert listed(world, "/services/1/tasks/active") == [2]
    assert listed(world, "/services/1/tasks/completed") == [1, 3]
    status, count = said(world, "GET", f"{IBM}/tasks/query/TASK/count?interactionFilter=ASSESS_AVAILABLE")
    assert (status, count["count"]) == (200, 1)


def test_pages_of_what_has_ended_go_on_behind_the_cursor(world: World) -> None:
    for place in range(6):
        add(world, expires_at=SOON if place % 2 else None)
    for number in (1, 3):
        world.core(lambda uow, number=number: tasks.perform(uow, uow.tasks.get(number), Verb.FINISH))
    world.clock.at = SOON
    found: list[int] = []
    target: str | None = "/v1/tasks?is_open=false&sort=number&limit=2"
    while target:
        _, page = said(world, "GET", target)
        found += [item["number"] for item in page["items"]]
        target = page.get("next")
        target = target and target.removeprefix("http://127.0.0.1:8080")
    assert found == [1, 2, 3, 4, 6]


def orders(world: World) -> dict[str, list[Any]]:
    """The tasks in orders of what timers change."""
    found: dict[str, list[Any]] = {}
    for sort in ("state", "-state", "state,-number", "-state,title"):
        numbers: list[int] = []
        target: str | None = f"/v1/tasks?sort={sort}&limit=2"
        while target:
            _, page = said(world, "GET", target)
            numbers += [item["number"] for item in page["items"]]
            target = page.get("next") and page["next"].removeprefix("http://127.0.0.1:8080")
        found[sort] = numbers
    for sort in ("", "title", "deadline&sortOrder=descending", "contactmanager", "category"):
        found[f"crm {sort}"] = listed(world, f"/api/2.0/crm/task/filter?sortBy={sort}")
    for sort in ("STATE", "STATE DESC", "OWNER", "SUSPENDED", "IS_WAIT_FOR_SUB_TK"):
        target = f"{IBM}/tasks/query/TASK?admin=true&selectedAttributes=TKIID&sortAttributes={sort.replace(' ', '%20')}"
        found[f"ibm {sort}"] = [item["TKIID"] for item in said(world, "GET", target)[1]["items"]]
    return found


def test_lists_are_sorted_by_the_state_that_is_shown(world: World) -> None:
    anna, bert = (world.people[login].user for login in ("anna", "bert"))
    owned: list[dict[str, Any]] = [
        {"expires_at": SOON},
        {},
        {"assignee": bert, "expires_at": SOON},
        {"assignee": bert},
    ]
    for place, fields in enumerate(owned):
        add(world, due_at=later(NOON, seconds=place), **fields)
    asleep = add(world, assignee=anna)
    target = f"{IBM}/task/{tkiid(asleep.uid)}?action=suspendAndCancelClaim&keepTaskData=true&duration=PT10S"
    assert said(world, "PUT", target)[0] in (200, 204)
    add(world, parent=1)
    world.clock.advance(11)
    shown = orders(world)
    assert shown["state"] == [4, 1, 3, 6, 2, 5]
    assert shown["crm "] == [2, 4, 5, 1, 3, 6]
    fire(world)
    assert orders(world) == shown


def test_a_task_that_wakes_without_its_claim_is_offered_again(world: World) -> None:
    task = add(world, assignee=world.people["anna"].user)
    target = f"{IBM}/task/{tkiid(task.uid)}?action=suspendAndCancelClaim&keepTaskData=false&duration=PT10S"
    assert said(world, "PUT", target)[0] in (200, 204)
    world.clock.at = later(NOON, seconds=11)
    assert said(world, "GET", f"/v1/tasks/{task.number}")[1]["state"] == "ready"
    assert listed(world, "/v1/tasks?state=ready") == [task.number]
    assert listed(world, "/v1/tasks?state=claimed") == []
    assert listed(world, "/v1/tasks?suspended=true") == []
    assert listed(world, "/v1/tasks?suspended=false") == [task.number]
    assert listed(world, "/v1/tasks?assignee=me") == []
    assert listed(world, "/v1/tasks?unassigned=true") == [task.number]
    assert said(world, "POST", f"/v1/tasks/{task.number}/claim", who="bert")[0] == 200


# Changes


def claim(world: World, face: str, task: Task) -> int:
    if face == "native":
        return said(world, "POST", f"/v1/tasks/{task.number}/claim")[0]
    if face == "ibm":
        return said(world, "PUT", f"{IBM}/task/{tkiid(task.uid)}?action=claim")[0]
    if face == "crm":
        status, body = said(world, "PUT", f"/api/2.0/crm/task/{task.number}/close")
        assert body["response"]["isClosed"]  # it is closed already, which changes nothing
        return 409 if status == 200 else status
    content = {"disposition": "done"}
    return 409 if said(world, "POST", f"/services/1/tasks/{task.number}/end", content)[0] < 300 else 500


def operations(world: World, number: int) -> list[str]:
    rows = world.stored(lambda uow: uow.history.page("task", number))
    return [row.operation for row in rows][1:]


@pytest.mark.parametrize("face", FACES)
def test_what_has_expired_is_refused_and_its_timer_is_recorded_once(world: World, face: str) -> None:
    task = add(world, expires_at=SOON)
    world.clock.advance(12)
    assert claim(world, face, task) == 409
    stored = world.task(task.number)
    assert stored.state in (State.EXPIRED, State.COMPLETED)  # Genesys ends twice: it amends the outcome
    fire(world)
    assert operations(world, task.number)[0] == "timer.expire"
    assert operations(world, task.number).count("timer.expire") == 1


@pytest.mark.parametrize("dry", ["", "?dry_run=true"])
def test_a_change_after_the_moment_adds_to_what_the_timer_writes(world: World, dry: str) -> None:
    task = add(world, expires_at=SOON)
    world.clock.advance(12)
    status, body = said(world, "PATCH", f"/v1/tasks/{task.number}{dry}", {"title": "Late"})
    assert (status, body["state"], body["title"]) == (200, "expired", "Late")
    fire(world)
    assert operations(world, task.number) == ["timer.expire"] + ([] if dry else ["patch_task"])
    assert world.task(task.number).completed_at == SOON


def test_preconditions_see_what_the_timer_did(world: World) -> None:
    task = add(world, expires_at=SOON)
    before = world.ask("anna", "GET", f"/v1/tasks/{task.number}")
    etag = dict(before.headers).get("ETag") or dict(before.headers)["etag"]
    world.clock.at = SOON
    after = world.ask("anna", "GET", f"/v1/tasks/{task.number}", headers={"if-none-match": etag})
    assert after.status == 200
    shown_etag = next(value for name, value in after.headers if name.lower() == "etag")
    assert shown_etag != etag
    target = f"/v1/tasks/{task.number}"
    refused = world.ask("anna", "POST", f"{target}/reopen", headers={"if-match": etag})
    assert refused.status == 412
    taken = world.ask("anna", "POST", f"{target}/reopen", headers={"if-match": shown_etag})
    assert taken.status == 200, taken.body


def test_a_part_that_has_expired_is_not_waited_for(world: World) -> None:
    parent = add(world, assignee=world.people["anna"].user)
    add(world, parent=parent.number, expires_at=SOON)
    target = f"{IBM}/task/{tkiid(parent.uid)}"
    assert said(world, "GET", target)[1]["isWaitingForSubTask"] is True
    assert said(world, "PUT", f"{target}?action=complete")[0] == 409
    world.clock.at = SOON
    assert said(world, "GET", target)[1]["isWaitingForSubTask"] is False
    assert said(world, "PUT", f"{target}?action=complete")[0] in (200, 204)


def test_a_batch_over_tasks_finds_what_has_expired(world: World) -> None:
    task = add(world, expires_at=SOON)
    world.clock.at = SOON

    def work(uow: Any) -> list[str]:
        task_resources.find(uow, "id", [str(task.number)])
        apply = task_resources.changing(uow, Change(0), "completed")
        parts = uow.entries()
        try:
            parts.attempt(apply, task.number)
        except Conflict as refused:
            return [refused.code]
        return []

    assert world.core(work) == ["task_ended"]
    assert operations(world, task.number) == ["timer.expire"]


def test_moments_that_have_passed_are_those_of_the_timer(world: World) -> None:
    task = add(world, expires_at=SOON)
    world.clock.advance(3_600)
    _, before = said(world, "GET", f"/v1/tasks/{task.number}")
    fire(world)
    _, after = said(world, "GET", f"/v1/tasks/{task.number}")
    assert {name for name in before if before[name] != after[name]} <= {"modified_at"}
    assert json.dumps(before["completed_at"]) == json.dumps(after["completed_at"])
    assert world.task(task.number).completed_at == Moment(SOON)
