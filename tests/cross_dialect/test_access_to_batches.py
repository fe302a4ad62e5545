"""Who sees, decides and dresses a batch, in every dialect: the core's rule, asked through all of them (ACCESS 4).

A password alone decides nothing. The right comes with being an administrator or a reviewer, an approver of the batch's
policy, or with a token of the command line whose scopes say so; the creator sees, dresses and withdraws.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.access import (
    Permission,
    Principal,
    among_others,
    decides_batches,
    may_decide,
    permissions,
    watches_batches,
)
from dragoman.domain.bulk import Status
from dragoman.domain.contact import ContactKind
from dragoman.domain.task import State, Task
from dragoman.domain.work_item import Role, WorkItem
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.cross_dialect.batches import batch_in
from tests.cross_dialect.names import tkiid
from tests.support.databases import Databases
from tests.support.world import World

SEE, WORK, EDIT, DELETE = Permission.SEE, Permission.WORK, Permission.EDIT, Permission.DELETE
FINISH = Permission.FINISH
LEADS = "0c0c0c0c-0000-7000-8000-00000000000c"
BATCHES = "/core/v2/batch/tasks"

USERS = ("admin", "creator", "approver", "lead", "reviewer", "assignee", "reader", "sharer", "stranger")
TOKENS = {
    "token to decide": frozenset({"task.read", "batch.decide"}),
    "token to update": frozenset({"batch.update"}),
    "token to manage": frozenset({"batch.manage"}),
    "token for batches": frozenset({"batch.*"}),
    "token for all": frozenset({"*"}),
    "token to read": frozenset({"batch.read", "task.read"}),
    "token for tasks": frozenset({"task.read", "task.write", "batch.create"}),
}
"""Tokens of a stranger that the command line made."""
LOGINS = {"login for all": frozenset({"*"}), "login to update": frozenset({"batch.update", "batch.read"})}
"""Tokens of a stranger that he got in another way: their scopes are no gift."""
WHO = (*USERS, *TOKENS, *LOGINS)
ALWAYS = {"admin", "reviewer", *list(TOKENS)[:5]}
"""Who decides every batch."""
STATUSES = (Status.CREATED, Status.IN_REVIEW, Status.CANCELLED)
KINDS = list(itertools.product((False, True), (None, 1, 2), STATUSES))
"""Whether approvers are named, the linked contact (2 is private), the status."""


def world_with_people(url: str) -> World:
    world = World(url)
    for who in USERS:
        world.add(who, admin=who == "admin")
    world.people["lead"] = replace(world.people["lead"], groups=frozenset({LEADS}))
    world.people["reviewer"] = replace(world.people["reviewer"], is_reviewer=True)
    for who, scopes in (TOKENS | LOGINS).items():
        world.people[who] = replace(world.people["stranger"], scopes=scopes, is_granted=who in TOKENS)
    world.core(lambda uow: furnish(uow, world.people["sharer"].user or ""))
    return world


def furnish(uow: UnitOfWork, sharer: str) -> None:
    contacts.add(uow, ContactKind.PERSON, first_name="Ilze")
    contacts.add(uow, ContactKind.PERSON, first_name="Ivo", is_private=True, shared_with=(sharer,))


@pytest.fixture(scope="module")
def world(databases: Databases) -> Iterator[World]:
    with databases.lent("sqlite") as url:
        world = world_with_people(url)
        yield world
        world.close()


def made_batch(
    world: World, is_named: bool = False, contact: int | None = None, status: Any = Status.IN_REVIEW
) -> Task:
    """The task of a batch that `creator` made, and that `assignee` was given to look at."""
    people = world.people
    items = (
        WorkItem(Role.POTENTIAL_OWNER, people["approver"].user or ""),
        WorkItem(Role.POTENTIAL_OWNER, f"group:{LEADS}"),
    )
    read = (WorkItem(Role.READER, people["reader"].user or ""),)
    batch = batch_in(
        world,
        status,
        who=people["creator"],
        contact=contact,
        assignee=people["assignee"].user,
        work_items=items if is_named else read,
    )
    return world.task(batch.number)


def granted(world: World, who: str, task: Task, *, as_one_of_many: bool = False) -> frozenset[Permission]:
    principal = among_others(world.people[who]) if as_one_of_many else world.people[who]
    return permissions(principal, task, world.core(lambda uow: tasks.linked(uow, task)))


# The rule


@pytest.mark.parametrize(("is_named", "contact", "status"), KINDS)
def test_the_creator_and_those_with_the_right_to_decide_see_a_batch(
    world: World, is_named: bool, contact: int | None, status: Status
) -> None:
    task = made_batch(world, is_named, contact, status)
    deciders = ALWAYS | ({"approver", "lead"} if is_named else set())
    watchers = deciders | {"token to read", "creator"}
    if contact == 2:  # private: it hides the batch from reviewers, too
        deciders, watchers = {"admin"}, {"admin", "creator"}
    assert {who for who in WHO if WORK in granted(world, who, task)} == deciders
    assert {who for who in WHO if SEE in granted(world, who, task)} == watchers
    assert {who for who in WHO if EDIT in granted(world, who, task)} == {"admin", "creator"}
    assert {who for who in WHO if DELETE in granted(world, who, task)} == deciders | {"creator"}


def test_who_shares_a_private_contact_reviews_its_batches(world: World) -> None:
    task = made_batch(world, contact=2)
    linked = world.core(lambda uow: tasks.linked(uow, task))
    sharer = world.people["sharer"]
    assert permissions(sharer, task, linked) == set()
    assert permissions(replace(sharer, is_reviewer=True), task, linked) >= {SEE, WORK}


def test_a_scope_is_a_right_only_in_a_token_that_was_given_out() -> None:
    given = Principal(1, "u", "u", scopes=frozenset({"batch.update"}), is_granted=True)
    assert decides_batches(given)
    assert not decides_batches(replace(given, is_granted=False))
    assert not decides_batches(replace(given, scopes=frozenset({"batch.read"})))
    assert watches_batches(replace(given, scopes=frozenset({"batch.read"})))
    assert not watches_batches(replace(given, scopes=frozenset({"batch.create", "task.read"})))


# Seeing


@dataclass(frozen=True)
class Look:
    """A request for a batch's task, and the statuses for a user who may not see it, and for one who may."""

    name: str
    target: str
    hidden: int
    seen: int = 200


