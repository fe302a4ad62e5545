"""What one dialect writes, another can't lose: every update there is leaves alone what its dialect doesn't speak of.

DESIGN 3, rule 1. A task is given facts of every sort, of dialects that don't exist yet among them; then one operation
is asked for with content that it takes, and whatever isn't its own to change must be as it was. A new operation that
changes something must be entered here: with the fields that it may change, or with the reason why nothing can be lost.
"""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from dragoman.dialects import discover
from dragoman.dialects.ibm_htm.wire.ids import task_id
from dragoman.dialects.kit import Reply
from dragoman.domain.binary_property import BinaryHead
from dragoman.domain.case import CaseKind
from dragoman.domain.clock import Moment
from dragoman.domain.contact import ContactKind
from dragoman.domain.escalation import Activation, Escalation
from dragoman.domain.extension import Extension
from dragoman.domain.labels import Labelled
from dragoman.domain.message import Message, Which, head
from dragoman.domain.task import State, Task, has_come
from dragoman.domain.template import Template
from dragoman.domain.template_set import AppliesTo
from dragoman.domain.work_item import Role, WorkItem
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.cases import stages
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.databases import quick_file
from tests.support.sizes import sized
from tests.support.world import NOON, World

ANNA = "00000000-0000-7000-8000-000000000000"
BERT = "00000000-0000-7000-8000-000000000001"
STRANGER = "ffffffff-0000-7000-8000-00000000000f"
TEMPLATE = "801a0001-0000-0001-0000-000100000001"
LONG_AFTER = Moment(2**60)

NOBODYS = {"revision", "row_version", "head_hash", "modified_at", "open_children", "extension_count", "work_item_count"}
NOBODYS |= {"escalate_at"}
"""Bookkeeping: it follows from the change."""

STATE = {"state", "state_changed_at", "escalations"}
WORKED = {*STATE, "assignee", "claimed_at", "activated_at", "first_activated_at"}
BEGUN = {*WORKED, "due_at", "expires_at"}
"""What follows from its being ready for the first time: its durations are counted from then."""
WAKES = "timing.wakes"
"""Which claim waking gives back: releasing, assigning, resuming and ending forget it."""
RELEASED = {*WORKED, WAKES}
ASSIGNED = {*BEGUN, WAKES}
ENDED = {*STATE, "suspended", "resume_at", "completed_at", "outcome_code", "outcome_text", "delete_at", WAKES}
REOPENED = {*BEGUN, "completed_at", "outcome_code", "outcome_text", "delete_at"} - {"assignee"}
"""A passed expiry is forgotten; a task that expired before its start is ready for the first time."""
SUSPENDED = {"suspended", "resume_at", WAKES}
DUE = {"due_at", "due_local", "due_zone"}
DELETION = {"delete_at", "timing.deleted", "timing.kept"}
"""A moment of deletion that a user sets replaces the length that counted from the end."""


@dataclass(frozen=True)
class Update:
    """One operation: a request for it, and the fields of the task that it may change, as the page of its dialect
    has them. `{task}`, `{tkiid}` and `{service}` stand for the ids in the path."""

    name: str
    method: str
    path: str
    may: frozenset[str]
    body: st.SearchStrategy[Any]


NO_BODY = object()


def update(name: str, method: str, path: str, may: set[str], body: st.SearchStrategy[Any] | None = None) -> Update:
    return Update(name, method, path, frozenset(may), st.just(NO_BODY) if body is None else body)


texts = st.text("aé \n🖨", max_size=6)
lines = st.one_of(st.none(), texts)
moments = st.sampled_from([None, "2031-05-04T10:20:30.1234567Z", "2031-05-04T12:20:30+02:00"])
json_values = st.sampled_from([None, 0, -1.5, "x", [1], {"a": {"b": 1}}, {"a": None}])
members = st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from([None, 1, "x"]), max_size=2)

