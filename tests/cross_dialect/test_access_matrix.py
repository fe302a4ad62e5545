"""Who may do what, asked through every dialect: one may narrow what `domain.access` grants, none widens it.

DESIGN 3, rule 4. Our own API is held to the rule exactly; of the others everything that succeeds must be granted. What
a user may not see is refused as each dialect's page says. Every operation that names a task has its rows here.
"""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from dragoman.dialects import discover
from dragoman.dialects.kit import ANY_CREDENTIALS, PUBLIC, Dialect, OperationSpec
from dragoman.domain.access import Permission, Principal, permissions
from dragoman.domain.case import CaseKind
from dragoman.domain.contact import ContactKind
from dragoman.domain.task import State, Task
from dragoman.domain.work_item import EVERYBODY, Role, WorkItem
from dragoman.usecases import extension_values as extensions
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import binaries
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.cross_dialect.names import tkiid
from tests.support.databases import quick_file
from tests.support.sizes import LONG
from tests.support.world import NOON, World

SEE, WORK, EDIT, FINISH = Permission.SEE, Permission.WORK, Permission.EDIT, Permission.FINISH
ASSIGN, DELETE, ADMINISTER = Permission.ASSIGN, Permission.DELETE, Permission.ADMINISTER

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
    "keeper",  # of the private case: its assignee
    "stranger",
    "supervisor",
)
CREW = "0c0c0c0c-0000-7000-8000-00000000000c"
HELD = ("reader", "editor", "potential_owner", "potential_starter", "potential_creator", "administrator")
NAMED = ("nobody", "people", "everybody")
"""Whom the work items of a task name."""
LINKS = ("nothing", "contact", "private contact", "private case", "both")
STATES = (State.INACTIVE, State.READY, State.CLAIMED, State.COMPLETED)
TASKS = [
    (named, link, state)
    for named, link, state in itertools.product(NAMED, LINKS, STATES)
    if link not in ("contact", "both") or state is State.READY
]


@dataclass(frozen=True)
class Ask:
    """A request of an operation, and what it wants of its task. `{…}` stand for ids in query and body."""

    wants: Permission
    body: Any = None
    query: str = ""


CRM_TASK = {"title": "Anew", "deadline": "2031-05-04", "categoryid": 1}
BULK = {"taskIDs": ["{tkiid}"]}
SUSPENSION = "duration=P1D&keepTaskData=true"

PRIORITY = Ask(EDIT, {"priority": 7})
"""Of IBM alone: potential starters set it after the start, too, which the page grants by name (6)."""

