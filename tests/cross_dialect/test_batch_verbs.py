"""Every verb on a batch of every status, on both wires of batches: what it leads to, or the code that refuses it.

The tables are those of REVIEWED-BULK.md 1, 3.6, 3.7, 4, 5, 6 and 7, read once for each wire (11).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import pytest

from dragoman.domain.bulk import Batch, Decision, Method, Status
from dragoman.usecases.batches.lifecycle import Options
from dragoman.usecases.tasks import lifecycle as tasks
from tests.cross_dialect.batches import batch_in
from tests.support.batches import BatchWorld
from tests.support.shared_application import tenant_of
from tests.support.world import World

CREATED, IN_REVIEW, APPROVED, QUEUED, RUNNING, CANARY, PAUSED, COMPLETED, STOPPED, CANCELLED, EXPIRED = Status
ENDED = (COMPLETED, STOPPED, CANCELLED, EXPIRED)
OPEN = tuple(status for status in Status if status not in ENDED)
NATIVE, CARRIERX = "/v1/batches/{number}", "/core/v2/batch/tasks/{uid}"
CONFLICT = 409
DONE = 300

Outcome = Status | str | int
"""What a verb leads to: a status, the code of a refusal, or the HTTP status of an answer that shows no status."""


@dataclass(frozen=True)
class Verb:
    """A request, and what becomes of it: `refused` in all statuses that `outcomes` doesn't name."""

    method: str
    path: str
    body: Any
    refused: Outcome
    outcomes: Mapping[Status, Outcome]

    @property
    def name(self) -> str:
        wire = "native" if self.path.startswith(NATIVE) else "carrierx"
        words = [self.method, self.path.removeprefix(NATIVE).removeprefix(CARRIERX), json.dumps(self.body)]
        return " ".join([wire, *filter(None, words)])

    def outcome(self, status: Status) -> Outcome:
        return self.outcomes.get(status, self.refused)


def each(statuses: tuple[Status, ...], outcome: Outcome | None = None) -> dict[Status, Outcome]:
    """The same outcome for all; None: each stays what it is."""
    return {status: status if outcome is None else outcome for status in statuses}


EXECUTING = (APPROVED, QUEUED, RUNNING)
APPROVE = {IN_REVIEW: APPROVED, APPROVED: APPROVED}
REFUSE = {IN_REVIEW: CANCELLED, CANCELLED: CANCELLED}
CANARY_DECIDED = {"continue": {CANARY: QUEUED}, "refuse": {CANARY: STOPPED}}
PAUSE = each((*EXECUTING, PAUSED), PAUSED)
RESUME = each((PAUSED, QUEUED), QUEUED)
STOP = each((*EXECUTING, PAUSED, CANARY, STOPPED), STOPPED)
DELETE = each((CREATED, IN_REVIEW, *ENDED), 204)
PREVIEW = {IN_REVIEW: CREATED}
RETRY = {COMPLETED: CREATED} | each((STOPPED, CANCELLED, EXPIRED), "nothing_to_retry")  # the first has a failure
UNDO = {COMPLETED: CREATED} | each((STOPPED, CANCELLED, EXPIRED), "nothing_to_undo")
OPTIONS = each(OPEN, 200)
LATE = each(ENDED, "batch_ended")


def native(method: str, path: str, body: Any, refused: Outcome, outcomes: Mapping[Status, Outcome]) -> Verb:
    return Verb(method, NATIVE + path, body, refused, outcomes)


def carrierx(method: str, path: str, body: Any, refused: Outcome, outcomes: Mapping[Status, Outcome]) -> Verb:
    return Verb(method, CARRIERX + path, body, refused, outcomes)


