"""Every verb on a batch of every status, on both wires of batches: what it leads to, or the code that refuses it.

The tables are those of REVIEWED-BULK.md 1, 3.6, 3.7, 4, 5, 6 and 7, read once for each wire (11).
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import pytest

from dragoman.domain.bulk import Batch, Decision, Method, Status
from dragoman.domain.clock import later
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
GONE, DONE, CONFLICT = 204, 300, 409

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
    def is_native(self) -> bool:
        return self.path.startswith(NATIVE)

    @property
    def makes_another(self) -> bool:
        return self.path.endswith(("/retry", "/undo"))

    @property
    def is_conditional(self) -> bool:
        """Whether it takes If-Match. Of CarrierX's, decisions and control do."""
        return self.method == "PATCH" or (self.is_native and self.method != "GET" and not self.makes_another)

    @property
    def name(self) -> str:
        wire = "native" if self.is_native else "carrierx"
        words = [self.method, self.path.removeprefix(NATIVE).removeprefix(CARRIERX), json.dumps(self.body)]
        return " ".join([wire, *filter(None, words)])

    def outcome(self, status: Status) -> Outcome:
        return self.outcomes.get(status, self.refused)


def is_refusal(outcome: Outcome) -> bool:
    return isinstance(outcome, str) and not isinstance(outcome, Status)


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
DELETE = each((CREATED, IN_REVIEW, *ENDED), GONE)
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


def ask(
    world: World, verb: Verb, batch: Batch, who: str = "anna", *, query: str = "", if_match: str | None = None
) -> tuple[int, Any, Mapping[str, str]]:
    """Status, JSON and headers of the reply."""
    body = b"" if verb.body is None else json.dumps(verb.body).encode()
    target = verb.path.format(number=batch.number, uid=batch.uid) + query
    reply = world.ask(who, verb.method, target, body, {} if if_match is None else {"If-Match": if_match})
    return reply.status, json.loads(reply.body) if reply.body else None, dict(reply.headers)


def stored(world: World, batch: Batch) -> Batch | None:
    found: Batch | None = world.core(lambda uow: uow.batches.find(batch.number))
    return found


def check(verb: Verb, outcome: Outcome, status: int, told: Any) -> None:
    """The answer is the outcome, in the wire's shape."""
    match outcome:
        case Status():
            is_task = not verb.is_native and not verb.path.endswith("/control")
            assert status < DONE, told
            assert told["status"] == (SHOWN[outcome] if is_task else str(outcome)), told
        case str() if verb.is_native:
            assert (status, told.get("code"), told["title"]) == (CONFLICT, outcome, "Conflict"), told
        case str():
            message = OUT_OF_REVIEW if outcome == "conflict" else "Conflict"
            assert (status, told["message"], told["errors"][0]["type"]) == (CONFLICT, message, outcome), told
        case _:
            assert status == outcome, told


@contextmanager
def naming(verb: Verb, status: Status) -> Iterator[None]:
    """Let a failure name the verb."""
    try:
        yield
    except AssertionError as fault:
        raise AssertionError(f"{verb.name} in {status}: {fault}") from fault


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


def test_a_batch_lives_alike_on_both_wires(working: BatchWorld) -> None:
    options = Options(canary=1, not_before=later(working.clock.now(), seconds=3_600))
    batch = patching(working, [a_task(working), "x"], review=True, options=options)

    def status() -> tuple[str, str]:
        document, task = shown(working, batch)
        counts = list(document["counts"].values())
        assert all(count is None for count in counts) is (document["status"] == "created")
        return document["status"], task

    def do(path: str, body: Any, method: str = "POST") -> tuple[str, str]:
        answered, told, _ = ask(working, Verb(method, path, body, 0, {}), batch, "root")
        assert answered == HTTPStatus.OK, told
        return status()

    def after_jobs() -> tuple[str, str]:
        working.run_jobs()
        return status()

    assert status() == ("created", "created")
    assert after_jobs() == ("pending_review", "pending_review")
    assert do(NATIVE + "/preview", {}) == ("created", "created")
    assert after_jobs() == ("pending_review", "pending_review")
    assert do(CARRIERX, {"status": "approved"}, "PATCH") == ("approved", "approved")
    assert after_jobs() == ("approved", "approved")  # not before its moment
    assert do(NATIVE + "/pause", {}) == ("paused", "running")
    assert do(CARRIERX + "/control", {"action": "resume"}, "PATCH") == ("queued", "queued")
    assert after_jobs() == ("queued", "queued")
    working.clock.advance(3_600)
    assert after_jobs() == ("canary_review", "running")
    assert do(CARRIERX + "/control", {"action": "continue"}, "PATCH") == ("queued", "queued")
    assert after_jobs() == ("completed", "completed")