NATIVE_FIELDS: dict[str, tuple[st.SearchStrategy[Any], set[str]]] = {
    "title": (lines, {"title"}),
    "name": (lines, {"name"}),
    "description": (lines, {"description"}),
    "type": (lines, {"type"}),
    "escalated": (st.booleans(), {"escalated"}),
    "read": (st.booleans(), {"read"}),
    "priority": (st.one_of(st.none(), st.integers(0, 9)), {"priority"}),
    "assignee": (st.sampled_from([None, ANNA, BERT]), ASSIGNED),
    "category": (st.sampled_from([None, 1, 2]), {"category"}),
    "contact": (st.sampled_from([None, 1, 2]), {"contact"}),
    "case": (st.sampled_from([None, 1, 2]), {"case", "stage"}),
    "stage": (st.sampled_from([None, 1]), {"case", "stage"}),
    "parent": (st.none(), {"parent"}),
    "due_at": (moments, DUE),
    "due_zone": (st.sampled_from([None, "UTC", "Europe/Riga"]), DUE),
    "remind_before_minutes": (st.one_of(st.none(), st.integers(0, 90)), {"remind_before_minutes"}),
    "expires_at": (moments, {"expires_at"}),
    "delete_at": (moments, DELETION),
    "properties": (st.just({"mine": "1"}), {"properties.mine"}),
    "extensions": (st.fixed_dictionaries({"Mine": json_values}), {"extensions.mine"}),
}

CRM_TASK = st.fixed_dictionaries(
    {
        "title": st.text("aé🖨", min_size=1, max_size=6),
        "categoryid": st.sampled_from([1, 2]),
        "deadline": st.just("2031-05-04"),
    },
    optional={
        "description": texts,
        "responsibleid": st.sampled_from([ANNA, BERT]),
        "contactid": st.sampled_from([0, 1, 2]),
        "alertValue": st.integers(0, 60),
        "entityType": st.sampled_from(["case", "opportunity"]),
        "entityId": st.sampled_from([0, 3, 77]),
    },
)
CRM_FIELDS = {*DUE, *ASSIGNED, "title", "description", "category", "contact", "remind_before_minutes", "case", "stage"}
CRM_FIELDS |= {"entity_kind", "entity", "extras.onlyoffice_crm"}

GENESYS_END = st.fixed_dictionaries(
    {},
    optional={"disposition": st.sampled_from(["DONE", "LOST"]), "timestamp": st.just("2031-05-04T10:20:30.123Z")},
)
OF_GENESYS = {"extras.genesys"}
GENESYS_TASK = "/services/{service}/tasks/{task}"
GENESYS_EXTENSION = f"{GENESYS_TASK}/extensions/Mine"
MINE = {"extensions.mine"}

VERBS = {
    "start": BEGUN,
    "claim": WORKED,
    "release": RELEASED,
    "assign": ASSIGNED,
    "suspend": SUSPENDED - {WAKES},
    "resume": SUSPENDED,
    "finish": ENDED,
    "complete": ENDED,
    "fail": ENDED,
    "terminate": ENDED,
    "expire": ENDED,
    "reopen": REOPENED,
    "amend_outcome": {"completed_at", "outcome_code", "outcome_text"},
}
TOLD = {
    "assign": st.fixed_dictionaries({"assignee": st.sampled_from([None, ANNA, BERT])}),
    "suspend": st.fixed_dictionaries({"until": moments}),
    **dict.fromkeys(("finish", "complete", "fail", "terminate", "amend_outcome"), st.just({"code": "c", "text": "t"})),
}

