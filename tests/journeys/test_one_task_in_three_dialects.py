"""One task, made through one vendor's API, changed through another's, read through our own: right in all of them."""

import json
from typing import Any

from tests.conftest import PASSWORD
from tests.server import Server, basic

ANNA = basic("anna", PASSWORD) | {"Content-Type": "application/json"}


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