IBM = "/rest/bpm/htm/v1/task/{tkiid}"
LOOKS = (
    Look("native", "/v1/tasks/{number}", 404),
    Look("native by id", "/v1/tasks/{uid}", 404),
    Look("native history", "/v1/tasks/{number}/history", 404),
    Look("genesys", "/services/{case}/tasks/{number}", 404),
    Look("ibm", IBM, 401),
    Look("ibm history", f"{IBM}/history", 401),
    Look("crm", "/api/2.0/crm/task/{number}", 403),
    Look("carrierx", f"{BATCHES}/{{uid}}", 404),
    *(Look(f"carrierx {of}", f"{BATCHES}/{{uid}}/{of}", 404) for of in ("errors", "control", "results")),
    Look("carrierx preview", f"{BATCHES}/{{uid}}/preview", 404, 409),  # these batches were never previewed
    Look("native batch", "/v1/batches/{uid}", 404),
    Look("native preview", "/v1/batches/{uid}/preview", 404, 409),
    *(Look(f"native {of}", f"/v1/batches/{{uid}}/{of}", 404) for of in ("entries", "results", "failures")),
)


def target_of(text: str, task: Task) -> str:
    return text.format(number=task.number, uid=task.uid, tkiid=tkiid(task.uid), case=task.case)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
@pytest.mark.parametrize("is_named", [False, True])
def test_every_dialect_shows_a_batch_to_those_alone(world: World, look: Look, *, is_named: bool) -> None:
    task = made_batch(world, is_named)
    for who in WHO:
        reply = world.ask(who, "GET", target_of(look.target, task))
        assert reply.status == (look.seen if SEE in granted(world, who, task) else look.hidden), (who, reply.body)


