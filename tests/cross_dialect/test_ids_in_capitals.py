"""A UUID is read in letters of either case wherever a dialect spells one: paths, references, filters, batches."""

import json
from typing import Any

import pytest

from dragoman.dialects.ibm_htm.wire.ids import task_id
from tests.support.world import World

JSON = {"content-type": "application/json"}


@pytest.fixture
def ids(world: World) -> dict[str, str]:
    """The ids of a case, a contact and a task of both, in capitals."""
    case = world.native("anna", "POST", "/v1/cases", {"kind": "case", "title": "x"})[1]
    contact = world.native("anna", "POST", "/v1/contacts", {"kind": "person", "first_name": "Ida"})[1]
    body = {"title": "x", "case": case["id"].upper(), "contact": contact["id"].upper()}
    status, task = world.native("anna", "POST", "/v1/tasks", body)
    assert (status, task["case"], task["contact"]) == (201, case["number"], contact["number"])
    part = world.native("anna", "POST", "/v1/tasks", {"title": "y", "parent": task["id"].upper()})[1]
    assert part["parent"] == task["number"]
    return {"case": case["id"], "contact": contact["id"], "parent": task["id"]}


def test_native_paths_and_filters(world: World, ids: dict[str, str]) -> None:
    for name, uid in ids.items():
        status, found = world.native("anna", "GET", f"/v1/tasks?{name}={uid.upper()}")
        assert (status, len(found["items"])) == (200, 1), name
    for folder, name in (("tasks", "parent"), ("cases", "case"), ("contacts", "contact")):
        assert world.native("anna", "GET", f"/v1/{folder}/{ids[name].upper()}")[0] == 200
    anna = str(world.people["anna"].user)
    world.native("anna", "POST", f"/v1/tasks/{ids['parent'].upper()}/assign", {"assignee": anna.upper()})
    status, found = world.native("anna", "GET", f"/v1/tasks?assignee={anna.upper()}")
    assert [task["id"] for task in found["items"]] == [ids["parent"]]


def test_ibm_ids(world: World, ids: dict[str, str]) -> None:
    spelled = task_id(ids["parent"])
    capitals = spelled[:5] + spelled[5:].upper()
    assert world.ask("anna", "GET", f"/rest/bpm/htm/v1/task/{capitals}").status == 200


def test_carrierx_sids(world: World) -> None:
    body = json.dumps({"phonenumber": "12025550101"})
    sid = json.loads(world.ask("anna", "POST", "/core/v2/phonenumber/dids", body, JSON).body)["did_sid"]
    assert world.ask("anna", "GET", f"/core/v2/phonenumber/dids/{sid.upper()}").status == 200
    order: dict[str, Any] = {"method": "PATCH", "type": "phonenumber", "field": "did_sid", "data": {"name": "x"}}
    made = world.ask("anna", "POST", "/core/v2/batch/tasks", json.dumps(order | {"entries": [sid.upper()]}), JSON)
    task = json.loads(made.body)["task_sid"]
    assert world.ask("anna", "GET", f"/core/v2/batch/tasks/{task.upper()}").status == 200
    found = world.ask("anna", "GET", f"/core/v2/batch/tasks?filter=task_sid%20eq%20{task.upper()}")
    assert json.loads(found.body)["count"] == 1


def test_crm_guids(world: World) -> None:
    anna = str(world.people["anna"].user).upper()
    assert world.ask("anna", "GET", f"/api/2.0/people/{anna}").status == 200
    body = {"title": "x", "deadline": "2031-04-10", "categoryId": 1, "responsibleId": anna}
    assert world.ask("anna", "POST", "/api/2.0/crm/task", json.dumps(body), JSON).status == 201
    found = world.ask("anna", "GET", f"/api/2.0/crm/task/filter?responsibleid={anna}")
    assert json.loads(found.body)["total"] == 1