ROWS: dict[str, tuple[Ask, ...]] = {
    "native read_task": (Ask(SEE),),
    "native read_task_history": (Ask(SEE),),
    "native patch_task": (
        Ask(EDIT, {"title": "Anew"}),
        Ask(EDIT, {"extensions": {"Mine": {"a": 2}}, "properties": {"b": "c"}, "due_at": "2031-05-04T10:00:00Z"}),
        Ask(ASSIGN, {"assignee": "stranger"}),
        Ask(ASSIGN, {"title": "Anew", "assignee": "stranger"}),
        Ask(FINISH, {"expires_at": "2031-05-04T10:00:00Z"}),
        Ask(DELETE, {"delete_at": "2031-05-04T10:00:00Z"}),
    ),
    "native delete_task": (Ask(DELETE),),
    "native start_task": (Ask(EDIT),),
    "native claim_task": (Ask(WORK),),
    "native release_task": (Ask(ASSIGN),),
    "native assign_task": (Ask(ASSIGN, {"assignee": "stranger"}),),
    "native suspend_task": (Ask(FINISH),),
    "native resume_task": (Ask(FINISH),),
    "native finish_task": (Ask(FINISH),),
    "native complete_task": (Ask(FINISH),),
    "native fail_task": (Ask(FINISH),),
    "native terminate_task": (Ask(FINISH),),
    "native expire_task": (Ask(ADMINISTER),),
    "native reopen_task": (Ask(FINISH),),
    "native amend_outcome_task": (Ask(FINISH, {"code": "7"}),),
    "native read_task_extension": (Ask(SEE),),
    "native put_task_extension": (Ask(EDIT, {"a": 2}),),
    "native delete_task_extension": (Ask(EDIT),),
    "onlyoffice_crm task.get": (Ask(SEE),),
    "onlyoffice_crm task.update": (
        Ask(EDIT, CRM_TASK),
        Ask(EDIT, {**CRM_TASK, "responsibleid": "{assignee}"}),
        Ask(ASSIGN, {**CRM_TASK, "responsibleid": "{stranger}"}),
    ),
    "onlyoffice_crm task.delete": (Ask(DELETE),),
    "onlyoffice_crm task.close": (Ask(FINISH),),
    "onlyoffice_crm task.reopen": (Ask(FINISH),),
    "onlyoffice_crm task.set_created": (Ask(EDIT, {"creationdate": "2020-01-01"}),),
    "onlyoffice_crm task.set_modified": (Ask(EDIT, {"lastmodifeddate": "2020-01-01"}),),
    "genesys task.show": (Ask(SEE),),
    "genesys task.complete": (Ask(FINISH, {"disposition": "done"}),),
    "genesys task.extension.show": (Ask(SEE),),
    "genesys task.extension.put": (Ask(EDIT, {"a": 2}),),
    "genesys task.extension.post": (Ask(EDIT, {"a": 2}),),
    "genesys task.extension.merge": (Ask(EDIT, {"a": 2}),),
    "genesys task.extension.delete": (Ask(EDIT),),
    "ibm_htm task.show": (Ask(SEE),),
    "ibm_htm task.actions": (Ask(SEE, query="taskIDs={tkiid}"),),
    "ibm_htm task.update": (
        Ask(SEE, {"isRead": True}),  # a reader's own mark (page, 6)
        Ask(EDIT, {"description": "Anew"}),
        PRIORITY,
        Ask(FINISH, {"expirationTime": "2031-05-04T10:00:00Z"}),
        Ask(DELETE, {"deletionTime": "2031-05-04T10:00:00Z"}),
    ),
    "ibm_htm task.start": (Ask(EDIT, query="mode=async"),),
    "ibm_htm task.claim": (Ask(WORK),),
    "ibm_htm task.cancel": (Ask(ASSIGN),),
    "ibm_htm task.complete": (Ask(FINISH),),
    "ibm_htm task.suspend": (Ask(FINISH),),
    "ibm_htm task.suspend_and_cancel": (Ask(FINISH, query=SUSPENSION),),
    "ibm_htm task.resume": (Ask(FINISH),),
    "ibm_htm task.terminate": (Ask(FINISH),),
    "ibm_htm task.force_terminate": (Ask(FINISH),),
    "ibm_htm task.delete": (Ask(DELETE),),
    "ibm_htm tasks.cancel": (Ask(ASSIGN, BULK),),
    "ibm_htm tasks.suspend": (Ask(FINISH, BULK, "duration=P1D"),),
    "ibm_htm tasks.resume": (Ask(FINISH, BULK),),
    "ibm_htm tasks.suspend_and_cancel": (Ask(FINISH, BULK, SUSPENSION),),
    "ibm_htm tasks.role.transfer": (Ask(ASSIGN, BULK, "toUser=potential_owner"),),
    "ibm_htm task.input.show": (Ask(SEE),),
    "ibm_htm task.output.show": (Ask(SEE),),
    "ibm_htm task.fault.show": (Ask(SEE),),
    "ibm_htm task.input.set": (Ask(EDIT, {"a": 1}),),
    "ibm_htm task.output.set": (Ask(EDIT, {"a": 1}),),
    "ibm_htm task.fault.set": (Ask(EDIT, {"a": 1}, "faultName=F"),),
    "ibm_htm binary.create": (Ask(EDIT, {"a": 1}, "allowUpdate=true"),),
    "ibm_htm binary.show": (Ask(SEE),),
    "ibm_htm binary.set": (Ask(EDIT, {"a": 1}),),
    "ibm_htm binary.metadata": (Ask(SEE),),
    "ibm_htm task.escalations": (Ask(SEE),),
    "ibm_htm task.subtasks": (Ask(SEE),),
    "ibm_htm task.history": (Ask(SEE),),
    "ibm_htm role.show": (Ask(SEE),),
    "ibm_htm role.assign": (Ask(ASSIGN, query="newUser=stranger"),),
    "ibm_htm role.transfer": (Ask(ASSIGN, query="toUser=potential_owner"),),
}
OF_BATCHES = frozenset(
    f"batch.{name}"
    for name in (
        *("get", "update", "replace", "delete", "errors"),
        *("preview", "preview_anew", "control", "control_change", "results", "retry", "undo", "events"),
    )
)
"""Asked in `test_access_to_batches.py`."""
OF_THE_PAST = frozenset({"native restore_task", "native undo_task_change"})
"""Asked in `test_restoring.py` and `test_putting_back.py`: of deleted tasks, and of those that were changed."""
OF_QUERIES = frozenset({"ibm_htm tasks.claim_next", "ibm_htm tasks.get_next"})
"""They take what a query finds: asked in the cases of that dialect, and by many at once."""
SETTINGS = "ibm_htm settings.of_task"
"""Of a task that was made from a template: asked below."""
SUSPENDED = frozenset({"native resume_task", "ibm_htm task.resume", "ibm_htm tasks.resume"})
"""What wants a suspended task."""
NAMES_A_TASK = re.compile(r"/tasks?/\{(?:id|key|tid|tkiid|taskid|task_sid)\}|^/task/actions$|^/task/role/")
ROOTS = {
    "native": "/v1",
    "genesys": "",
    "ibm_htm": "/rest/bpm/htm/v1",
    "onlyoffice_crm": "/api/2.0",
}
HIDDEN = {"native": 404, "genesys": 404, "ibm_htm": 401, "onlyoffice_crm": 403}
"""How a task is refused that the user may not see."""
HIDDEN_HERE = {"onlyoffice_crm task.set_created": 404, "onlyoffice_crm task.set_modified": 404}
LISTS = {
    "native": "/v1/tasks?limit=1000",
    "crm": "/api/2.0/crm/task/filter?count=1000",
    "genesys": "/services/{case}/tasks",
    "ibm": "/rest/bpm/htm/v1/tasks/query/TASK?interactionFilter=BROWSE_ALL",
}


