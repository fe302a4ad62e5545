"""What one dialect makes of a task, read in the others: the tables "Mapping onto a common task model" of all pages."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.domain.template import Template
from dragoman.domain.work_item import Role
from dragoman.usecases.identity import aliases
from dragoman.usecases.uow import UnitOfWork
from tests.cross_dialect.conftest import open_world_on, tenant_beside
from tests.cross_dialect.names import said, tkiid
from tests.support.world import World

ANNA = "00000000-0000-7000-8000-000000000000"
BERT = "00000000-0000-7000-8000-000000000001"
CARA = "00000000-0000-7000-8000-000000000002"
TEMPLATE = "801a0001-0000-0001-0000-000100000001"
TKTID = "_TKT:801a0001.1.1.1"
HTM = "/rest/bpm/htm/v1"
REVIEW = Template(
    tenant=1,
    uid=TEMPLATE,
    name="ReviewDocument",
    version=1,
    display_name="Review a document",
    description="Page by page.",
    priority=5,
    type="review",
    fault_names=("ReviewFault",),
    timing={"due": "2hours"},
    roles={Role.POTENTIAL_OWNER: (CARA,)},
    properties={"origin": "scanner"},
)


@pytest.fixture
def world(first_world: World, request: pytest.FixtureRequest) -> World:
    """Bert makes tasks of a template, and Cara may work on them. In Genesys she is resource 31."""
    return furnished(tenant_beside(first_world, request.node.name))


@pytest.fixture
def either(database_url: str) -> Iterator[World]:
    """The same on either engine."""
    for world in open_world_on(database_url):
        yield furnished(world)


def furnished(world: World) -> World:
    def furnish(uow: UnitOfWork) -> None:
        uow.templates.add(replace(REVIEW, tenant=uow.tenant))
        aliases.put(uow, aliases.Put("cara", "genesys", "31"))

    world.core(furnish)
    return world


def ibm(world: World, who: str, method: str, path: str, body: Any = None) -> Any:
    """What IBM's dialect answers to what must succeed."""
    status, shown = said(world, method, f"{HTM}{path}", body, who)
    assert status in (200, 201), shown
    return shown


def review(world: World, *actions: tuple[str, str, Any], mode: str = "async") -> dict[str, Any]:
    """A task that bert made of the template, and what was then done with it: who, which action, with which body."""
    made = ibm(world, "bert", "POST", f"/task?taskTemplateID={TKTID}&mode={mode}", {"document": "D-1"})
    for who, action, body in actions:
        reply = world.ask(who, "PUT", f"{HTM}/task/{made['tkiid']}?action={action}", b"" if body is None else body)
        assert reply.status == 200, reply.body
    found: dict[str, Any] = made
    return found


def number_of(world: World, shown: dict[str, Any]) -> int:
    """The number of a task that IBM's dialect showed."""

    def find(uow: UnitOfWork) -> int:
        return max(task.number for task in uow.tasks.of_case(uow.home.inbox_case) if tkiid(task.uid) == shown["tkiid"])

    number: int = world.core(find)
    return number


def native(world: World, number: int, who: str = "anna") -> Any:
    status, shown = said(world, "GET", f"/v1/tasks/{number}", who=who)
    assert status == 200, shown
    return shown


def crm(world: World, number: int, who: str = "anna") -> Any:
    status, shown = said(world, "GET", f"/api/2.0/crm/task/{number}", who=who)
    assert status == 200, shown
    return shown["response"]


def genesys(world: World, number: int, service: int = 1, who: str = "anna") -> Any:
    status, shown = said(world, "GET", f"/services/{service}/tasks/{number}?extensions=*,TaskCard", who=who)
    assert status == 200, shown
    return shown


# Made in IBM's dialect


def test_a_task_of_a_template_reads_everywhere(world: World) -> None:
    number = number_of(world, review(world))

    shown = native(world, number)
    assert (shown["name"], shown["title"]) == ("ReviewDocument", "Review a document")
    assert (shown["description"], shown["priority"], shown["type"]) == ("Page by page.", 5, "review")
    assert (shown["state"], shown["creator"], shown["template"]) == ("ready", BERT, TEMPLATE)
    assert (shown["properties"], shown["timing"]) == ({"origin": "scanner"}, {"due": "2hours"})
    assert list(shown["messages"]) == ["input"]
    assert shown["due_at"] is not None

    shown = crm(world, number)
    assert (shown["title"], shown["description"]) == ("Review a document", "Page by page.")
    assert (shown["createBy"]["displayName"], shown.get("isClosed", False)) == ("bert", False)
    assert "deadLine" in shown

    shown = genesys(world, number)
    assert (shown["task_type"], shown["est_duration"]) == ("Review a document", 7_200)
    card = shown["TaskCard"]
    assert (card["title"], card["description"], card["priority"]) == ("Review a document", "Page by page.", 5)
    assert (card["assignee"], card["status"]) == (None, "ready")


