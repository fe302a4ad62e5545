"""Who may do what, asked through every dialect: one may narrow what `domain.access` grants, none widens it.

DESIGN 3, rule 4. Our own API is held to the rule exactly; of the others everything that succeeds must be granted.
"""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.access import Permission, permissions
from dragoman.domain.case import CaseKind
from dragoman.domain.contact import ContactKind
from dragoman.domain.task import State, Task
from dragoman.domain.work_item import Role, WorkItem
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.cross_dialect.names import tkiid
from tests.support.databases import quick_file
from tests.support.world import NOON, World

SEE, WORK, EDIT, ADMINISTER = Permission.SEE, Permission.WORK, Permission.EDIT, Permission.ADMINISTER

WHO = (
    "admin",
    "creator",
    "assignee",
    "starter",
    "reader",
    "editor",
    "potential_owner",
    "member",  # of a group that is a potential owner
    "potential_starter",
    "potential_creator",
    "administrator",
    "sharer",  # of the contact
    "stranger",
)
CREW = "0c0c0c0c-0000-7000-8000-00000000000c"
HELD = ("reader", "editor", "potential_owner", "potential_starter", "potential_creator", "administrator")
CONTACTS = ("none", "public", "private")
STATES = (State.INACTIVE, State.READY, State.CLAIMED, State.COMPLETED)


@dataclass(frozen=True)
class Ask:
    """A request, and what it wants of its task. `{…}` stand for its ids."""

    name: str
    wants: Permission
    method: str
    target: str
    body: Any = None

    @property
    def dialect(self) -> str:
        return self.name.partition(" ")[0]


IBM = "/rest/bpm/htm/v1/task/{tkiid}"
GENESYS = "/services/{case}/tasks/{number}"
CRM = "/api/2.0/crm/task/{number}"
CRM_TASK = {"title": "Anew", "deadline": "2031-05-04", "categoryid": 1}
ASKS = (
    Ask("native get", SEE, "GET", "/v1/tasks/{number}"),
    Ask("native history", SEE, "GET", "/v1/tasks/{number}/history"),
    Ask("native claim", WORK, "POST", "/v1/tasks/{number}/claim"),
    Ask("native patch", EDIT, "PATCH", "/v1/tasks/{number}", {"title": "Anew"}),
    Ask("native terminate", EDIT, "POST", "/v1/tasks/{number}/terminate"),
    Ask("native reopen", EDIT, "POST", "/v1/tasks/{number}/reopen"),
    Ask("native extension", EDIT, "PUT", "/v1/tasks/{number}/extensions/Mine", {"a": 1}),
    Ask("native expire", ADMINISTER, "POST", "/v1/tasks/{number}/expire"),
    Ask("native delete", EDIT, "DELETE", "/v1/tasks/{number}"),
    Ask("crm get", SEE, "GET", CRM),
    Ask("crm put", EDIT, "PUT", CRM, CRM_TASK),
    Ask("crm close", EDIT, "PUT", f"{CRM}/close"),
    Ask("crm reopen", EDIT, "PUT", f"{CRM}/reopen"),
    Ask("crm created", EDIT, "PUT", f"{CRM}/creationdate", {"creationdate": "2020-01-01"}),
    Ask("crm delete", EDIT, "DELETE", CRM),
    Ask("genesys get", SEE, "GET", GENESYS),
    Ask("genesys extension", EDIT, "PUT", f"{GENESYS}/extensions/Mine", {"a": 1}),
    Ask("genesys end", EDIT, "POST", f"{GENESYS}/end", {"disposition": "done"}),
    Ask("ibm get", SEE, "GET", IBM),
    Ask("ibm input", SEE, "GET", f"{IBM}/input"),
    Ask("ibm history", SEE, "GET", f"{IBM}/history"),
    Ask("ibm roles", SEE, "GET", f"{IBM}/role/REASON_READER"),
    Ask("ibm subtasks", SEE, "GET", f"{IBM}/subtasks"),
    Ask("ibm read", SEE, "PUT", f"{IBM}?action=update", {"isRead": True}),  # a reader's own mark (page, 6)
    Ask("ibm claim", WORK, "PUT", f"{IBM}?action=claim"),
    Ask("ibm describe", EDIT, "PUT", f"{IBM}?action=update", {"description": "Anew"}),
    Ask("ibm prioritise", EDIT, "PUT", f"{IBM}?action=update", {"priority": 7}),
    Ask("ibm start", EDIT, "PUT", f"{IBM}?action=start&mode=async"),
    Ask("ibm cancel", EDIT, "PUT", f"{IBM}?action=cancel"),
    Ask("ibm suspend", EDIT, "PUT", f"{IBM}?action=suspend"),
    Ask("ibm set output", EDIT, "PUT", f"{IBM}/output", {"a": 1}),
    Ask("ibm complete", EDIT, "PUT", f"{IBM}?action=complete"),
    Ask("ibm terminate", EDIT, "PUT", f"{IBM}?action=terminate"),
    Ask("ibm assign", EDIT, "PUT", f"{IBM}/role/REASON_EDITOR?action=assign&newUser=stranger"),
    Ask("ibm transfer", EDIT, "PUT", f"{IBM}/role/REASON_OWNER?action=transfer&toUser=potential_owner"),
    Ask("ibm delete", EDIT, "DELETE", IBM),
)
LISTS = {
    "native": "/v1/tasks?limit=100",
    "crm": "/api/2.0/crm/task/filter?count=100",
    "genesys": "/services/{case}/tasks",
    "ibm": "/rest/bpm/htm/v1/tasks/query/TASK?interactionFilter=BROWSE_ALL",
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    yield from open_world()


@pytest.fixture(scope="module")
def listing() -> Iterator[tuple[World, list[Task]]]:
    """A world with one task of each sort, and these."""
    for world in open_world():
        yield world, [make(world, *one) for one in TASKS]


def open_world() -> Iterator[World]:
    """With somebody of each kind, a service, a contact that everybody sees and one that few do."""
    with quick_file() as url:
        world = World(url)
        for who in WHO:
            world.add(who, admin=who == "admin")
        world.people["member"] = replace(world.people["member"], groups=frozenset({CREW}))
        world.core(lambda uow: furnish(uow, uid_of(world, "sharer")))
        yield world
        world.close()


def uid_of(world: World, who: str) -> str:
    return world.people[who].user or ""


def furnish(uow: UnitOfWork, sharer: str) -> None:
    cases.add(uow, CaseKind.SERVICE, title="A service")
    contacts.add(uow, ContactKind.PERSON, first_name="Ilze")
    contacts.add(uow, ContactKind.PERSON, first_name="Ivo", is_private=True, shared_with=(sharer,))


SERVICE = 2  # the inbox was there before it


def make(world: World, items: bool, contact: str, state: State) -> Task:
    """A task to which everybody is what the name says."""
    named = [WorkItem(Role(who), uid_of(world, who)) for who in HELD]
    named.append(WorkItem(Role.POTENTIAL_OWNER, f"group:{CREW}"))

    def run(uow: UnitOfWork) -> Task:
        task = tasks.add(
            uow,
            title="A task",
            case=SERVICE,
            contact={"none": None, "public": 1, "private": 2}[contact],
            creator=uid_of(world, "creator"),
            starter=uid_of(world, "starter"),
        )
        held = {} if state in (State.INACTIVE, State.READY) else {"assignee": uid_of(world, "assignee")}
        ended = {"completed_at": NOON} if state.is_ended else {}
        return uow.tasks.save(replace(task, state=state, work_items=tuple(named) if items else (), **held, **ended))

    made: Task = world.core(run)
    return made


def granted(world: World, who: str, task: Task) -> frozenset[Permission]:
    return permissions(world.people[who], task, world.core(lambda uow: tasks.linked(uow, task)))


def target(template: str, task: Task) -> str:
    return template.format(number=task.number, tkiid=tkiid(task.uid), case=SERVICE)


TASKS = list(itertools.product((False, True), CONTACTS, STATES))


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("items", "contact", "state"), TASKS)
def test_no_dialect_lets_anybody_do_what_the_core_does_not(
    world: World, who: str, items: bool, contact: str, state: State
) -> None:
    task = make(world, items, contact, state)
    before = world.task(task.number)
    may = granted(world, who, before)
    for asked in ASKS:
        reply = world.ask(
            who, asked.method, target(asked.target, task), b"" if asked.body is None else json.dumps(asked.body)
        )
        assert reply.status < 500, (asked, reply.body)
        succeeded = reply.status < 300
        if succeeded:
            assert asked.wants in may, (asked, reply.body)
        elif asked.dialect == "native" and reply.status != 409:  # what the state forbids says nothing of rights
            assert asked.wants not in may, (asked, reply.body)
        if asked.method == "GET":
            continue
        if succeeded:
            task = make(world, items, contact, state)
            before = world.task(task.number)
        else:
            assert world.task(task.number) == before, asked