@pytest.mark.parametrize("target", [f"{BATCHES}/{{uid}}/events", "/v1/batches/{uid}/events"])
def test_those_alone_follow_a_batch_who_see_it(world: World, target: str) -> None:
    task = made_batch(world, status=Status.CANCELLED)
    for who in WHO:
        reply = world.ask(who, "GET", target_of(target, task))
        assert reply.status == (200 if SEE in granted(world, who, task) else 404), (who, reply.body)


def shown_in(list_: Callable[[World, str], set[str]]) -> Any:
    return pytest.param(list_, id=list_.__name__)


def _json(world: World, who: str, target: str) -> Any:
    reply = world.ask(who, "GET", target)
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def native(world: World, who: str) -> set[str]:
    return {str(item["number"]) for item in _json(world, who, "/v1/tasks?limit=1000&kind=batch")["items"]}


def native_search(world: World, who: str) -> set[str]:
    return {str(item["number"]) for item in _json(world, who, "/v1/tasks?limit=1000&q=PATCH")["items"]}


def genesys(world: World, who: str) -> set[str]:
    inbox = world.core(lambda uow: uow.home.inbox_case)
    return {str(item["task_id"]) for item in _json(world, who, f"/services/{inbox}/tasks")}


def ibm(world: World, who: str) -> set[str]:
    found = _json(world, who, "/rest/bpm/htm/v1/tasks/query/TASK?size=10000")["items"]
    uids = {tkiid(uid): str(number) for uid, number in numbers_by_uid(world).items()}
    return {uids[item["TASK.TKIID"]] for item in found}


def crm(world: World, who: str) -> set[str]:
    return {str(item["id"]) for item in _json(world, who, "/api/2.0/crm/task/filter?count=1000")["response"]}


def carrierx(world: World, who: str) -> set[str]:
    found = _json(world, who, f"{BATCHES}?limit=1000")
    numbers = numbers_by_uid(world)
    assert found["total"] == len(found["items"])
    return {str(numbers[item["task_sid"]]) for item in found["items"]}


def numbers_by_uid(world: World) -> dict[str, int]:
    rows = world.sql("SELECT uid, number FROM task WHERE tenant = :tenant", tenant=world.tenant)
    return {str(uid): int(number) for uid, number in rows}


@pytest.mark.parametrize("listed", [shown_in(each) for each in (native, native_search, genesys, ibm, crm, carrierx)])
def test_no_list_shows_or_counts_a_batch_that_may_not_be_seen(
    database_url: str, listed: Callable[[World, str], set[str]]
) -> None:
    world = world_with_people(database_url)
    every = [made_batch(world, is_named, contact) for is_named in (False, True) for contact in (None, 2)]
    for who in WHO:
        own = listed is ibm  # which shows administrators what concerns them, too
        expected = {str(task.number) for task in every if SEE in granted(world, who, task, as_one_of_many=own)}
        assert listed(world, who) == expected, who
    world.close()


def test_offers_of_ibm_are_for_those_who_may_decide(database_url: str) -> None:
    world = world_with_people(database_url)
    every = [made_batch(world, is_named, contact) for is_named in (False, True) for contact in (None, 2)]
    world.core(lambda uow: [uow.tasks.save(replace(uow.tasks.get(task.number), assignee=None)) for task in every])
    for who in WHO:
        target = "/rest/bpm/htm/v1/tasks/query/TASK?interactionFilter=ASSESS_AVAILABLE&size=1000"
        shown = {item["TASK.TKIID"] for item in _json(world, who, target)["items"]}
        mine = [task for task in every if WORK in granted(world, who, task, as_one_of_many=True)]
        assert shown == {tkiid(task.uid) for task in mine}, who
    world.close()


# Deciding


@dataclass(frozen=True)
class Word:
    """How a dialect says a decision, and what it answers without the right. `code` is what the error has."""

    name: str
    method: str
    target: str
    body: Callable[[str], Any]
    refused: int
    shape: Callable[[Any], bool]