# Verbs, status by status. These batches are led to their status past the jobs, which stay behind


@pytest.fixture(params=Status)
def status(request: pytest.FixtureRequest) -> Status:
    """Each in turn."""
    found: Status = request.param
    return found


def test_each_verb_leads_where_it_should_or_changes_nothing(world: World, status: Status) -> None:
    shared = batch_in(world, status, who=world.people["anna"])
    for verb in VERBS:
        outcome = verb.outcome(status)
        may_change = isinstance(outcome, Status) or outcome == GONE or verb.method == "PATCH"
        batch = batch_in(world, status, who=world.people["anna"]) if may_change else shared
        with naming(verb, status):
            check(verb, outcome, *ask(world, verb, batch)[:2])
            after = stored(world, batch)
            if outcome == GONE:
                assert after is None
            elif isinstance(outcome, Status) and not verb.makes_another:
                assert after is not None
                assert after.status is outcome
                assert (after == batch) is (status is outcome)
            elif is_refusal(outcome) or verb.method == "GET":
                assert after == batch


def test_a_dry_run_answers_like_the_verb_and_changes_nothing(world: World, status: Status) -> None:
    batch = batch_in(world, status, who=world.people["anna"])
    for verb in VERBS:
        if verb.is_native and verb.method != "GET":
            outcome = verb.outcome(status)
            with naming(verb, status):
                answered, told, headers = ask(world, verb, batch, query="?dry_run=true")
                check(verb, outcome, answered, told)
                assert headers.get("Dry-Run") == (None if is_refusal(outcome) else "true")
                assert stored(world, batch) == batch


def test_a_verb_about_another_revision_is_stale_whatever_the_status(world: World, status: Status) -> None:
    batch = batch_in(world, status, who=world.people["anna"])
    for verb in VERBS:
        if verb.is_conditional:
            with naming(verb, status):
                answered, told, _ = ask(world, verb, batch, if_match=f'"{batch.revision + 1}"')
                assert answered == HTTPStatus.PRECONDITION_FAILED
                assert (told["code"] if verb.is_native else told["errors"][0]["type"]) == "stale"
                assert not verb.is_native or told["current"]["revision"] == batch.revision
                assert stored(world, batch) == batch


def test_the_right_to_decide_comes_ahead_of_the_revision_and_the_status(world: World, status: Status) -> None:
    batch = batch_in(world, status, who=world.add("bert"))
    for verb in VERBS:
        if verb.path.endswith("/approve") or verb.body in ({"status": "approved"}, {"action": "continue"}):
            with naming(verb, status):
                answered, told, _ = ask(world, verb, batch, "bert", if_match=f'"{batch.revision + 1}"')
                code = told["code"] if verb.is_native else told["errors"][0]["type"]
                is_no_change = (status, verb.body) == (APPROVED, {"status": "approved"})  # which decides nothing
                assert (answered, code) == ((412, "stale") if is_no_change else (403, "not_a_reviewer"))
                assert stored(world, batch) == batch


def test_lists_find_each_status_by_its_word(world: World) -> None:
    of = {status: batch_in(world, status, who=world.people["anna"]).uid for status in Status}

    def listed(target: str, member: str) -> set[str]:
        answered, told = world.native("anna", "GET", target)
        assert answered == HTTPStatus.OK, told
        return {each[member] for each in told["items"]}

    for status, uid in of.items():
        assert listed(f"/v1/batches?status={status}", "id") == {uid}
    for word in set(SHOWN.values()):
        named = {uid for status, uid in of.items() if SHOWN[status] == word}
        assert listed(f"/core/v2/batch/tasks?limit=100&filter=status+eq+{word}", "task_sid") == named
        others = listed(f"/core/v2/batch/tasks?limit=100&filter=status+ne+{word}", "task_sid")
        assert others == {*of.values()} - named
    assert listed("/v1/batches?needs_me=true", "id") == {of[IN_REVIEW], of[CANARY]}