@pytest.mark.parametrize("asked", ASKS, ids=lambda asked: asked.name)
def test_each_of_these_requests_succeeds_for_somebody(world: World, asked: Ask) -> None:
    body = b"" if asked.body is None else json.dumps(asked.body)
    found = (
        world.ask(who, asked.method, target(asked.target, make(world, True, "none", state)), body).status
        for state, who in itertools.product(STATES, ("assignee", "administrator", "admin"))
    )
    assert any(status < 300 for status in found)


@pytest.mark.parametrize("dialect", LISTS)
@pytest.mark.parametrize("who", WHO)
def test_no_list_shows_what_the_core_does_not(listing: tuple[World, list[Task]], who: str, dialect: str) -> None:
    world, made = listing
    seen = {task.number for task in made if SEE in granted(world, who, task)}
    reply = world.ask(who, "GET", LISTS[dialect].format(case=SERVICE))
    assert reply.status == 200, reply.body
    shown = numbers_in(dialect, json.loads(reply.body), made)
    assert shown <= seen
    if dialect != "ibm":
        assert shown == seen


def numbers_in(dialect: str, shown: Any, made: list[Task]) -> set[int]:
    """Which of the tasks a list shows."""
    match dialect:
        case "native":
            found = {item["number"] for item in shown["items"]}
        case "crm":
            found = {item["id"] for item in shown["response"]}
        case "genesys":
            found = {item["task_id"] for item in shown}
        case _:
            ids = {item["TKIID"] for item in shown["items"]}
            found = {task.number for task in made if tkiid(task.uid) in ids}
    return found & {task.number for task in made}


@pytest.mark.parametrize("who", ["creator", "editor", "reader", "stranger"])
def test_crm_says_that_a_task_can_be_edited_where_that_is_so(world: World, who: str) -> None:
    for one in TASKS:
        task = make(world, *one)
        reply = world.ask(who, "GET", target(CRM, task))
        if reply.status == 200:
            assert json.loads(reply.body)["response"].get("canEdit", False) == (EDIT in granted(world, who, task))