UPDATES: dict[str, list[Update]] = {
    "native": [
        *(
            update("patch_task", "PATCH", "/v1/tasks/{task}", may, st.fixed_dictionaries({field: values}))
            for field, (values, may) in NATIVE_FIELDS.items()
        ),
        *(
            update(f"{verb}_task", "POST", f"/v1/tasks/{{task}}/{verb}", may, TOLD.get(verb))
            for verb, may in VERBS.items()
        ),
        update("put_task_extension", "PUT", "/v1/tasks/{task}/extensions/mine", MINE, json_values),
        update("delete_task_extension", "DELETE", "/v1/tasks/{task}/extensions/mine", MINE),
    ],
    "onlyoffice_crm": [
        update("task.update", "PUT", "/api/2.0/crm/task/{task}", CRM_FIELDS, CRM_TASK),
        update("task.close", "PUT", "/api/2.0/crm/task/{task}/close", ENDED),
        update("task.reopen", "PUT", "/api/2.0/crm/task/{task}/reopen", REOPENED),
        update(
            "task.set_created",
            "PUT",
            "/api/2.0/crm/task/{task}/creationdate",
            {"created_at"},
            st.just({"creationdate": "2020-01-01"}),
        ),
        update(
            "task.set_modified",
            "PUT",
            "/api/2.0/crm/task/{task}/lastmodifeddate",
            set(),
            st.just({"lastmodifeddate": "2020-01-01"}),
        ),
    ],
    "genesys": [
        update("task.complete", "POST", f"{GENESYS_TASK}/end", ENDED | OF_GENESYS, GENESYS_END),
        update("task.extension.put", "PUT", GENESYS_EXTENSION, MINE, json_values),
        update("task.extension.merge", "PUT", f"{GENESYS_EXTENSION}/merge", MINE, members),
        update("task.extension.post", "POST", GENESYS_EXTENSION, MINE, json_values),
        update("task.extension.delete", "DELETE", GENESYS_EXTENSION, MINE),
    ],
}

IBM = "/rest/bpm/htm/v1/task"
OF_IBM = {"extras.ibm_htm"}
RESULTS = {"messages.input", "messages.output", "messages.fault"}
lengths = st.sampled_from(["5000days", "P900D", "DURATION_INFINITE", "DURATION_NOT_USED"])
ibm_times = st.sampled_from(["2031-05-04T10:20:30Z", "2031-05-04T10:20:30"])
IBM_FIELDS: dict[str, tuple[st.SearchStrategy[Any], set[str]]] = {
    "name": (st.sampled_from(["a", "é", 5]), {"name"}),
    "namespace": (texts, OF_IBM),
    "type": (texts, {"type"}),
    "displayName": (texts, {"title"}),
    "description": (texts, {"description"}),
    "priority": (st.integers(0, 9), {"priority"}),
    "businessRelevance": (st.booleans(), OF_IBM),
    "isRead": (st.booleans(), {"read"}),
    "isEscalated": (st.booleans(), {"escalated"}),
    "customProperties": (st.just({"mine": "1"}), {"properties.mine"}),
    "dueTime": (ibm_times, {*DUE, "timing.due"}),
    "durationUntilDue": (lengths, {*DUE, "timing.due"}),
    "expirationTime": (ibm_times, {"expires_at", "timing.expires", *ENDED}),
    "durationUntilExpires": (lengths, {"expires_at", "timing.expires", *ENDED}),
    "deletionTime": (ibm_times, DELETION),
    "durationUntilDeleted": (lengths, {"delete_at", "timing.deleted"}),
    "supportsClaimIfSuspended": (st.booleans(), OF_IBM),
    "supportsDelegation": (st.booleans(), OF_IBM),
    "supportsFollowOnTasks": (st.booleans(), OF_IBM),
    "supportsSubTasks": (st.booleans(), OF_IBM),
    "contextAuthorizationOfOwner": (st.sampled_from(["AUTH_NONE", "AUTH_READER"]), OF_IBM),
    "eventHandlerName": (texts, OF_IBM),
    "parentContextID": (st.just("_PI:1.2.3.4"), OF_IBM),
    "workBasketName": (lines, {"work_list"}),
}
message = st.just({"document": "D-1"})
these = st.just({"taskIDs": ["{tkiid}"]})
TRANSFER = "action=transfer&fromUser=bert&toUser=anna"


def ibm(name: str, query: str, may: set[str], body: st.SearchStrategy[Any] | None = None) -> Update:
    return update(name, "PUT", f"{IBM}/{{tkiid}}{query}", may, body)


def ibm_of_many(name: str, query: str, may: set[str]) -> Update:
    return update(name, "PUT", f"{IBM}{query}", may, these)