@pytest.mark.parametrize(("who", "shown"), [("cara", 31), ("bert", None)])
@pytest.mark.parametrize("through", ["native", "crm"])
def test_who_ended_a_task_elsewhere_is_seen_in_genesys(
    either: World, through: str, who: str, shown: int | None
) -> None:
    number = said(either, "POST", "/v1/tasks", {"title": "Call"}, who)[1]["number"]
    path = f"/v1/tasks/{number}/finish" if through == "native" else f"/api/2.0/crm/task/{number}/close"
    assert said(either, "POST" if through == "native" else "PUT", path, who=who)[0] == 200
    completed = genesys(either, number)["completed"]
    assert completed.get("resource_id") == shown
    before = native(either, number)
    assert said(either, "POST", f"/services/1/tasks/{number}/end", completed)[0] == 204
    assert native(either, number) == before


FINISHED: dict[str, Callable[[int, str], tuple[str, str]]] = {
    "native": lambda number, _: ("POST", f"/v1/tasks/{number}/finish"),
    "onlyoffice_crm": lambda number, _: ("PUT", f"/api/2.0/crm/task/{number}/close"),
    "genesys": lambda number, _: ("POST", f"/services/1/tasks/{number}/end"),
    "ibm_htm": lambda _, uid: ("PUT", f"{HTM}/task/{tkiid(uid)}?action=complete"),
}
"""How each dialect finishes a task."""


@pytest.mark.parametrize("through", FINISHED)
def test_who_finished_a_task_and_through_which_dialect_is_seen_wherever_there_is_a_place(
    world: World, through: str
) -> None:
    made = said(world, "POST", "/v1/tasks", {"title": "Call"}, "bert")[1]
    number = made["number"]
    assert said(world, "POST", f"/v1/tasks/{number}/claim", who="cara")[0] == 200
    method, path = FINISHED[through](number, made["id"])
    body = {"resource_id": 31} if through == "genesys" else None
    assert said(world, method, path, body, who="cara")[0] in (200, 204)

    last = said(world, "GET", f"/v1/tasks/{number}/history", who="bert")[1]["items"][-1]
    assert last["changes"]["state"] == {"old": "claimed", "new": "completed"}
    assert (last["principal"], last["dialect"]) == ("cara", through)
    events = ibm(world, "bert", "GET", f"/task/{tkiid(made['id'])}/history")["items"]
    assert [event["principal"] for event in events if event["event"] == "TaskCompleted"] == ["cara"]
    assert genesys(world, number, who="bert")["completed"]["resource_id"] == 31


@pytest.mark.parametrize(("who", "shown"), [("cara", 31), ("anna", None)])
def test_who_closed_a_case_elsewhere_is_seen_in_its_service(either: World, who: str, shown: int | None) -> None:
    made = said(either, "POST", "/api/2.0/crm/case", {"title": "Leak"}, who)[1]["response"]
    service = f"/services/{made['id']}"
    assert said(either, "PUT", f"/api/2.0/crm/case/{made['id']}/close", who=who)[0] == 200

    completed = said(either, "GET", service, who=who)[1]["completed"]
    assert completed.get("resource_id") == shown
    history = said(either, "GET", f"/v1/cases/{made['id']}/history", who=who)[1]["items"]
    assert (history[-1]["principal"], history[-1]["dialect"]) == (who, "onlyoffice_crm")


def test_a_service_names_whom_its_case_is_assigned_to(either: World) -> None:
    sent = {"title": "Deal", "responsibleid": CARA, "stageid": 1, "bidCurrencyAbbr": "EUR"}
    made = said(either, "POST", "/api/2.0/crm/opportunity", sent)[1]["response"]
    service = f"/services/{made['id']}"
    started = said(either, "GET", service)[1]["started"]
    assert started["resource_id"] == 31

    before = said(either, "GET", f"/v1/cases/{made['id']}")[1]
    assert said(either, "POST", f"/customers/C-1{service}", started)[0] == 200
    after = said(either, "GET", f"/v1/cases/{made['id']}")[1]
    assert either.core(lambda uow: uow.cases.get(made["id"]).extras.get("genesys", {}).get("started")) is None
    assert after["revision"] == before["revision"] + 1  # the customer
    assert said(either, "GET", service)[1]["started"] == started