def operations() -> dict[str, OperationSpec]:
    """Every operation that names a task which is there."""
    return {
        f"{dialect.name} {operation.name}": operation
        for dialect in discover()
        for operation in dialect.operations
        if NAMES_A_TASK.search(operation.path) or (operation.path == "/task" and operation.method == "PUT")
    }


OPERATIONS = operations()
ASKS = [(name, ask) for name, asks in ROWS.items() for ask in asks]


def test_every_operation_that_names_a_task_has_its_rows() -> None:
    batches = {f"carrierx_batch {name}" for name in OF_BATCHES}
    assert ROWS.keys() | batches | OF_THE_PAST | OF_QUERIES | {SETTINGS} == OPERATIONS.keys()
    assert not ROWS.keys() & batches


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    yield from open_world()


@pytest.fixture(scope="module")
def listing() -> Iterator[tuple[World, list[Task]]]:
    """A world with one task of each sort, and these."""
    for world in open_world():
        yield world, [make(world, *one) for one in TASKS]


def open_world() -> Iterator[World]:
    """With a user of each kind, two services and two contacts, one of each private."""
    with quick_file() as url:
        world = World(url)
        for who in WHO:
            world.add(who, admin=who == "admin")
        world.people["member"] = replace(world.people["member"], groups=frozenset({CREW}))
        world.people["supervisor"] = replace(world.people["supervisor"], is_supervisor=True)
        world.core(lambda uow: furnish(uow, uid_of(world, "sharer"), uid_of(world, "keeper")))
        yield world
        world.close()


def uid_of(world: World, who: str) -> str:
    return world.people[who].user or ""


def furnish(uow: UnitOfWork, sharer: str, keeper: str) -> None:
    cases.add(uow, CaseKind.SERVICE, title="A service")
    cases.add(uow, CaseKind.SERVICE, title="A private one", is_private=True, assignee=keeper)
    contacts.add(uow, ContactKind.PERSON, first_name="Ilze")
    contacts.add(uow, ContactKind.PERSON, first_name="Ivo", is_private=True, shared_with=(sharer,))


SERVICE, PRIVATE_SERVICE = 2, 3  # the inbox was there before them
CONTACT, PRIVATE_CONTACT = 1, 2


def work_items(world: World, named: str) -> tuple[WorkItem, ...]:
    if named == "nobody":
        return ()
    if named == "everybody":  # as IBM writes it down
        items = (Role.POTENTIAL_OWNER, EVERYBODY), (Role.READER, EVERYBODY)
        return tuple(WorkItem(*item) for item in (*items, (Role.ADMINISTRATOR, uid_of(world, "administrator"))))
    people = [WorkItem(Role(who), uid_of(world, who)) for who in HELD]
    return (*people, WorkItem(Role.POTENTIAL_OWNER, f"group:{CREW}"))