UPDATES["ibm_htm"] = [
    *(
        ibm("task.update", "?action=update", may, st.fixed_dictionaries({name: values}))
        for name, (values, may) in IBM_FIELDS.items()
    ),
    ibm("task.start", "?action=start&mode=async", BEGUN | {"messages.input"}, message),
    ibm("task.claim", "?action=claim", WORKED),
    ibm("task.cancel", "?action=cancel", RELEASED | RESULTS),
    ibm("task.complete", "?action=complete", ENDED | RESULTS, message),
    ibm("task.suspend", "?action=suspend", SUSPENDED),
    ibm("task.suspend_and_cancel", "?action=suspendAndCancelClaim&duration=P1D&keepTaskData=true", SUSPENDED),
    ibm("task.resume", "?action=resume", SUSPENDED),
    ibm("task.terminate", "?action=terminate", ENDED),
    ibm("task.force_terminate", "?action=forceTerminate", ENDED),
    ibm("task.input.set", "/input", RESULTS, message),
    ibm("task.output.set", "/output", RESULTS, message),
    ibm("task.fault.set", "/fault?faultName=F", RESULTS, message),
    update("binary.create", "POST", f"{IBM}/{{tkiid}}/binaryCustomProperty/new?query=a", {"binaries.new"}, message),
    ibm("binary.set", "/binaryCustomProperty/mine", {"binaries.mine"}, message),
    ibm("role.assign", "/role/REASON_READER?action=assign&newUser=bert", {"work_items"}),
    ibm("role.transfer", f"/role/REASON_READER?{TRANSFER}", {"work_items"}),
    ibm_of_many("tasks.cancel", "?action=cancel", RELEASED | RESULTS),
    ibm_of_many("tasks.suspend", "?action=suspend&duration=P1D", SUSPENDED),
    ibm_of_many("tasks.resume", "?action=resume", SUSPENDED),
    ibm_of_many("tasks.suspend_and_cancel", "?action=suspendAndCancelClaim&duration=P1D&keepTaskData=false", SUSPENDED),
    *(
        update(name, "PUT", f"{IBM}?action={word}&query=TASK&admin=true&queryFilter=TKIID%3DID('{{tkiid}}')", WORKED)
        for name, word in (("tasks.claim_next", "claimNext"), ("tasks.get_next", "getNext"))
    ),
    ibm_of_many("tasks.role.transfer", f"/role/REASON_READER?{TRANSFER}", {"work_items"}),
]

