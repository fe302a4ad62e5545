"""A batch as the dialects show it that know none, and that nothing but an explicit word decides it there."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.dialects.kit import Reply
from dragoman.domain.bulk import Batch, Status
from dragoman.domain.case import CaseKind
from dragoman.domain.contact import ContactKind
from dragoman.domain.errors import Conflict
from dragoman.domain.task import Task
from dragoman.usecases import purge as removal
from dragoman.usecases.background import timers
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.uow import UnitOfWork
from tests.cross_dialect.batches import batch_in
from tests.cross_dialect.conftest import tenant_beside
from tests.cross_dialect.names import said, tkiid
from tests.support.world import World

UNDER_REVIEW = (Status.CREATED, Status.IN_REVIEW)
RUNNING = (Status.APPROVED, Status.QUEUED, Status.RUNNING)
ENDED = (Status.COMPLETED, Status.STOPPED, Status.CANCELLED, Status.EXPIRED)

NATIVE_STATE = {
    Status.CREATED: "inactive",
    Status.IN_REVIEW: "ready",
    **dict.fromkeys(RUNNING, "running"),
    Status.CANARY_REVIEW: "ready",
    Status.PAUSED: "running",
    Status.COMPLETED: "completed",
    Status.STOPPED: "terminated",
    Status.CANCELLED: "terminated",
    Status.EXPIRED: "expired",
}
IBM_STATE = {
    Status.CREATED: "STATE_INACTIVE",
    Status.IN_REVIEW: "STATE_READY",
    **dict.fromkeys(RUNNING, "STATE_RUNNING"),
    Status.CANARY_REVIEW: "STATE_READY",
    Status.PAUSED: "STATE_RUNNING",
    Status.COMPLETED: "STATE_FINISHED",
    Status.STOPPED: "STATE_TERMINATED",
    Status.CANCELLED: "STATE_TERMINATED",
    Status.EXPIRED: "STATE_EXPIRED",
}


@pytest.fixture
def world(first_world: World, request: pytest.FixtureRequest) -> World:
    first_world.announces_batches = False  # they are led to their status past the use cases
    return tenant_beside(first_world, request.node.name)


# How it reads


@pytest.mark.parametrize("status", Status)
def test_a_batch_reads_as_a_task_of_that_state_natively(world: World, status: Status) -> None:
    batch = batch_in(world, status)
    found, shown = said(world, "GET", f"/v1/tasks/{batch.number}")
    assert found == 200
    assert (shown["kind"], shown["state"]) == ("batch", NATIVE_STATE[status])
    assert (shown["title"], shown["type"], shown["id"]) == ("PATCH 2 × task by id", "task", batch.uid)
    assert shown["creator"] is None or isinstance(shown["creator"], str)
    assert (shown["completed_at"] is not None) == (status in ENDED)


@pytest.mark.parametrize("status", Status)
def test_a_batch_reads_as_open_or_closed_in_crm(world: World, status: Status) -> None:
    batch = batch_in(world, status)
    found, shown = said(world, "GET", f"/api/2.0/crm/task/{batch.number}")
    assert found == 200
    assert shown["response"].get("isClosed", False) == (status in ENDED)
    assert shown["response"]["title"] == "PATCH 2 × task by id"
    wanted = "true" if status in ENDED else "false"
    _, listed = said(world, "GET", f"/api/2.0/crm/task/filter?isClosed={wanted}")
    assert [item["id"] for item in listed["response"]] == [batch.number]


@pytest.mark.parametrize("status", Status)
def test_a_batch_reads_as_active_or_completed_in_genesys(world: World, status: Status) -> None:
    batch = batch_in(world, status)
    inbox = world.task(batch.number).case
    found, shown = said(world, "GET", f"/services/{inbox}/tasks/{batch.number}")
    assert (found, shown["task_type"]) == (200, "PATCH 2 × task by id")
    assert ("completed" in shown) == (status in ENDED)
    if status is Status.CANCELLED:
        assert shown["disposition"] == "cancelled"
    elif status is Status.COMPLETED:
        assert (shown["disposition"], shown["disposition_desc"]) == ("completed", "1 of 2 done, 1 failed")
    word = "completed" if status in ENDED else "active"
    _, listed = said(world, "GET", f"/services/{inbox}/tasks/{word}")
    assert [item["task_id"] for item in listed] == [batch.number]


@pytest.mark.parametrize("status", Status)
def test_a_batch_reads_as_a_task_of_that_state_in_ibm(world: World, status: Status) -> None:
    batch = batch_in(world, status)
    found, shown = said(world, "GET", f"/rest/bpm/htm/v1/task/{tkiid(batch.uid)}")
    assert found == 200
    assert shown["state"] == IBM_STATE[status]
    assert (shown["displayName"], shown["kind"], shown["isAdHoc"]) == ("PATCH 2 × task by id", "KIND_HUMAN", True)
    assert ("completionTime" in shown) == (status in ENDED)


# Who reviews it


@dataclass(frozen=True)
class Review:
    """Ways of one dialect to say who reviews a batch."""

    dialect: str
    take: Callable[[Batch], tuple[str, str, Any]]
    give_back: Callable[[Batch], tuple[str, str, Any]]


CRM_TASK = {"title": "PATCH 2 × task by id", "deadline": "2031-05-04", "categoryid": 1}
BERT = "00000000-0000-7000-8000-000000000001"
REVIEWS = (
    Review(
        "native",
        lambda batch: ("POST", f"/v1/tasks/{batch.number}/claim", None),
        lambda batch: ("POST", f"/v1/tasks/{batch.number}/release", None),
    ),
    Review(
        "onlyoffice_crm",
        lambda batch: ("PUT", f"/api/2.0/crm/task/{batch.number}", {**CRM_TASK, "responsibleid": BERT}),
        lambda batch: ("PUT", f"/api/2.0/crm/task/{batch.number}", CRM_TASK),
    ),
    Review(
        "ibm_htm",
        lambda batch: ("PUT", f"/rest/bpm/htm/v1/task/{tkiid(batch.uid)}?action=claim", None),
        lambda batch: ("PUT", f"/rest/bpm/htm/v1/task/{tkiid(batch.uid)}?action=cancel", None),
    ),
)


@pytest.mark.parametrize("review", REVIEWS, ids=lambda review: review.dialect)
def test_a_batch_under_review_is_taken_and_given_back(world: World, review: Review) -> None:
    batch = batch_in(world, Status.IN_REVIEW, creator=BERT)
    world.people["bert"] = replace(world.people["bert"], is_reviewer=True)
    for way, state, owner in ((review.take, "claimed", BERT), (review.give_back, "ready", None)):
        method, target, body = way(batch)
        reply = world.ask("bert", method, target, b"" if body is None else json.dumps(body))
        assert reply.status == 200, reply.body
        task = world.task(batch.number)
        assert (task.state, task.assignee) == (state, owner)
        assert status_of(world, batch) is Status.IN_REVIEW


# What decides nothing


@dataclass(frozen=True)
class Attempt:
    """Something that ends, begins or deletes a task where it is said; refused for a batch, with this status."""

    name: str
    method: str
    target: str  # {number} {tkiid} {case} {contact} are the batch's
    refused: tuple[int, ...]
    body: Any = None
    statuses: tuple[Status, ...] = (Status.CREATED, Status.IN_REVIEW, Status.RUNNING, *ENDED)


IBM = "/rest/bpm/htm/v1/task/{tkiid}"
ATTEMPTS = (
    *(
        Attempt(f"native {verb}", "POST", f"/v1/tasks/{{number}}/{verb}", (409,))
        for verb in ("start", "suspend", "resume", "complete", "fail", "terminate", "expire", "reopen", "amend_outcome")
    ),
    Attempt("native delete", "DELETE", "/v1/tasks/{number}", (409,)),
    Attempt("native delete case", "DELETE", "/v1/cases/{case}?with_tasks=true", (409,)),
    Attempt("crm close", "PUT", "/api/2.0/crm/task/{number}/close", (403,)),
    Attempt("crm reopen", "PUT", "/api/2.0/crm/task/{number}/reopen", (403,)),
    Attempt("crm delete", "DELETE", "/api/2.0/crm/task/{number}", (403,)),
    Attempt("crm delete case", "DELETE", "/api/2.0/crm/case/{case}", (403, 404)),
    Attempt("crm delete contact", "DELETE", "/api/2.0/crm/contact/{contact}", (403,)),
    Attempt("native finish", "POST", "/v1/tasks/{number}/finish", (409,), {"code": "done"}),
    Attempt("genesys end", "POST", "/services/{case}/tasks/{number}/end", (409,), {"disposition": "done"}),
    Attempt("genesys end without a word", "POST", "/services/{case}/tasks/{number}/end", (409,), {}),
    Attempt("genesys delete service", "DELETE", "/services/{case}", (403,)),
    *(
        Attempt(f"ibm {action}", "PUT", f"{IBM}?action={action}", (409,), body)
        for action, body in (
            ("start&mode=async", None),
            ("complete", None),
            ("complete", {"decision": "done"}),
            ("suspend", None),
            ("suspendAndCancelClaim&keepTaskData=true&duration=P1D", None),
            ("resume", None),
            ("terminate", None),
        )
    ),
    Attempt("ibm expire", "PUT", f"{IBM}?action=update", (409,), {"expirationTime": "2020-01-01T00:00:00Z"}),
    Attempt(
        "ibm delete at once",
        "PUT",
        f"{IBM}?action=update",
        (409,),
        {"durationUntilDeleted": "DURATION_ZERO"},
        ENDED,  # before that it says what shall follow the end, and nothing follows a batch's
    ),
    Attempt(
        "ibm delete later",
        "PUT",
        f"{IBM}?action=update",
        (409,),
        {"deletionTime": "2020-01-01T00:00:00Z"},
    ),
    Attempt("ibm delete", "DELETE", IBM, (409,)),
)
HARMLESS = {
    # What is so already: nothing is decided by saying it again.
    (Status.COMPLETED, "native complete"),
    (Status.CANCELLED, "native terminate"),
    (Status.STOPPED, "native terminate"),
    *((status, "crm close") for status in ENDED),
    *((status, "crm reopen") for status in Status if status not in ENDED),
}


def status_of(world: World, batch: Batch) -> Status:
    status: Status = world.core(lambda uow: uow.batches.get(batch.number).status)
    return status


def everything(world: World, batch: Batch) -> tuple[Batch, Task, int]:
    """The batch, its task, and how long its history is."""

    def look(uow: UnitOfWork) -> tuple[Batch, Task, int]:
        history = uow.history.page("task", batch.number, after=0, limit=100)
        return uow.batches.get(batch.number), uow.tasks.get(batch.number), len(history)

    found: tuple[Batch, Task, int] = world.core(look)
    return found


def held_in(world: World, kind: CaseKind) -> dict[str, Any]:
    """A case and a contact for a batch to be linked to."""

    def make(uow: UnitOfWork) -> dict[str, int]:
        case = cases.add(uow, kind, title="Kept")
        contact = contacts.add(uow, ContactKind.PERSON, first_name="Ilze")
        return {"case": case.number, "contact": contact.number}

    made: dict[str, Any] = world.core(make)
    return made


@pytest.mark.parametrize(
    ("attempt", "status"),
    [(attempt, status) for attempt in ATTEMPTS for status in attempt.statuses],
    ids=lambda part: part.name if isinstance(part, Attempt) else str(part),
)
def test_nothing_that_is_said_elsewhere_decides_a_batch(world: World, attempt: Attempt, status: Status) -> None:
    kind = CaseKind.CASE if attempt.name.startswith("crm") else CaseKind.SERVICE
    linked = held_in(world, kind)
    batch = batch_in(world, status, **linked)
    before = everything(world, batch)
    target = attempt.target.format(number=batch.number, tkiid=tkiid(batch.uid), **linked)
    reply = world.ask("anna", attempt.method, target, b"" if attempt.body is None else json.dumps(attempt.body))
    assert everything(world, batch) == before
    if (status, attempt.name) not in HARMLESS:
        assert reply.status in attempt.refused, reply.body
        assert in_its_own_shape(attempt.name, reply.status, reply.body)


@pytest.mark.parametrize("action", ["suspend&duration=P1D", "resume", "cancel"])
def test_the_bulk_forms_of_ibm_pass_a_batch_by(world: World, action: str) -> None:
    batch = batch_in(world, Status.IN_REVIEW)
    before = everything(world, batch)
    status, told = said(world, "PUT", f"/rest/bpm/htm/v1/task?action={action}", {"taskIDs": [tkiid(batch.uid)]})
    assert (status, len(told["failedOperations"])) == (200, 1)
    assert everything(world, batch) == before


def test_timers_pass_a_batch_by(world: World) -> None:
    waiting, ended = batch_in(world, Status.IN_REVIEW), batch_in(world, Status.CANCELLED)
    for batch in (waiting, ended):
        times = {"expires_at": "2027-01-01T00:00:00Z", "delete_at": "2027-01-01T00:00:00Z"}
        assert said(world, "PATCH", f"/v1/tasks/{batch.number}", times)[0] == 200
    world.clock.advance(20 * 365 * 86_400)
    for name, timer in timers.TIMERS.items():
        assert world.core(lambda uow, timer=timer: timer.due(uow, uow.now, 10)) == [], name
    number = waiting.number
    for name in timers.TIMERS:  # nor if a worker should come upon one
        with suppress(Conflict):
            world.core(lambda uow, name=name: timers.fire(uow, timers.Fire(name, (number,))))
    assert [world.task(batch.number).state for batch in (waiting, ended)] == ["ready", "terminated"]
    assert status_of(world, waiting) is Status.IN_REVIEW


@pytest.mark.parametrize("dialect", ["native", "ibm"])
def test_the_reason_of_a_decision_is_as_short_elsewhere(world: World, dialect: str) -> None:
    batch = batch_in(world, Status.IN_REVIEW)
    before = everything(world, batch)
    assert decide_with(world, dialect, batch, "é" * 2_001).status == 400
    assert everything(world, batch) == before
    assert decide_with(world, dialect, batch, "é" * 2_000).status == 200
    assert everything(world, batch)[0].decisions[0].reason == "é" * 2_000


def decide_with(world: World, dialect: str, batch: Batch, reason: str) -> Reply:
    """Decide by an explicit word."""
    if dialect == "native":
        outcome = {"code": "approved", "text": reason}
        return world.ask("anna", "POST", f"/v1/tasks/{batch.number}/finish", json.dumps(outcome))
    message = {"decision": "approved", "reason": reason}
    path = IBM.format(tkiid=tkiid(batch.uid))
    return world.ask("anna", "PUT", f"{path}?action=complete", json.dumps(message))


def in_its_own_shape(name: str, status: int, body: Any) -> bool:
    told = json.loads(body)
    match name.partition(" ")[0]:
        case "native":
            return bool(told["status"] == status and told["code"] == "task_is_batch")
        case "crm":
            return bool(told["statusCode"] == status and told["error"]["message"])
        case "genesys":
            return bool(told["code"] == status and told["exception"])
    return bool(told["errorNumber"].startswith("CWTKA") and told["errorMessage"].startswith(told["errorNumber"]))


@pytest.mark.parametrize("claimed", [False, True])
@pytest.mark.parametrize("dialect", ["native", "onlyoffice_crm"])
def test_a_category_that_goes_leaves_its_batch_undecided(world: World, dialect: str, *, claimed: bool) -> None:
    fields = {"category": 5}
    batch = batch_in(world, Status.IN_REVIEW)
    said(world, "PATCH", f"/v1/tasks/{batch.number}", fields)
    if claimed:
        said(world, "POST", f"/v1/tasks/{batch.number}/claim")
    target = "/v1/categories/5?move_to=1" if dialect == "native" else "/api/2.0/crm/task/category/5"
    reply = world.ask("anna", "DELETE", target)
    assert reply.status < 500
    assert status_of(world, batch) is Status.IN_REVIEW
    assert world.task(batch.number).state == ("claimed" if claimed else "ready")


def test_a_service_whose_time_is_over_leaves_its_batch(world: World) -> None:
    linked = held_in(world, CaseKind.SERVICE)
    batch = batch_in(world, Status.IN_REVIEW, **linked)
    reply = world.ask("anna", "PUT", f"/services/{linked['case']}/expiration-time", json.dumps({"ttl": 0}))
    assert reply.status < 500
    world.core(lambda uow: removal.sweep(uow, removal.Sweep()))
    assert status_of(world, batch) is Status.IN_REVIEW
    assert world.task(batch.number).state == "ready"