def make(world: World, named: str, link: str, state: State, *, suspended: bool = False) -> Task:
    """A task to which each user is what the name says."""

    def run(uow: UnitOfWork) -> Task:
        task = tasks.add(
            uow,
            title="A task",
            case=PRIVATE_SERVICE if link in ("private case", "both") else SERVICE,
            contact={"contact": CONTACT, "private contact": PRIVATE_CONTACT, "both": PRIVATE_CONTACT}.get(link),
            creator=uid_of(world, "creator"),
            starter=uid_of(world, "starter"),
        )
        held = {} if state in (State.INACTIVE, State.READY) else {"assignee": uid_of(world, "assignee")}
        ended = {"completed_at": NOON} if state.is_ended else {}
        flags = {"suspended": suspended and not state.is_ended and state is not State.INACTIVE}
        extended = extensions.set_extension(uow, task, "Mine", '{"a":1}')
        extended = binaries.put(uow, extended, "Mine", "text/plain", "", b"1")
        return uow.tasks.save(
            replace(extended, state=state, work_items=work_items(world, named), **held, **ended, **flags)
        )

    made: Task = world.core(run)
    return made


def granted(world: World, who: str, task: Task) -> frozenset[Permission]:
    return permissions(world.people[who], task, world.core(lambda uow: tasks.linked(uow, task)))


def asked(world: World, who: str, name: str, ask: Ask, task: Task) -> Any:
    """The reply to a request about the task."""
    operation, dialect = OPERATIONS[name], name.partition(" ")[0]
    ids = {"tkiid": tkiid(task.uid), "assignee": uid_of(world, "assignee"), "stranger": uid_of(world, "stranger")}
    path = {"sid": task.case, "tid": task.number, "id": task.number, "key": task.number, "taskid": task.number, **ids}
    path |= {
        "type": "Dojo",
        "ext": "Mine",
        "name": "Mine",
        "role": "REASON_EDITOR" if name.endswith("assign") else "REASON_OWNER",
    }
    query = "&".join(part for part in (urlencode(operation.query), filled(ask.query, ids)) if part)
    body = b"" if ask.body is None else filled(json.dumps(ask.body), ids).encode()
    return world.ask(who, operation.method, f"{ROOTS[dialect]}{operation.path.format(**path)}?{query}", body)