MAKES_ANEW = "makes something new"
DELETES = "deletes what it names, all of it"
NO_TASK = "changes no task, only what holds, counts or describes tasks"
OF_BATCHES = "works on a batch, not on the content of a task"
NOT_UPDATES: dict[str, dict[str, str]] = {
    "native": {
        **dict.fromkeys(
            ("create_task", "create_case", "create_contact", "create_category", "create_schema"), MAKES_ANEW
        ),
        **dict.fromkeys(("delete_task", "delete_case", "delete_contact", "delete_category", "delete_schema"), DELETES),
        "apply_template_set": MAKES_ANEW,
        "restore_task": "brings a deleted task back with all that it had: test_restoring.py",
        "undo_task_change": "writes what a row of history names: test_putting_back.py",
        **dict.fromkeys(("patch_case", "patch_contact", "patch_category", "patch_own_profile"), NO_TASK),
        **dict.fromkeys(("put_batch_policies", "patch_tenant", "end_session", "end_sessions"), NO_TASK),
        **dict.fromkeys(("put_user_alias", "delete_user_alias", "delete_unclaimed_name"), NO_TASK),
        "claim_unclaimed_name": "assigns tasks that are nobody's, and changes no content of theirs",
        **dict.fromkeys(
            ("put_own_password", "put_password", "delete_password", "create_password_link", "redeem_password_link"),
            NO_TASK,
        ),
        "unlock_user": NO_TASK,
        **dict.fromkeys(("put_user_identity", "delete_user_identity"), NO_TASK),
        **dict.fromkeys(("create_group", "create_user"), MAKES_ANEW),
        **dict.fromkeys(("patch_group", "delete_group", "put_group_member", "delete_group_member"), NO_TASK),
        **dict.fromkeys(("patch_user", "enable_user"), NO_TASK),
        **dict.fromkeys(
            ("disable_user", "delete_user"), "may give open tasks to another user, and changes none besides"
        ),
        **dict.fromkeys(("create_token", "patch_token", "delete_token", "revoke_user_tokens"), NO_TASK),
        **dict.fromkeys(("create_webhook", "patch_webhook", "delete_webhook", "rotate_webhook_secret"), NO_TASK),
        **dict.fromkeys(("test_webhook", "replay_webhook", "replay_webhook_delivery"), NO_TASK),
        **dict.fromkeys(
            (
                *("create_batch", "preview_batch", "patch_batch", "delete_batch", "retry_batch", "undo_batch"),
                *("approve_batch", "refuse_batch", "pause_batch", "resume_batch", "stop_batch"),
            ),
            OF_BATCHES,
        ),
    },
    "onlyoffice_crm": {
        **dict.fromkeys(
            (
                "task.create",
                "task.create_group",
                "contact.create_person",
                "contact.create_company",
                "opportunity.create",
            ),
            MAKES_ANEW,
        ),
        **dict.fromkeys(("case.create", "category.create", "authentication.login"), MAKES_ANEW),
        **dict.fromkeys(("task.delete", "contact.delete", "opportunity.delete", "case.delete"), DELETES),
        **dict.fromkeys(("category.update", "category.set_icon", "category.reorder", "category.delete"), NO_TASK),
        **dict.fromkeys(("history.create", "template.create"), MAKES_ANEW),
        **dict.fromkeys((f"container.create_{kind}" for kind in AppliesTo), MAKES_ANEW),
        **dict.fromkeys(("history.delete", "template.delete", "container.delete"), DELETES),
        **dict.fromkeys(("template.update", "container.update", "case.update", "case.close", "case.reopen"), NO_TASK),
        **dict.fromkeys(("opportunity.update", "opportunity.add_member", "opportunity.remove_member"), NO_TASK),
        **dict.fromkeys((f"tag.{what}_{kind}" for what in ("create", "add", "remove") for kind in Labelled), NO_TASK),
        **dict.fromkeys(("batch.run", "batch.read"), "sends calls of their own, and changes nothing besides"),
    },
    "genesys": {
        **dict.fromkeys(("service.start", "state.start", "task.start"), MAKES_ANEW),
        **dict.fromkeys(
            ("service.schema.create", "state.schema.create", "task.schema.create", "profile.schema.create"), MAKES_ANEW
        ),
        **dict.fromkeys(("profile.create", "identification_key.create"), MAKES_ANEW),
        **dict.fromkeys(("profile.delete", "profile.schema.delete", "service.purge"), DELETES),
        **dict.fromkeys(
            (
                *("profile.update", "profile.extension.insert", "profile.record.update", "profile.record.delete"),
                "identification_key.delete",
            ),
            NO_TASK,
        ),
        **dict.fromkeys(
            ("service.delete", "service.schema.delete", "state.schema.delete", "task.schema.delete"), DELETES
        ),
        **dict.fromkeys(
            ("service.associate", "service.complete", "service.expire_at", "state.complete", "state.transition"),
            NO_TASK,
        ),
        **dict.fromkeys(
            (f"{noun}.extension.{what}" for noun in ("service", "state") for what in ("put", "merge", "delete")),
            NO_TASK,
        ),
        "server.mode": NO_TASK,
    },
    "ibm_htm": {
        "task.create": MAKES_ANEW,
        "task.delete": DELETES,
        **dict.fromkeys(("escalation.trigger", "escalation.update"), "changes what it names: test_htm_escalations.py"),
        "basket.create": MAKES_ANEW,
        **dict.fromkeys(
            ("basket.transfer", "basket.distribute"),
            "changes the list of a task, may release it: cases/work-basket-*.toml",
        ),
    },
    "carrierx_batch": {
        **dict.fromkeys(("batch.create", "batch.retry", "batch.undo"), MAKES_ANEW),
        "batch.delete": DELETES,
        **dict.fromkeys(("batch.update", "batch.replace"), "decides a batch: see test_batches_lose_nothing.py"),
        **dict.fromkeys(("batch.preview_anew", "batch.control_change"), "controls a batch, and changes no task"),
        **dict.fromkeys(
            (
                f"{noun}.{verb}"
                for noun in ("phonenumber", "prefix", "file")
                for verb in ("create", "update", "replace")
            ),
            NO_TASK,
        ),
        **dict.fromkeys((f"{noun}.delete" for noun in ("phonenumber", "prefix", "file")), NO_TASK),
    },
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    yield from open_world()


def open_world() -> Iterator[World]:
    """With two users, a contact that everybody sees and one that not, a CRM case, a service and a stage of it."""
    with quick_file() as url:
        world = World(url)
        assert world.add("anna", admin=True).user == ANNA
        assert world.add("bert").user == BERT
        world.core(furnish)
        yield world
        world.close()


def furnish(uow: UnitOfWork) -> None:
    contacts.add(uow, ContactKind.PERSON, first_name="Ilze")
    contacts.add(uow, ContactKind.COMPANY, company_name="Ozols")
    service = cases.add(uow, CaseKind.SERVICE, title="A service")
    cases.add(uow, CaseKind.CASE, title="A case")
    stages.add(uow, service, title="A stage")
    uow.templates.add(Template(uow.tenant, TEMPLATE, "Review", 1, fault_names=("F",)))


SERVICE = 2  # the inbox was there before it

facts: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "name": lines,
        "title": lines,
        "description": lines,
        "category": st.sampled_from([None, 1, 999]),
        "type": lines,
        "work_list": lines,
        "escalated": st.booleans(),
        "read": st.booleans(),
        "priority": st.one_of(st.none(), st.integers(0, 9)),
        "starter": st.sampled_from([None, BERT]),
        "contact": st.sampled_from([None, 1, 999]),
        "entity_kind": st.sampled_from([None, "case"]),
        "entity": st.sampled_from([None, 888]),
        "due_at": st.one_of(st.none(), st.integers(0, 2**60).map(Moment)),
        "remind_before_minutes": st.one_of(st.none(), st.integers(0, 60)),
        "expires_at": st.one_of(st.none(), st.integers(0, 2**60).map(Moment)),
        "delete_at": st.one_of(st.none(), st.integers(0, 2**60).map(Moment)),
        "properties": st.dictionaries(st.sampled_from(["mine", "yours", "k.k"]), texts),
        "assignee": st.sampled_from([None, ANNA, BERT, STRANGER]),
        "template": st.sampled_from([None, TEMPLATE]),
        "timing": st.sampled_from(
            [
                {},
                {"due": "5000days", "expires": "P900D"},
                {"deleted": "5000days", "kept": "unless_completed"},
                {"wakes": "release", "due": "DURATION_NOT_USED"},
            ]
        ),
    }
)
states = st.sampled_from([State.INACTIVE, State.READY, State.COMPLETED, State.FAILED])