VERBS = (
    native("POST", "/approve", {}, "batch_not_in_review", {**APPROVE, **CANARY_DECIDED["continue"]}),
    native("POST", "/refuse", {}, "batch_not_in_review", {**REFUSE, **CANARY_DECIDED["refuse"]}),
    native("POST", "/pause", {}, "batch_not_running", PAUSE),
    native("POST", "/resume", {}, "batch_not_running", RESUME),
    native("POST", "/stop", {}, "batch_not_running", STOP),
    native("PATCH", "", {"priority": 7}, "batch_ended", OPTIONS),
    native("PATCH", "", {"canary": 2}, "batch_ended", OPTIONS | {CANARY: "too_late"}),
    native("PATCH", "", {"not_before": None}, "too_late", each((CREATED, IN_REVIEW), 200) | LATE),
    native("PATCH", "", {"review_expires_at": None}, "too_late", each((CREATED, IN_REVIEW), 200) | LATE),
    native("DELETE", "", None, "batch_executing", DELETE),
    native("POST", "/preview", None, "batch_not_in_review", PREVIEW),
    native("GET", "/results", None, 200, {}),
    native("POST", "/retry", {}, "batch_not_ended", RETRY),
    native("POST", "/undo", {}, "batch_not_ended", UNDO),
    carrierx("PATCH", "", {"status": "approved"}, "conflict", APPROVE),
    carrierx("PATCH", "", {"status": "cancelled"}, "conflict", REFUSE | {EXPIRED: EXPIRED}),  # it reads cancelled
    carrierx("PATCH", "/control", {"action": "pause"}, "batch_not_running", PAUSE),
    carrierx("PATCH", "/control", {"action": "resume"}, "batch_not_running", RESUME),
    carrierx("PATCH", "/control", {"action": "stop"}, "batch_not_running", STOP),
    carrierx("PATCH", "/control", {"action": "continue"}, "batch_not_in_review",
             CANARY_DECIDED["continue"] | {APPROVED: APPROVED, IN_REVIEW: "batch_not_running"}),
    carrierx("PATCH", "/control", {"action": "refuse"}, "batch_not_in_review",
             CANARY_DECIDED["refuse"] | {CANCELLED: CANCELLED, IN_REVIEW: "batch_not_running"}),
    carrierx("PATCH", "/control", {"priority": 7}, "batch_ended", OPTIONS),
    carrierx("PATCH", "/control", {"action": "stop", "priority": 7}, "batch_not_running",
             {**STOP, **LATE}),  # both or neither
    carrierx("DELETE", "", None, "conflict", DELETE),
    carrierx("POST", "/preview", {}, "batch_not_in_review", PREVIEW),
    carrierx("GET", "/results", None, 200, {}),
    carrierx("GET", "/errors", None, 200, {}),
    carrierx("POST", "/retry", {}, "batch_not_ended", RETRY),
    carrierx("POST", "/undo", {}, "batch_not_ended", UNDO),
)  # fmt: skip
SHOWN = {
    **{status: str(status) for status in Status},
    CANARY: "running", PAUSED: "running", STOPPED: "completed", EXPIRED: "cancelled",
}  # fmt: skip
"""Statuses as a CarrierX Task has them; `/control` has the core's."""
OUT_OF_REVIEW = "task is not pending review"
"""How CarrierX's own refusals are called (carrierx-batch.md 12)."""


@pytest.fixture
def world(opened: World) -> World:
    made = tenant_of(opened, World)
    made.add("anna", admin=True)
    return made


def ask(world: World, verb: Verb, batch: Batch, who: str = "anna") -> tuple[int, Any, Mapping[str, str]]:
    """Status, JSON and headers of the reply."""
    body = b"" if verb.body is None else json.dumps(verb.body).encode()
    reply = world.ask(who, verb.method, verb.path.format(number=batch.number, uid=batch.uid), body)
    return reply.status, json.loads(reply.body) if reply.body else None, dict(reply.headers)


def stored(world: World, batch: Batch) -> Batch | None:
    found: Batch | None = world.core(lambda uow: uow.batches.find(batch.number))
    return found


def check_refused(verb: Verb, code: str, status: int, told: Any) -> None:
    """The refusal in the wire's shape."""
    assert status == CONFLICT, told
    if verb.path.startswith(NATIVE):
        assert (told["code"], told["status"], told["title"]) == (code, CONFLICT, "Conflict")
        return
    [error] = told["errors"]
    assert error["type"] == code
    assert told["message"] == (OUT_OF_REVIEW if code == "conflict" else "Conflict")


def check_done(verb: Verb, outcome: Status, status: int, told: Any) -> None:
    """A good answer that shows the status."""
    assert status < DONE, told
    is_task = verb.path.startswith(CARRIERX) and not verb.path.endswith("/control")
    assert told["status"] == (SHOWN[outcome] if is_task else str(outcome)), told


# What a batch refuses before it is prepared, and once time has passed


def get(path: str) -> tuple[str, str, None]:
    return "GET", path, None


def post(path: str) -> tuple[str, str, dict[str, Any]]:
    return "POST", path, {}


def refusal(world: BatchWorld, batch: Batch, asked: tuple[str, str, Any]) -> set[tuple[int, str, str | None]]:
    """HTTP status, code and Retry-After of the refusal on each wire. The messages are the wire's for the status."""
    found = set()
    for wire in (NATIVE, CARRIERX):
        status, told, headers = ask(world, Verb(asked[0], wire + asked[1], asked[2], 0, {}), batch, "root")
        assert (told["title"] if wire == NATIVE else told["message"]) == HTTPStatus(status).phrase, told
        code = told["code"] if wire == NATIVE else told["errors"][0]["type"]
        found.add((status, code, headers.get("Retry-After")))
    return found