def test_a_task_without_a_title_goes_by_its_name(world: World) -> None:
    world.core(lambda uow: uow.templates.save(replace(REVIEW, tenant=uow.tenant, display_name=None)))
    number = number_of(world, review(world))

    assert (native(world, number)["title"], native(world, number)["name"]) == (None, "ReviewDocument")
    assert crm(world, number)["title"] == "ReviewDocument"
    assert genesys(world, number)["task_type"] == "ReviewDocument"
    assert genesys(world, number)["TaskCard"]["title"] == "ReviewDocument"
    made_natively(world, title="Archive")
    made_natively(world, title="Zip up")
    _, listed = said(world, "GET", "/api/2.0/crm/task/filter?sortBy=title")
    assert [item["title"] for item in listed["response"]] == ["Archive", "ReviewDocument", "Zip up"]
    _, listed = said(world, "GET", "/api/2.0/crm/task/filter?filterValue=reviewd")
    assert [item["id"] for item in listed["response"]] == [number]

    sent = {"title": "ReviewDocument", "deadline": crm(world, number)["deadLine"], "categoryid": 1}
    assert said(world, "PUT", f"/api/2.0/crm/task/{number}", sent)[0] == 200
    assert native(world, number)["title"] is None  # what is shown and sent back changes nothing


def test_a_draft_is_told_to_nobody_but_those_who_may_start_it(world: World) -> None:
    number = number_of(world, review(world, mode="createOnly"))

    assert native(world, number, "bert")["state"] == "inactive"
    assert "isClosed" not in crm(world, number, "bert")
    assert genesys(world, number, who="bert")["TaskCard"]["status"] == "inactive"
    for path in (f"/v1/tasks/{number}", f"/api/2.0/crm/task/{number}", f"/services/1/tasks/{number}"):
        assert said(world, "GET", path, who="cara")[0] in (403, 404)
    assert said(world, "GET", "/v1/tasks", who="cara")[1]["items"] == []
    assert said(world, "GET", "/api/2.0/crm/task/filter", who="cara")[1]["response"] == []
    assert said(world, "GET", "/services/1/tasks", who="cara")[1] == []

    status, _ = said(world, "POST", f"/v1/tasks/{number}/start", who="bert")
    assert status == 200
    assert ibm(world, "cara", "GET", f"/task/{tkiid(native(world, number)['id'])}")["state"] == "STATE_READY"


def test_the_owner_is_the_assignee(world: World) -> None:
    number = number_of(world, review(world, ("cara", "claim", None)))

    assert (native(world, number)["state"], native(world, number)["assignee"]) == ("claimed", CARA)
    assert crm(world, number)["responsible"]["displayName"] == "cara"
    assert genesys(world, number)["started"]["resource_id"] == 31
    assert genesys(world, number)["TaskCard"]["assignee"] == "cara"


@pytest.mark.parametrize(
    ("actions", "state", "disposition"),
    [
        ([("cara", "claim", None), ("cara", "complete", b'{"approved": true}')], "completed", None),
        (
            [("cara", "claim", None), ("cara", "complete&faultName=ReviewFault", b'{"why": "torn"}')],
            "failed",
            "failed",
        ),
        ([("bert", "terminate", None)], "terminated", "cancelled"),
        ([("bert", "update", b'{"expirationTime": "2020-01-01T00:00:00Z"}')], "expired", "cancelled"),
    ],
)
def test_each_end_reads_as_an_end(
    world: World, actions: list[tuple[str, str, Any]], state: str, disposition: str | None
) -> None:
    number = number_of(world, review(world, *actions))

    shown = native(world, number)
    assert shown["state"] == state
    assert shown["completed_at"] is not None
    assert crm(world, number)["isClosed"]
    assert genesys(world, number)["completed"].get("disposition") == disposition
    _, listed = said(world, "GET", "/services/1/tasks/completed")
    assert [item["task_id"] for item in listed] == [number]
    assert said(world, "GET", "/services/1/tasks/active")[1] == []
    assert said(world, "GET", "/api/2.0/crm/task/filter?isClosed=false")[1]["response"] == []