def filled(text: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def is_done(reply: Any) -> bool:
    return reply.status < 300 and b"failedOperations" not in reply.body


def is_refused_as_hidden(name: str, reply: Any) -> bool:
    if name.startswith("ibm_htm tasks."):
        return b"CWTKA0068E" in reply.body
    return bool(reply.status == HIDDEN_HERE.get(name, HIDDEN[name.partition(" ")[0]]))


def has_a_part(who: str, named: str, link: str, state: State) -> bool:
    """Whether the task, its links or the rule name this user. To it, all others are what the stranger is."""
    match who:
        case "admin" | "supervisor" | "creator" | "starter" | "stranger":
            return True
        case "assignee":
            return state not in (State.INACTIVE, State.READY)
        case "sharer":
            return link in ("private contact", "both")
        case "keeper":
            return link in ("private case", "both")
        case "administrator":
            return named != "nobody"
        case _:
            return named == "people"


def tasks_for(who: str) -> list[tuple[str, str, State]]:
    """What this user is asked about: all sorts in a long run. A usual run leaves out those in which the user is a
    stranger by another name, and takes each third of the others, and those that have something for the first time."""
    if LONG:
        return TASKS
    chosen, seen = [], set[str]()
    for place, one in enumerate(one for one in TASKS if has_a_part(who, *one)):
        if place % 3 == 0 or not seen.issuperset(one):
            chosen.append(one)
            seen.update(one)
    return chosen


CELLS = [(who, *one) for who in WHO for one in tasks_for(who)]


@pytest.mark.parametrize(("who", "named", "link", "state"), CELLS)
def test_no_dialect_lets_anybody_do_what_the_core_does_not(
    world: World, who: str, named: str, link: str, state: State
) -> None:
    kept: dict[tuple[bool, bool], Task] = {}
    """One that is suspended or not, for what is granted, or for all that isn't."""
    may = granted(world, who, make(world, named, link, state))
    for name, ask in ASKS:
        is_starter_s = ask is PRIORITY and who == "potential_starter" and SEE in may
        is_granted = ask.wants in may or is_starter_s
        sort = name in SUSPENDED, is_granted
        if sort not in kept:
            kept[sort] = world.task(make(world, named, link, state, suspended=sort[0]).number)
            assert granted(world, who, kept[sort]) == may
        before = kept[sort]
        reply = asked(world, who, name, ask, before)
        assert reply.status < 500, (name, reply.body)
        if is_done(reply):
            assert is_granted, (name, ask, reply.body)
        elif SEE not in may:
            assert is_refused_as_hidden(name, reply), (name, reply.status, reply.body)
        elif name.startswith("native") and reply.status != 409:  # what the state forbids says nothing of rights
            assert reply.status == 403, (name, reply.body)
            assert ask.wants not in may, (name, ask, reply.body)
        if OPERATIONS[name].method != "GET":
            if is_done(reply):
                del kept[sort]
            elif is_granted:
                assert world.task(before.number) == before, name
    for before in kept.values():  # what is refused changes nothing
        assert world.task(before.number) == before


def test_settings_are_told_of_a_task_that_is_seen(world: World) -> None:
    task = make(world, "people", "private case", State.READY)
    for who in WHO:
        reply = asked(world, who, SETTINGS, Ask(SEE), task)
        if SEE in granted(world, who, task):
            assert (reply.status, b"CWTKA0017E" in reply.body) == (404, True), who  # it has no template
        else:
            assert is_refused_as_hidden(SETTINGS, reply), who


def test_a_user_without_a_part_in_a_task_is_granted_what_the_stranger_is(world: World) -> None:
    for one in TASKS:
        task = make(world, *one)
        others = [who for who in WHO if not has_a_part(who, *one)]
        assert {granted(world, who, task) for who in others} <= {granted(world, "stranger", task)}, one


@pytest.mark.parametrize(("name", "ask"), ASKS, ids=lambda value: value if isinstance(value, str) else str(value.wants))
def test_each_of_these_requests_succeeds_for_somebody(world: World, name: str, ask: Ask) -> None:
    found = (
        asked(world, who, name, ask, make(world, "people", "nothing", state, suspended=name in SUSPENDED))
        for state, who in itertools.product(STATES, ("assignee", "administrator", "admin"))
    )
    assert any(is_done(reply) for reply in found)


@pytest.mark.parametrize("dialect", LISTS)
@pytest.mark.parametrize("who", WHO)
def test_no_list_shows_what_the_core_does_not(listing: tuple[World, list[Task]], who: str, dialect: str) -> None:
    world, every = listing
    made = [task for task in every if dialect != "genesys" or task.case == SERVICE]
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
        reply = asked(world, who, "onlyoffice_crm task.get", Ask(SEE), task)
        if reply.status == 200:
            assert json.loads(reply.body)["response"].get("canEdit", False) == (EDIT in granted(world, who, task))


ACTIONS = {
    "ACTION_CLAIM": "task.claim",
    "ACTION_CANCELCLAIM": "task.cancel",
    "ACTION_COMPLETE": "task.complete",
    "ACTION_DELETE": "task.delete",
    "ACTION_RESUME": "task.resume",
    "ACTION_SETINPUTMESSAGE": "task.input.set",
    "ACTION_SETOUTPUTMESSAGE": "task.output.set",
    "ACTION_STARTTASK": "task.start",
    "ACTION_SUSPEND": "task.suspend",
    "ACTION_SUSPENDWITHCANCELCLAIM": "task.suspend_and_cancel",
    "ACTION_TERMINATE": "task.terminate",
}


@pytest.mark.parametrize("who", WHO)
def test_ibm_names_the_actions_that_succeed(world: World, who: str) -> None:
    for one in tasks_for(who):
        task = make(world, *one)
        reply = asked(world, who, "ibm_htm task.actions", ROWS["ibm_htm task.actions"][0], task)
        if reply.status != 200:
            assert SEE not in granted(world, who, task)
            continue
        [shown] = json.loads(reply.body)["tasks"]
        for action, operation in ACTIONS.items():
            name = f"ibm_htm {operation}"
            done = is_done(asked(world, who, name, ROWS[name][0], task))
            assert done == (action in shown["actions"]), (one, action)
            if done:
                task = make(world, *one)


READ_ONLY = Principal(1, "u", "u", ceiling=frozenset({"*.read"}))
"""Somebody who administers and may only read, by the bound on his scopes."""
OPEN = PUBLIC | ANY_CREDENTIALS


@pytest.mark.parametrize("dialect", discover(), ids=lambda dialect: dialect.name)
def test_the_ceiling_of_a_reader_lets_no_operation_write(dialect: Dialect) -> None:
    guarded = [each for each in dialect.operations if not each.scopes & OPEN and each.credentials is None]
    assert [each.name for each in guarded if each.writes and READ_ONLY.has_scope(each.scopes)] == []
    assert [each.name for each in guarded if not each.writes and not READ_ONLY.has_scope(each.scopes)] == []