def shown(world: BatchWorld, batch: Batch) -> tuple[Any, str]:
    """The native document, and the status on the other wire."""
    native_answer, task = (ask(world, Verb("GET", wire, None, 0, {}), batch, "root")[1] for wire in (NATIVE, CARRIERX))
    return native_answer, task["status"]


@pytest.fixture
def working(opened: World) -> BatchWorld:
    """A tenant whose jobs run when a test says so. root administers."""
    made = tenant_of(opened, BatchWorld)
    made.add("root", admin=True)
    return made


def patching(world: BatchWorld, entries: list[Any], **named: Any) -> Batch:
    """A batch of anna's that gives tasks a priority, before any job has run."""
    number = world.order(Method.PATCH, "task", field="id", entries=entries, data={"priority": 7}, **named)
    return world.batch(number)


def a_task(world: BatchWorld) -> int:
    made: int = world.core(lambda uow: tasks.add(uow, title="One").number, world.people["anna"])
    return made


def test_before_it_is_prepared_there_is_nothing_to_show(working: BatchWorld) -> None:
    not_prepared = {(409, "batch_not_prepared", "1")}
    batch = patching(working, ["x"], review=True)
    assert refusal(working, batch, get("/preview")) == not_prepared
    body = json.dumps({"method": "PATCH", "type": "task", "select": {"state": ["ready"]}, "data": {"priority": 1}})
    selecting = json.loads(working.ask("root", "POST", "/v1/batches", body).body)["number"]
    status, told = working.native("root", "GET", f"/v1/batches/{selecting}/entries")
    assert (status, told["code"]) == (409, "batch_not_prepared")
    working.run_jobs()
    assert refusal(working, working.done(Method.DELETE, "task", field="id", entries=["x"]), get("/preview")) == {
        (409, "no_preview", None)
    }


def test_a_month_after_its_end_neither_preview_nor_images_are_kept(working: BatchWorld) -> None:
    batch = patching(working, [a_task(working)], review=True)
    working.run_jobs()
    working.decide(batch.number, Decision.APPROVE, working.people["root"])
    working.run_jobs()
    summary = shown(working, batch)[0]["summary"]
    assert summary["will_change"] == 1
    working.clock.advance(31 * 86_400)
    assert refusal(working, batch, get("/preview")) == {(410, "preview_gone", None)}
    assert refusal(working, batch, post("/undo")) == {(410, "images_gone", None)}
    document = shown(working, batch)[0]
    assert (document["summary"], document["undone_by"]) == (summary, None)


def test_a_review_that_nobody_ends_expires(working: BatchWorld) -> None:
    batch = patching(working, [a_task(working)], review=True)
    canary = patching(working, [a_task(working), "x"], options=Options(canary=1))
    working.run_jobs()
    assert [shown(working, each)[0]["status"] for each in (batch, canary)] == ["pending_review", "canary_review"]
    working.clock.advance(30 * 86_400 + 3)
    document, status = shown(working, batch)
    assert (document["status"], status, document["ended_because"]["code"]) == ("expired", "cancelled", "review_expired")
    assert document["counts"] == dict.fromkeys(document["counts"], 0) | {"total": 1}
    document, status = shown(working, canary)
    assert (document["status"], status, document["ended_because"]["code"]) == ("stopped", "completed", "review_expired")
    assert (document["counts"]["processed"], document["counts"]["skipped"]) == (1, 1)


# Verbs, status by status. These batches are led to their status past the jobs, which stay behind


@pytest.mark.parametrize("status", Status)
def test_each_verb_leads_where_it_should_or_changes_nothing(world: World, status: Status) -> None:
    shared = batch_in(world, status, who=world.people["anna"])
    for verb in VERBS:
        outcome = verb.outcome(status)
        batch = shared
        if isinstance(outcome, Status) or outcome == 204 or verb.method == "PATCH":
            batch = batch_in(world, status, who=world.people["anna"])
        answered, told, _ = ask(world, verb, batch)
        after = stored(world, batch)
        try:
            match outcome:
                case Status():
                    check_done(verb, outcome, answered, told)
                    assert after is not None
                    is_new = verb.path.endswith(("/retry", "/undo"))
                    assert after.status is (status if is_new else outcome)
                    assert is_new or (after == batch) is (status is outcome)
                case str():
                    check_refused(verb, outcome, answered, told)
                    assert after == batch
                case 204:
                    assert (answered, after) == (204, None)
                case _:
                    assert answered == outcome, told
                    assert verb.method != "GET" or after == batch
        except AssertionError as fault:
            raise AssertionError(f"{verb.name} in {status}: {fault}") from fault
