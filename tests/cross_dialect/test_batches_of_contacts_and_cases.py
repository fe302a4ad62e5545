"""What a batch did to contacts and cases shows in every dialect that knows them, with its creator in history."""

import asyncio
import json
from typing import Any

import pytest

from dragoman.jobs.worker import Worker
from tests.cross_dialect.names import said
from tests.support.batches import Immediate
from tests.support.world import World

BATCHES = "/core/v2/batch/tasks"


def done(world: World, who: str, **order: Any) -> dict[str, Any]:
    """A batch of this user without review, when it is over."""
    status, made = said(world, "POST", BATCHES, {**order, "review": False}, who)
    assert status == 200, made
    asyncio.run(Worker(Immediate(world.app)).run_once())
    _, shown = said(world, "GET", f"{BATCHES}/{made['task_sid']}", who=who)
    assert shown["status"] == "completed"
    return dict(shown)


def changes(world: World, path: str) -> list[tuple[str, str, set[str]]]:
    """Who changed it, through which dialect, and which fields."""
    _, rows = said(world, "GET", f"{path}/history")
    return [(row["principal"], row["dialect"], set(row["changes"])) for row in rows["items"]]


def test_contacts_made_in_bulk_are_contacts_everywhere(world: World) -> None:
    data = [{"kind": "company", "company_name": "Acme"}, {"kind": "person", "first_name": "Ilze", "last_name": "Kalna"}]
    assert done(world, "bert", method="POST", type="contact", data=data)["success"] == 2
    _, native = said(world, "GET", "/v1/contacts/2")
    _, crm = said(world, "GET", "/api/2.0/crm/contact/2")
    assert (native["display_name"], crm["response"]["displayName"]) == ("Ilze Kalna", "Ilze Kalna")
    assert native["creator"] == world.people["bert"].user
    assert [(who, dialect) for who, dialect, _ in changes(world, "/v1/contacts/2")] == [("bert", "carrierx_batch")]


def test_contacts_of_the_crm_are_changed_and_deleted_in_bulk(world: World) -> None:
    _, made = said(world, "POST", "/api/2.0/crm/contact/company", {"companyName": "Acme", "about": "old"}, "bert")
    number = made["response"]["id"]
    order = {"type": "contact", "field": "id", "entries": [number]}
    done(world, "bert", method="PATCH", data={"about": "new", "extensions": {"Seal": 1}}, **order)
    _, crm = said(world, "GET", f"/api/2.0/crm/contact/{number}")
    _, native = said(world, "GET", f"/v1/contacts/{number}")
    assert (crm["response"]["about"], native["about"]) == ("new", "new")
    assert changes(world, f"/v1/contacts/{number}")[1:] == [("bert", "carrierx_batch", {"about", "extensions.Seal"})]
    done(world, "bert", method="DELETE", **order)
    assert said(world, "GET", f"/api/2.0/crm/contact/{number}")[0] == 404
    assert said(world, "GET", f"/v1/contacts/{number}")[0] == 404


def test_cases_of_other_dialects_are_changed_in_bulk(world: World) -> None:
    _, service = said(
        world,
        "POST",
        "/genesys/1/cs/services/start",
        {"contact_key": "+4930555017", "service_type": "Repair", "Wheel": {"size": 28}},
    )
    _, crm = said(world, "POST", "/api/2.0/crm/case", {"title": "Old"})
    numbers = [int(service["service_id"]), crm["response"]["id"]]
    order = {"type": "case", "field": "id", "entries": numbers}
    data = [{"extensions": {"Wheel": {"spokes": 36}}}, {"title": "New", "assignee": "bert"}]
    assert done(world, "anna", method="PATCH", data=data, **order)["failure"] == 0
    _, shown = said(world, "GET", f"/services/{numbers[0]}?extensions=Wheel")
    assert shown["Wheel"] == {"size": 28, "spokes": 36}
    _, shown = said(world, "GET", f"/api/2.0/crm/case/{numbers[1]}")
    assert shown["response"]["title"] == "New"
    _, shown = said(world, "GET", f"/v1/cases/{numbers[1]}")
    assert (shown["title"], shown["assignee"]) == ("New", world.people["bert"].user)
    assert changes(world, f"/v1/cases/{numbers[1]}")[-1] == ("anna", "carrierx_batch", {"title", "assignee"})


@pytest.mark.parametrize("type_", ["contact", "case"])
def test_a_batch_that_is_under_review_keeps_what_it_is_linked_to(world: World, type_: str) -> None:
    """A contact or case that a batch's own task names is in use."""
    body = {"kind": "person", "first_name": "Ilze"} if type_ == "contact" else {"title": "Move"}
    _, holder = said(world, "POST", f"/v1/{type_}s", body)
    order = {"method": "PATCH", "type": "task", "field": "id", "entries": [1], "data": {"priority": 1}}
    _, waiting = said(world, "POST", BATCHES, order)
    assert said(world, "PATCH", f"/v1/tasks/{waiting['task_sid']}", {type_: holder["number"]})[0] == 200
    shown = done(world, "anna", method="DELETE", type=type_, field="id", entries=[holder["number"]])
    assert (shown["failure"], said(world, "GET", f"/v1/{type_}s/{holder['number']}")[0]) == (1, 200)
    _, failed = said(world, "GET", f"{BATCHES}/{shown['task_sid']}/errors")
    assert "task" in json.dumps(failed["items"][0]["error"])
