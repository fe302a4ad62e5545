"""What the CRM's templates, events, tags and stages are in the common model, both ways: the table of the
second page, L."""

from typing import Any

from tests.cross_dialect.names import said
from tests.support.world import World

CRM = "/api/2.0/crm"
ANNA = "00000000-0000-7000-8000-000000000000"
NOTE = 1_000_001


def crm(world: World, who: str, method: str, path: str, body: Any = None) -> Any:
    """What the CRM answers to what must succeed."""
    status, shown = said(world, method, f"{CRM}{path}", body, who)
    assert status in (200, 201), shown
    return shown["response"]


def native(world: World, who: str, method: str, path: str, body: Any = None) -> Any:
    status, shown = world.native(who, method, f"/v1{path}", body)
    assert status in (200, 201), shown
    return shown


def opportunity(world: World, **others: Any) -> Any:
    given = {"title": "Fleet", "responsibleid": ANNA, "stageid": 5, "bidCurrencyAbbr": "EUR"}
    return crm(world, "anna", "POST", "/opportunity", given | others)


def test_a_container_is_a_template_set_and_an_offset_a_duration(world: World) -> None:
    container = crm(world, "bert", "POST", "/opportunity/tasktemplatecontainer", {"title": "New deal"})["id"]
    template = {"title": "Call", "categoryid": 1, "offsetTicks": 600_000_000, "responsibleid": ANNA}
    crm(world, "bert", "POST", f"/tasktemplatecontainer/{container}/tasktemplate", template)
    shown = native(world, "anna", "GET", f"/template-sets/{container}")
    assert (shown["title"], shown["applies_to"]) == ("New deal", "opportunity")
    assert [(each["offset_ticks"], each["assignee"]) for each in shown["templates"]] == [(600_000_000, ANNA)]
    case = opportunity(world)["id"]
    order = {"case": case, "at": "2031-04-10T09:00:00Z"}
    [task] = native(world, "anna", "POST", f"/template-sets/{container}/apply", order)["items"]
    assert (task["due_at"], task["state"], task["assignee"]) == ("2031-04-10T09:01:00Z", "claimed", ANNA)
    assert crm(world, "anna", "GET", f"/task/{task['number']}")["entity"]["entityId"] == case


def test_opportunities_and_cases_are_cases_and_a_stage_has_its_kind(world: World) -> None:
    made = native(world, "anna", "POST", "/cases", {"kind": "opportunity", "title": "Of ours"})
    assert made["sales_stage"] is None
    assert crm(world, "anna", "GET", f"/opportunity/{made['number']}")["stage"]["title"] == "Initial contact"
    for stage, kind in ((1, "open"), (8, "won"), (9, "lost")):
        number = opportunity(world, stageid=stage)["id"]
        assert native(world, "anna", "GET", f"/cases/{number}")["sales_stage"]["kind"] == kind
    case = crm(world, "anna", "POST", "/case", {"title": "Fair"})["id"]
    crm(world, "anna", "PUT", f"/case/{case}/close")
    assert native(world, "anna", "GET", f"/cases/{case}")["completed_at"] is not None


def test_a_tag_is_a_label_both_ways(world: World) -> None:
    contact = native(world, "anna", "POST", "/contacts", {"kind": "person", "last_name": "Moe", "labels": ["VIP"]})
    assert crm(world, "anna", "GET", f"/contact/tag/{contact['number']}") == ["VIP"]
    crm(world, "anna", "POST", f"/contact/{contact['number']}/tag", {"tagName": "Fair"})
    assert native(world, "anna", "GET", f"/contacts/{contact['number']}")["labels"] == ["VIP", "Fair"]
    number = opportunity(world)["id"]
    crm(world, "anna", "POST", f"/opportunity/{number}/tag", {"tagName": "hot"})
    native(world, "anna", "PATCH", f"/cases/{number}", {"labels": []})
    assert crm(world, "anna", "GET", f"/opportunity/tag/{number}") == []


def test_an_event_is_a_note_that_only_the_journey_shows(world: World) -> None:
    contact = native(world, "anna", "POST", "/contacts", {"kind": "person", "last_name": "Moe"})["number"]
    number = opportunity(world, contactid=contact)["id"]
    task = {"title": "Call", "deadline": "2031-04-10", "categoryId": 1, "contactId": contact}
    crm(world, "anna", "POST", "/task", task | {"entityType": "opportunity", "entityId": number})
    said_of_it = {"content": "Only for the journey", "categoryId": NOTE, "entityType": "opportunity"}
    crm(world, "anna", "POST", "/history", said_of_it | {"entityId": number})
    journey = native(world, "anna", "GET", f"/contacts/{contact}/journey?kind=note")
    assert [item["text"] for item in journey["items"]] == ["Only for the journey"]
    elsewhere = ("/rest/bpm/htm/v1/tasks?queryTableName=TASK", f"/services/{number}", f"/services/{number}/tasks")
    for target in elsewhere:
        reply = world.ask("anna", "GET", target)
        assert b"Only for the journey" not in reply.body, target