def test_a_suspended_task_is_open_elsewhere(world: World) -> None:
    number = number_of(world, review(world, ("bert", "suspend&duration=PT2H", None)))

    shown = native(world, number)
    assert (shown["state"], shown["suspended"]) == ("ready", True)
    assert shown["resume_at"] is not None
    assert "isClosed" not in crm(world, number)
    assert "completed" not in genesys(world, number)


def test_an_update_is_read_everywhere(world: World) -> None:
    values = {
        "displayName": "Review the plan",
        "description": "All of it.",
        "priority": 9,
        "dueTime": "2031-05-04T10:20:30Z",
        "customProperties": {"ward": "3b", "origin": "post"},
        "type": "plan",
        "isEscalated": True,
    }
    number = number_of(world, review(world, ("bert", "update", json.dumps(values))))

    shown = native(world, number)
    assert (shown["title"], shown["description"], shown["priority"]) == ("Review the plan", "All of it.", 9)
    assert (shown["due_at"], shown["type"], shown["escalated"]) == ("2031-05-04T10:20:30Z", "plan", True)
    assert shown["properties"] == {"ward": "3b", "origin": "post"}
    assert crm(world, number)["deadLine"] == "2031-05-04T10:20:30.0000000Z"
    assert genesys(world, number)["TaskCard"]["due"] == "2031-05-04T10:20:30.000Z"


def test_a_subtask_is_a_part_natively_and_a_task_in_crm(world: World) -> None:
    made = review(world, ("cara", "claim", None))
    whole = number_of(world, made)
    part = ibm(
        world,
        "cara",
        "POST",
        f"/task?taskTemplateID={TKTID}&mode=async&relation=subTask&parentTaskID={made['tkiid']}",
    )
    number = number_of(world, part)

    assert native(world, number)["parent"] == whole
    assert native(world, whole)["open_children"] == 1
    assert crm(world, number)["title"] == "Review a document"
    assert said(world, "PUT", f"/api/2.0/crm/task/{whole}/close")[0] == 200  # it knows no parts: they are terminated
    assert native(world, number)["state"] == "terminated"
    assert ibm(world, "cara", "GET", f"/task/{part['tkiid']}")["state"] == "STATE_TERMINATED"


# Read in IBM's dialect


def made_natively(world: World, **fields: Any) -> tuple[int, str]:
    """Number and tkiid of a task of our own API."""
    status, shown = said(world, "POST", "/v1/tasks", fields)
    assert status == 201, shown
    return shown["number"], tkiid(shown["id"])


def test_a_task_of_another_dialect_is_ad_hoc_and_everybodys(world: World) -> None:
    _, shown_as = made_natively(world, title="Call the printer", description="Twice.", priority=3, category=1)

    shown = ibm(world, "cara", "GET", f"/task/{shown_as}")
    assert (shown["name"], shown["displayName"]) == ("Call the printer", "Call the printer")
    assert (shown["description"], shown["priority"], shown["type"]) == ("Twice.", 3, "Phone call")
    assert (shown["kind"], shown["isAdHoc"], shown["state"]) == ("KIND_HUMAN", True, "STATE_READY")
    assert (shown["originator"], shown["positionInHierarchy"]) == ("anna", "HIERARCHY_POSITION_TOP_TASK")
    assert "taskTemplateID" not in shown
    assert world.ask("cara", "PUT", f"{HTM}/task/{shown_as}?action=claim").status == 200
    assert ibm(world, "cara", "GET", f"/task/{shown_as}")["owner"] == "cara"


def test_values_of_other_dialects_are_custom_properties(world: World) -> None:
    long = "é" * 200
    _, shown_as = made_natively(
        world,
        title="Call",
        properties={"ward": "3b"},
        extensions={"Wheel": {"size": 28}, "Note": "a note", "Long": long, "Count": 7},
    )

    shown = ibm(world, "anna", "GET", f"/task/{shown_as}")["customProperties"]
    assert (shown["ward"], shown["Note"], shown["Count"]) == ("3b", "a note", "7")
    assert json.loads(shown["Wheel"]) == {"size": 28}
    assert shown["Long"] == "é" * 127  # 254 bytes
    status, kept = said(world, "GET", "/v1/tasks?limit=1")
    assert (status, kept["items"][0]["extensions"]["Long"]) == (200, long)