WORDS = (
    Word(
        "native",
        "POST",
        "/v1/tasks/{number}/finish",
        lambda word: {"code": word, "text": "as agreed"},
        403,
        lambda told: bool(told["code"] == "not_a_reviewer"),
    ),
    Word(
        "carrierx",
        "PATCH",
        f"{BATCHES}/{{uid}}",
        lambda word: {"status": word},
        403,
        lambda told: bool(told["message"] == "Forbidden"),
    ),
    Word(
        "genesys",
        "POST",
        "/services/{case}/tasks/{number}/end",
        lambda word: {"disposition": word, "disposition_desc": "as agreed"},
        403,
        lambda told: bool(told["code"] == 403),
    ),
    Word(
        "ibm",
        "PUT",
        f"{IBM}?action=complete",
        lambda word: {"decision": word, "reason": "as agreed"},
        401,
        lambda told: bool(told["errorNumber"] == "CWTKA0068E"),
    ),
)
DECIDED = {"approved": Status.APPROVED, "cancelled": Status.CANCELLED}


def status_of(world: World, task: Task) -> Status:
    status: Status = world.core(lambda uow: uow.batches.get(task.number).status)
    return status


def say(world: World, who: str, word: Word, decision: str, task: Task) -> Any:
    return world.ask(who, word.method, target_of(word.target, task), json.dumps(word.body(decision)))


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("decision", DECIDED)
@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_an_explicit_word_of_those_with_the_right_decides(world: World, word: Word, decision: str, who: str) -> None:
    task = made_batch(world, is_named=True)
    may = may_decide(world.people[who], task) or (who == "creator" and decision == "cancelled")
    reply = say(world, who, word, decision, task)
    if may:
        assert reply.status in (200, 204), reply.body
        assert status_of(world, task) is DECIDED[decision]
        assert world.task(task.number).state is (State.RUNNING if decision == "approved" else State.TERMINATED)
        return
    assert status_of(world, task) is Status.IN_REVIEW
    assert world.task(task.number) == task
    if SEE in granted(world, who, task):
        assert (reply.status, word.shape(json.loads(reply.body))) == (word.refused, True), reply.body
    else:
        assert reply.status == (401 if word.name == "ibm" else 404)


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_the_right_is_looked_at_before_the_status(world: World, word: Word) -> None:
    task = made_batch(world, status=Status.RUNNING)
    assert say(world, "token to read", word, "approved", task).status == word.refused
    assert say(world, "admin", word, "cancelled", task).status == 409
    assert status_of(world, task) is Status.RUNNING


@pytest.mark.parametrize("said", ["Approved", "approve", "completed", "", "cancelled ", None, 7])
@pytest.mark.parametrize("word", [word for word in WORDS if word.name != "carrierx"], ids=lambda word: word.name)
def test_any_other_word_decides_nothing(world: World, word: Word, said: Any) -> None:
    task = made_batch(world)
    body = {name: value for name, value in word.body("").items() if name in ("text", "reason", "disposition_desc")}
    [name] = word.body("").keys() - body.keys()
    if said is not None:
        body[name] = said
    reply = world.ask("admin", word.method, target_of(word.target, task), json.dumps(body))
    assert reply.status in ((400, 409) if said == 7 and word.name == "native" else (409,)), reply.body
    assert status_of(world, task) is Status.IN_REVIEW
    assert world.task(task.number) == task


@pytest.mark.parametrize(
    "message",
    [
        (b"<m><decision>approved</decision></m>", "application/xml"),
        (b'{"decision": "approved"}', "application/json"),
    ],
)
def test_ibm_takes_the_word_in_xml_and_json(world: World, message: tuple[bytes, str]) -> None:
    task = made_batch(world)
    body, type_ = message
    reply = world.ask("admin", "PUT", target_of(f"{IBM}?action=complete", task), body, {"Content-Type": type_})
    assert reply.status in (200, 204), reply.body
    assert status_of(world, task) is Status.APPROVED


@pytest.mark.parametrize("body", [b'{"decision": {}}', b'{"decision": ["approved"]}', b"{}", b"", b"<m>approved</m>"])
def test_ibm_refuses_messages_that_say_no_decision(world: World, body: bytes) -> None:
    task = made_batch(world)
    media = "application/xml" if body.startswith(b"<") else "application/json"
    reply = world.ask("admin", "PUT", target_of(f"{IBM}?action=complete", task), body, {"Content-Type": media})
    assert (reply.status, json.loads(reply.body)["errorNumber"]) == (409, "CWTKA0064E")
    assert status_of(world, task) is Status.IN_REVIEW