def make(uow: UnitOfWork, given_facts: dict[str, Any], state: State, *, suspended: bool) -> Task:
    """A task of a service, with extensions, work items, facts of dialects, and whatever Hypothesis thought of."""
    fields = {**given_facts, "creator": ANNA, "case": SERVICE, "stage": 1}
    if state is State.INACTIVE:
        fields |= {"state": state, "assignee": None}
    task = tasks.add(uow, **fields)
    if state.is_ended:
        task = replace(task, state=state, completed_at=NOON, outcome_code="old", outcome_text="of old")
    elif suspended and state is not State.INACTIVE:
        task = replace(task, suspended=True, resume_at=LONG_AFTER)
    return uow.tasks.save(with_everything(uow, task))


def with_everything(uow: UnitOfWork, task: Task) -> Task:
    """The task, not saved yet, to which every dialect has added something; its messages are kept already."""
    for which in (Which.INPUT, Which.OUTPUT):
        uow.messages.put(Message(uow.tenant, task.uid, which, "application/xml", f"<{which}/>"))
    return replace(
        task,
        due_local=None if task.due_at is None else "2031-05-04T10:20:30",
        due_zone=None if task.due_at is None else "Europe/Riga",
        messages={which: head("application/xml", f"<{which}/>") for which in (Which.INPUT, Which.OUTPUT)},
        binaries={"mine": BinaryHead("image/png", "q"), "yours": BinaryHead("text/plain")},
        extensions={"mine": Extension("Mine", '{"a":1.50}'), "yours": Extension("YOURS", '{ "b" : [1e2 ]}')},
        escalations=(Escalation("Late", after="9days"), Escalation("Busy", Activation.CLAIMED, after="2days")),
        work_items=(WorkItem(Role.READER, BERT), WorkItem(Role.EDITOR, "*")),
        extras={
            "genesys": {"started": {"application_id": 5}},
            "onlyoffice_crm": {"entity_id": 7},
            "ibm_htm": {"eventHandlerName": "h", "not_yet_there": 1},
            "not_yet_there": {"deep": {"list": [1, 2.50]}},
        },
    ).settled(uow.now)