@pytest.mark.parametrize(
    ("verb", "state"),
    [
        ("complete", "STATE_FINISHED"),
        ("fail", "STATE_FAILED"),
        ("terminate", "STATE_TERMINATED"),
        ("expire", "STATE_EXPIRED"),
        ("claim", "STATE_CLAIMED"),
        ("suspend", "STATE_READY"),
    ],
)
def test_what_verbs_make_of_it_reads_in_the_states_of_ibm(world: World, verb: str, state: str) -> None:
    number, shown_as = made_natively(world, title="Call")
    assert said(world, "POST", f"/v1/tasks/{number}/{verb}")[0] == 200

    shown = ibm(world, "anna", "GET", f"/task/{shown_as}")
    assert (shown["state"], shown["isSuspended"]) == (state, verb == "suspend")
    assert ("completionTime" in shown) == (verb not in ("claim", "suspend"))


def test_a_crm_task_reads_in_ibm(world: World) -> None:
    body = {"title": "Ring up", "deadline": "2031-05-04T10:20:30Z", "categoryid": 1, "responsibleid": CARA}
    status, shown = said(world, "POST", "/api/2.0/crm/task", body)
    assert status == 201
    number = shown["response"]["id"]
    shown_as = tkiid(native(world, number)["id"])

    shown = ibm(world, "cara", "GET", f"/task/{shown_as}")
    assert (shown["state"], shown["owner"], shown["type"]) == ("STATE_CLAIMED", "cara", "Phone call")
    assert (shown["dueTime"], shown["durationUntilDue"]) == ("2031-05-04T10:20:30Z", "DURATION_NOT_USED")
    said(world, "PUT", f"/api/2.0/crm/task/{number}/close")
    assert ibm(world, "cara", "GET", f"/task/{shown_as}")["state"] == "STATE_FINISHED"
    said(world, "PUT", f"/api/2.0/crm/task/{number}/reopen")
    assert ibm(world, "cara", "GET", f"/task/{shown_as}")["state"] == "STATE_CLAIMED"  # its responsible has it again


def test_a_genesys_task_reads_in_ibm(world: World) -> None:
    _, started = said(world, "POST", "/services/start", {"service_type": "Repair", "contact_key": "x"})
    service = started["service_id"]
    body = {"task_type": "Inspect", "resource_id": 31, "est_duration": 60, "Wheel": {"size": 28}}
    _, told = said(world, "POST", f"/services/{service}/tasks/start", body)
    shown_as = tkiid(native(world, told["task_id"])["id"])

    shown = ibm(world, "cara", "GET", f"/task/{shown_as}")
    assert (shown["displayName"], shown["state"], shown["owner"]) == ("Inspect", "STATE_CLAIMED", "cara")
    assert json.loads(shown["customProperties"]["Wheel"]) == {"size": 28}
    assert shown["parentContextID"].startswith("_")  # the service that holds it
    reply = world.ask("anna", "POST", f"/services/{service}/tasks/{told['task_id']}/end", b'{"disposition": "done"}')
    assert reply.status == 204
    assert ibm(world, "cara", "GET", f"/task/{shown_as}")["state"] == "STATE_FINISHED"


def test_a_part_of_another_dialect_is_a_subtask(world: World) -> None:
    whole, whole_as = made_natively(world, title="Whole")
    _, part_as = made_natively(world, title="Part", parent=whole)

    assert ibm(world, "anna", "GET", f"/task/{part_as}")["positionInHierarchy"] == "HIERARCHY_POSITION_SUB_TASK"
    assert ibm(world, "anna", "GET", f"/task/{part_as}")["parentContextID"] == whole_as
    assert ibm(world, "anna", "GET", f"/task/{whole_as}")["isWaitingForSubTask"]
    assert [item["tkiid"] for item in ibm(world, "anna", "GET", f"/task/{whole_as}/subtasks")["items"]] == [part_as]


def test_what_ibm_does_not_speak_of_is_kept_by_its_update(world: World) -> None:
    long = "é" * 2_100
    number, shown_as = made_natively(
        world, title=None, description=long, category=2, due_at="2031-05-04T10:20:30.1234567Z"
    )
    before = native(world, number)
    shown = ibm(world, "anna", "GET", f"/task/{shown_as}")
    sent = {name: shown[name] for name in ("description", "type", "priority", "dueTime", "isRead") if name in shown}
    reply = world.ask("anna", "PUT", f"{HTM}/task/{shown_as}?action=update", json.dumps(sent))
    assert reply.status == 200, reply.body
    after = native(world, number)
    assert {**after, "modified_at": 0, "revision": 0} == {**before, "modified_at": 0, "revision": 0}
