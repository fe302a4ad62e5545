"""One task, made through one vendor's API, changed through the others', read through our own: right in all of them."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.dialects.ibm_htm.wire.ids import task_id
from tests.conftest import PASSWORD, add_user
from tests.support.databases import BACKENDS, Databases
from tests.support.server import Server, basic

ANNA = basic("anna", PASSWORD) | {"Content-Type": "application/json"}
HTM = "/rest/bpm/htm/v1/task"
BATCHES = "/core/v2/batch/tasks"
PATIENCE_SECONDS = 20.0


@pytest.fixture(scope="module", params=BACKENDS)
def server(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Server]:
    """For all tests: each makes its own tasks."""
    with databases.lent(request.param) as url:
        add_user(url, "anna", admin=True)
        with Server(url) as running:
            yield running


def call(server: Server, method: str, path: str, content: object = None) -> Any:
    """The answer's JSON; the request must succeed."""
    body = None if content is None else json.dumps(content)
    answer = server.call(method, path, body, ANNA)
    assert 200 <= answer.status < 300, answer.text
    return answer.json() if answer.body else None


def test_a_task_made_through_genesys_and_updated_through_crm_reads_natively(server: Server) -> None:
    start = {"contact_key": "+4930555017", "service_type": "Repair"}
    service = call(server, "POST", "/genesys/1/cs/services/start", start)["service_id"]
    begun = {"task_type": "Inspect", "est_duration": 900, "resource_id": 31, "Wheel": {"size": 28, "spokes": 36}}
    number = call(server, "POST", f"/services/{service}/tasks/start", begun)["task_id"]
    quote = [{"part no": "A-7", "price": 25000}]
    call(server, "PUT", f"/genesys/1/cs/services/{service}/tasks/{number}/extensions/Quote", quote)
    update = {"title": "Inspect it well", "deadline": "2031-04-10T06-30-00.000Z", "categoryid": 2, "alertValue": 15}
    shown = call(server, "PUT", f"/api/2.0/crm/task/{number}", update)["response"]
    call(server, "PATCH", f"/v1/tasks/{number}", {"priority": 7})

    native = call(server, "GET", f"/v1/tasks/{number}")
    assert (native["title"], native["priority"], native["category"]) == ("Inspect it well", 7, 2)
    assert (native["due_at"], native["remind_before_minutes"]) == ("2031-04-10T06:30:00Z", 15)
    assert native["extensions"] == {"Wheel": {"size": 28, "spokes": 36}, "Quote": quote}
    assert native["case"] == service

    assert (shown["title"], shown["alertValue"]) == ("Inspect it well", 15)
    assert call(server, "GET", f"/api/2.0/crm/task/{number}")["response"]["deadLine"] == "2031-04-10T06:30:00.0000000Z"

    genesys = call(server, "GET", f"/services/{service}/tasks/{number}?extensions=Quote,TaskCard")
    assert (genesys["task_type"], genesys["started"]["resource_id"]) == ("Inspect", 31)
    assert genesys["Quote"] == quote
    assert (genesys["TaskCard"]["title"], genesys["TaskCard"]["priority"]) == ("Inspect it well", 7)

    history = call(server, "GET", f"/v1/tasks/{number}/history")["items"]
    assert [row["dialect"] for row in history] == ["genesys", "genesys", "onlyoffice_crm", "native"]
    assert [row["revision"] for row in history] == [1, 2, 3, 4]
    assert history[2]["changes"]["title"] == {"old": "Inspect", "new": "Inspect it well"}