def flat(task: Task) -> dict[str, Any]:
    """The task field by field; members of properties, extensions and extras one by one."""
    fields: dict[str, Any] = {}
    for name, value in asdict(task).items():
        if isinstance(value, dict):
            fields |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            fields[name] = value
    return fields


def texts_of(world: World, task: Task) -> dict[str, Any]:
    """The text of each message."""
    kept = world.core(lambda uow: {which: uow.messages.of(task.uid, which) for which in Which})
    return {f"messages.{which}": None if message is None else message.body for which, message in kept.items()}


def different(world: World, before: Task, texts: dict[str, Any]) -> set[str]:
    """What of a task isn't as its timers left it by now, bookkeeping aside."""
    now = world.clock.now()
    expected, after = before.as_of(now), world.task(before.number).as_of(now)
    if expected is None or after is None:
        assert is_to_be_deleted(before, now)
        return set()
    old, new = flat(expected), flat(after)
    fields = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    stored = texts_of(world, before)
    dropped = set() if expected.messages == before.messages else RESULTS
    return fields - NOBODYS | {name for name in stored if stored[name] != texts[name]} - dropped


def is_to_be_deleted(task: Task, now: Moment) -> bool:
    """Whether its time of deletion has come: once it has ended, it goes."""
    return has_come(task.delete_at, now)


def is_stored(world: World, task: Task) -> bool:
    return world.stored(lambda uow: uow.tasks.find(task.number)) is not None


CASES = [(dialect, one) for dialect, updates in UPDATES.items() for one in updates]


def label(part: Any) -> str:
    return part if isinstance(part, str) else f"{part.name} {'+'.join(sorted(part.may))[:40]}"


def ask(world: World, asked: Update, task: Task, body: Any) -> Reply:
    """What anna is answered."""
    tkiid = task_id(task.uid)
    target = asked.path.format(task=task.number, service=SERVICE, tkiid=tkiid)
    content = b"" if body is NO_BODY else json.dumps(body).replace("{tkiid}", tkiid).encode()
    return world.ask("anna", asked.method, target, content)


every_task = st.tuples(facts, states, st.booleans())

UNLIMITED = {"expires_at": None, "delete_at": None}
STANDS = list(itertools.product([State.READY, State.INACTIVE, State.COMPLETED], [False, True], [None, ANNA]))
"""State, whether suspended, and owner of tasks that are tried in turn if an update was taken of none. By chance alone,
one that can be claimed came after hundreds of others."""


@pytest.mark.parametrize(("dialect", "asked"), CASES, ids=label)
def test_an_update_touches_only_what_its_dialect_speaks_of(world: World, dialect: str, asked: Update) -> None:
    """And each is taken of some task, else this would say nothing of it."""
    taken: list[bool] = []

    @settings(max_examples=sized(6, 25), deadline=None, suppress_health_check=list(HealthCheck))
    @given(drawn=every_task, body=asked.body)
    def touches_only_that(drawn: tuple[dict[str, Any], State, bool], body: Any) -> None:
        taken.append(touched(world, asked, drawn, body))

    def is_taken(drawn: tuple[tuple[dict[str, Any], State, bool], Any]) -> bool:
        return touched(world, asked, *drawn)

    @settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(found=facts, body=asked.body)
    def touches_only_that_of(stand: tuple[State, bool, str | None], found: dict[str, Any], body: Any) -> None:
        state, suspended, assignee = stand
        taken.append(touched(world, asked, ({**found, **UNLIMITED, "assignee": assignee}, state, suspended), body))

    touches_only_that()
    for stand in STANDS:
        if not any(taken):
            touches_only_that_of(stand)
    if not any(taken):
        every = st.tuples(every_task, asked.body)
        find(every, is_taken, settings=settings(max_examples=4_000, phases=[Phase.generate], database=None))