def test_a_word_is_about_the_revision_that_the_client_read(world: World) -> None:
    task = made_batch(world)
    target, body = f"/v1/tasks/{task.number}/finish", json.dumps({"code": "approved"})
    assert world.ask("token to read", "POST", target, body, {"If-Match": '"1"'}).status == 403
    assert world.ask("admin", "POST", target, body, {"If-Match": f'"{task.revision - 1}"'}).status == 412
    assert status_of(world, task) is Status.IN_REVIEW
    assert world.ask("admin", "POST", target, body, {"If-Match": f'"{task.revision}"'}).status == 200


@pytest.mark.parametrize("who", WHO)
def test_a_batch_is_deleted_by_its_creator_and_those_with_the_right(world: World, who: str) -> None:
    task = made_batch(world, is_named=True)
    may = granted(world, who, task)
    reply = world.ask(who, "DELETE", f"{BATCHES}/{task.uid}")
    assert reply.status == (204 if DELETE in may else 403 if SEE in may else 404), reply.body


# Controlling and repeating

CONTROLS: tuple[tuple[str, str, Any, Status], ...] = (
    ("PATCH", f"{BATCHES}/{{uid}}/control", {"priority": 7}, Status.IN_REVIEW),
    ("PATCH", f"{BATCHES}/{{uid}}/control", {"action": "pause"}, Status.RUNNING),
    ("PATCH", f"{BATCHES}/{{uid}}/control", {"action": "stop"}, Status.RUNNING),
    ("POST", f"{BATCHES}/{{uid}}/preview", {}, Status.IN_REVIEW),
    ("PATCH", "/v1/batches/{uid}", {"priority": 7}, Status.IN_REVIEW),
    ("POST", "/v1/batches/{uid}/preview", None, Status.IN_REVIEW),
    ("POST", "/v1/batches/{uid}/pause", None, Status.RUNNING),
    ("POST", "/v1/batches/{uid}/resume", None, Status.PAUSED),
    ("POST", "/v1/batches/{uid}/stop", None, Status.RUNNING),
)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("method", "target", "body", "status"), CONTROLS)
def test_a_batch_is_controlled_by_those_who_may_end_its_task(
    world: World, method: str, target: str, body: Any, status: Status, who: str
) -> None:
    task = made_batch(world, is_named=True, status=status)
    before = world.core(lambda uow: uow.batches.get(task.number))
    may = granted(world, who, task)
    reply = world.ask(who, method, target_of(target, task), b"" if body is None else json.dumps(body))
    assert reply.status == (200 if FINISH in may else 403 if SEE in may else 404), reply.body
    assert (world.core(lambda uow: uow.batches.get(task.number)) != before) == (FINISH in may)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("verb", ["retry", "undo"])
@pytest.mark.parametrize("path", [f"{BATCHES}/{{uid}}", "/v1/batches/{uid}"])
def test_a_batch_that_may_not_be_seen_is_neither_repeated_nor_undone(
    world: World, path: str, verb: str, who: str
) -> None:
    task = made_batch(world, is_named=True)
    reply = world.ask(who, "POST", target_of(f"{path}/{verb}", task), b"{}")
    assert reply.status == (409 if SEE in granted(world, who, task) else 404), reply.body


# Dressing


CRM_TASK = {"title": "Anew", "deadline": "2031-05-04", "categoryid": 1}
DRESSES = (
    ("native", "PATCH", "/v1/tasks/{number}", {"title": "Anew"}, 403, 404),
    ("native extension", "PUT", "/v1/tasks/{number}/extensions/Mine", {"a": 1}, 403, 404),
    ("crm", "PUT", "/api/2.0/crm/task/{number}", CRM_TASK, 403, 403),
    ("ibm", "PUT", f"{IBM}?action=update", {"displayName": "Anew"}, 401, 401),
    ("ibm properties", "PUT", f"{IBM}?action=update", {"customProperties": {"a": "b"}}, 401, 401),
    ("ibm due", "PUT", f"{IBM}?action=update", {"dueTime": "2031-05-04T00:00:00Z"}, 401, 401),
    (
        "genesys extension",
        "POST",
        "/services/{case}/tasks/{number}/end",
        {"disposition": "approved", "Mine": {"a": 1}},
        403,
        404,
    ),
)