def batch_with(server: Server, sid: str, status: str) -> Any:
    """The batch, once it has this status."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (shown := call(server, "GET", f"{BATCHES}/{sid}"))["status"] != status:
        assert time.monotonic() < until, shown
        time.sleep(0.02)
    return shown


def test_one_task_goes_through_all_dialects_and_its_history_names_each(server: Server) -> None:
    service = call(server, "POST", "/genesys/1/cs/services/start", {"contact_key": "x"})["service_id"]
    begun = {"task_type": "Inspect", "est_duration": 900, "Wheel": {"size": 28}}
    number = call(server, "POST", f"/services/{service}/tasks/start", begun)["task_id"]
    sent = {"title": "Inspect it well", "deadline": "2031-04-10T06:30:00Z", "categoryid": 2, "alertValue": 15}
    call(server, "PUT", f"/api/2.0/crm/task/{number}", sent)

    tkiid = task_id(call(server, "GET", f"/v1/tasks/{number}")["id"])
    shown = call(server, "GET", f"{HTM}/{tkiid}")
    assert (shown["displayName"], shown["state"], shown["dueTime"]) == (
        "Inspect it well",
        "STATE_READY",
        "2031-04-10T06:30:00Z",
    )
    for action, body in (("claim", None), ("update", '{"priority": 4, "customProperties": {"ward": "3b"}}')):
        answer = server.call("PUT", f"{HTM}/{tkiid}?action={action}", body, ANNA)
        assert answer.status == 200, answer.text

    change = {"priority": 9, "properties": {"bulk": "yes"}}
    order = {"method": "PATCH", "type": "task", "field": "id", "entries": [str(number)], "data": change}
    batch = call(server, "POST", BATCHES, order)["task_sid"]
    batch_with(server, batch, "pending_review")
    assert call(server, "GET", f"/v1/tasks/{batch}")["kind"] == "batch"  # it waits in every inbox
    assert call(server, "GET", f"/v1/tasks/{number}")["priority"] == 4
    call(server, "PATCH", f"{BATCHES}/{batch}", {"status": "approved"})
    done = batch_with(server, batch, "completed")
    assert (done["total"], done["success"], done["failure"]) == (1, 1, 0)

    assert server.call("PUT", f"{HTM}/{tkiid}?action=complete", '{"size": 28}', ANNA).status == 200
    call(server, "PATCH", f"/v1/tasks/{number}", {"read": True})

    native = call(server, "GET", f"/v1/tasks/{number}")
    assert (native["title"], native["priority"], native["state"]) == ("Inspect it well", 9, "completed")
    assert (native["properties"], native["category"]) == ({"ward": "3b", "bulk": "yes"}, 2)
    assert (native["due_at"], native["remind_before_minutes"]) == ("2031-04-10T06:30:00Z", 15)
    assert (native["extensions"], native["case"]) == ({"Wheel": {"size": 28}}, service)
    assert call(server, "GET", f"/api/2.0/crm/task/{number}")["response"]["isClosed"]
    genesys = call(server, "GET", f"/services/{service}/tasks/{number}?extensions=Wheel,TaskCard")
    assert (genesys["task_type"], genesys["Wheel"], genesys["TaskCard"]["priority"]) == ("Inspect", {"size": 28}, 9)
    assert "completed" in genesys
    assert call(server, "GET", f"{HTM}/{tkiid}")["customProperties"]["ward"] == "3b"

    history = call(server, "GET", f"/v1/tasks/{number}/history")["items"]
    assert [row["dialect"] for row in history] == [
        "genesys",
        "onlyoffice_crm",
        "ibm_htm",
        "ibm_htm",
        "carrierx_batch",
        "ibm_htm",
        "native",
    ]
    assert {row["principal"] for row in history} == {"anna"}
    assert history[4]["changes"] == {
        "priority": {"old": 4, "new": 9},
        "properties.bulk": {"old": None, "new": "yes"},
    }


def test_what_ends_in_one_dialect_has_ended_in_the_others(server: Server) -> None:
    service = call(server, "POST", "/services/start", {"contact_key": "x"})["service_id"]
    number = call(server, "POST", f"/services/{service}/tasks/start", {"task_type": "Inspect"})["task_id"]

    assert call(server, "PUT", f"/api/2.0/crm/task/{number}/close.json")["response"]["isClosed"]
    assert call(server, "GET", f"/v1/tasks/{number}")["state"] == "completed"
    assert call(server, "GET", f"/services/{service}/tasks/active") == []
    assert [task["task_id"] for task in call(server, "GET", f"/services/{service}/tasks/completed")] == [number]

    call(server, "POST", f"/v1/tasks/{number}/reopen")
    assert "isClosed" not in call(server, "GET", f"/api/2.0/crm/task/{number}")["response"]
    assert "completed" not in call(server, "GET", f"/services/{service}/tasks/{number}")

    server.call("POST", f"/services/{service}/tasks/{number}/end", '{"disposition": "done"}', ANNA)
    assert call(server, "GET", f"/v1/tasks/{number}")["outcome"]["code"] == "done"

    call(server, "DELETE", f"/api/2.0/crm/task/{number}.json")
    assert server.call("GET", f"/v1/tasks/{number}", headers=ANNA).status == 404
    assert server.call("GET", f"/services/{service}/tasks/{number}", headers=ANNA).status == 404