def touched(world: World, asked: Update, drawn: tuple[dict[str, Any], State, bool], body: Any) -> bool:
    """Whether the update is taken of such a task. AssertionError when it changed what it must not."""
    given_facts, state, suspended = drawn
    made: Task = world.core(lambda uow: make(uow, given_facts, state, suspended=suspended))
    before = world.task(made.number)
    texts = texts_of(world, before)
    world.clock.advance(60)
    reply = ask(world, asked, before, body)
    assert reply.status < 500
    is_taken = reply.status < 300 and b"failedOperations" not in reply.body
    if not is_stored(world, before):
        assert is_to_be_deleted(before, world.clock.now())
        return is_taken
    changed = different(world, before, texts)
    assert changed <= asked.may, reply.body
    if reply.status >= 400:
        assert not changed
    kept = world.task(before.number)
    assert kept.extras.get("ibm_htm", {}).get("not_yet_there") == 1
    return is_taken


@pytest.mark.parametrize("dialect", discover(), ids=lambda dialect: dialect.name)
def test_every_operation_that_changes_something_is_looked_at(dialect: Any) -> None:
    known = {one.name for one in UPDATES.get(dialect.name, ())} | set(NOT_UPDATES[dialect.name])
    assert {operation.name for operation in dialect.operations if operation.writes} == known


@settings(max_examples=sized(30, 100), deadline=None, suppress_health_check=list(HealthCheck))
@given(given_facts=facts, state=states)
def test_what_the_native_api_shows_can_be_sent_back_and_changes_nothing(
    world: World, given_facts: dict[str, Any], state: State
) -> None:
    sound = {**given_facts, "category": 1, "contact": None, "assignee": BERT}
    sound |= {"due_at": None, "timing": {}}  # `with_everything` sets a local time that isn't a moment's
    before: Task = world.core(lambda uow: make(uow, sound, state, suspended=False))
    status, shown = world.native("anna", "GET", f"/v1/tasks/{before.number}")
    if before.as_of(world.clock.now()) is None:
        assert status == 404
        return
    assert status == 200
    world.clock.advance(60)
    sent = {name: shown[name] for name in NATIVE_FIELDS}
    status, again = world.native("anna", "PATCH", f"/v1/tasks/{before.number}", sent)
    fires = before.has_due(world.clock.now())
    if fires and is_to_be_deleted(before, world.clock.now()):  # its expiry fires first, then its deletion
        assert status == 404
        return
    moved = {"modified_at": again["modified_at"]} if fires else {}  # when the timer fired, which the GET can't know
    assert (status, again) == (200, shown | moved)


@settings(max_examples=sized(30, 100), deadline=None, suppress_health_check=list(HealthCheck))
@given(given_facts=facts, state=states)
def test_what_ibm_clients_are_shown_can_be_sent_back_and_changes_nothing(
    world: World, given_facts: dict[str, Any], state: State
) -> None:
    sound = {**given_facts, "expires_at": None, "delete_at": None, "name": given_facts["name"] or "x"}
    if not sound["name"].strip():
        sound["name"] = "x"
    before = world.task(world.core(lambda uow: make(uow, sound, state, suspended=False)).number)
    path = f"{IBM}/{task_id(before.uid)}"
    shown = json.loads(world.ask("anna", "GET", path).body)
    world.clock.advance(60)
    for name in IBM_FIELDS.keys() & shown.keys():
        reply = world.ask("anna", "PUT", f"{path}?action=update", json.dumps({name: shown[name]}))
        assert reply.status in (200, 409), (name, reply.body)  # 409: not in this state
    old, new = flat(before), flat(world.task(before.number))
    assert {name for name in {*old, *new} if old.get(name) != new.get(name)} <= NOBODYS