@pytest.mark.parametrize("is_claimed", [False, True])
@pytest.mark.parametrize(
    ("name", "method", "target", "body", "forbidden", "hidden"), DRESSES, ids=[row[0] for row in DRESSES]
)
def test_a_batch_s_task_is_dressed_by_its_creator_and_administrators_alone(
    world: World, name: str, method: str, target: str, body: Any, forbidden: int, hidden: int, *, is_claimed: bool
) -> None:
    task = made_batch(world, is_named=True)
    for who in WHO:
        if is_claimed:
            holder = world.people[who].user
            claimed = replace(world.task(task.number), state=State.CLAIMED, assignee=holder)
            world.core(lambda uow, claimed=claimed: uow.tasks.save(claimed))
        before = world.task(task.number)
        may = granted(world, who, before)
        if EDIT in may and name.startswith("genesys"):
            continue  # a decision comes with it
        sent = {**body, "responsibleId": before.assignee} if name == "crm" else body
        reply = world.ask(who, method, target_of(target, before), json.dumps(sent))
        if EDIT in may:
            assert reply.status < 300, (who, reply.body)
            continue
        assert reply.status == (forbidden if SEE in may else hidden), (who, reply.body)
        assert world.task(task.number) == before


CLAIMS = (
    ("native", "POST", "/v1/tasks/{number}/claim", "/v1/tasks/{number}/release"),
    ("ibm", "PUT", f"{IBM}?action=claim", f"{IBM}?action=cancel"),
)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("name", "method", "take", "give_back"), CLAIMS, ids=[row[0] for row in CLAIMS])
def test_those_with_the_right_claim_and_release(
    world: World, name: str, method: str, take: str, give_back: str, who: str
) -> None:
    task = made_batch(world, is_named=True)
    unclaimed = replace(task, state=State.READY, assignee=None)
    world.core(lambda uow: uow.tasks.save(unclaimed))
    may = granted(world, who, unclaimed)
    reply = world.ask(who, method, target_of(take, task))
    assert (reply.status < 300) == (WORK in may), reply.body
    if WORK in may:
        assert world.task(task.number).assignee == world.people[who].user
        assert world.ask(who, method, target_of(give_back, task)).status < 300
        assert world.task(task.number).assignee is None
    assert status_of(world, task) is Status.IN_REVIEW


@pytest.mark.parametrize("role", ["potentialOwner", "reader", "editor", "administrator", "originator"])
@pytest.mark.parametrize("who", ["admin", "creator"])
def test_nobody_changes_the_audience_of_a_batch(world: World, who: str, role: str) -> None:
    task = made_batch(world, is_named=True)
    for query in ("action=assign&newUser=stranger", "action=transfer&toUser=stranger&fromUser=approver"):
        reply = world.ask(who, "PUT", target_of(f"{IBM}/role/{role}?{query}", task))
        assert reply.status in (400, 401, 409), reply.body
        assert world.task(task.number) == task


# What is none of a batch's


@pytest.mark.parametrize("who", ["admin", "creator"])
def test_other_tasks_are_none_of_this_dialects(world: World, who: str) -> None:
    creator = world.people["creator"].user
    made: Task = world.core(lambda uow: tasks.add(uow, title="Call the printer", creator=creator))
    task = world.task(made.number)
    for method, body in (("GET", None), ("PATCH", {"status": "cancelled"}), ("DELETE", None)):
        for sid in (task.uid, str(task.number)):
            reply = world.ask(who, method, f"{BATCHES}/{sid}", b"" if body is None else json.dumps(body))
            assert reply.status == 404, reply.body
    assert world.task(task.number) == task
    shown = _json(world, who, f"{BATCHES}?limit=1000")["items"]
    assert task.uid not in {item["task_sid"] for item in shown}
