"""What a dialect shows of an object may be sent back to it, and changes nothing: neither revision nor history.

The tasks hold values that other dialects wrote and that this one would not take, cut or filled in as it shows them.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.dialects.ibm_htm.handlers.properties import PROPERTIES
from dragoman.dialects.ibm_htm.wire.ids import task_id
from dragoman.dialects.native.wire.tasks import TaskPatch
from dragoman.domain.case import CaseKind
from dragoman.domain.clock import Moment
from dragoman.domain.contact import ContactKind
from dragoman.domain.extension import Attribute, Extension, ExtensionSchema, Owner
from dragoman.domain.task import State, Task
from dragoman.usecases.admin.leaving import DisableUser, disable_user
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from tests.cross_dialect.conftest import open_world
from tests.support.world import NOON, World

JSON = {"content-type": "application/json"}
UNKNOWN_USER = "ffffffff-0000-7000-8000-00000000000f"
FINE = Moment(NOON + 3_600 * 10_000_000 + 1_234_567)
SERVICE, PRIVATE = 2, 2

long_text = "é" * 300
texts = st.sampled_from([None, "", " ", "x", long_text, "a" * 70_000])
moments = st.sampled_from([None, FINE, Moment(FINE + 86_400 * 10_000_000)])

FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "title": texts,
    "name": texts,
    "description": texts,
    "type": texts,
    "priority": st.sampled_from([None, 0, 5, -3, 2**31, 2**62]),
    "category": st.sampled_from([None, 1, 77]),
    "contact": st.sampled_from([None, 1, PRIVATE, 77]),
    "case": st.sampled_from([1, SERVICE]),
    "parent": st.sampled_from([None, 77]),
    "remind_before_minutes": st.sampled_from([None, 5, -5, 2**31 - 1]),
    "expires_at": moments,
    "due_at": moments,
    "resume_at": st.none(),
    "state": st.sampled_from([State.READY, State.CLAIMED, State.COMPLETED, State.FAILED]),
    "assignee": st.sampled_from(["bert", "disabled", UNKNOWN_USER]),
    "timing": st.sampled_from([{}, {"due": "5days"}, {"due": "DURATION_NOT_USED", "expires": "P1D"}]),
    "properties": st.sampled_from([{}, {"p": "x" * 400, "q": ""}]),
    "values": st.sampled_from([{}, {"Old": '"free"', "n": "1.10", "o": '{"a":[1e2]}'}]),
    "extras": st.sampled_from(
        [
            {},
            {"onlyoffice_crm": {"responsible": UNKNOWN_USER, "contact": "9", "entity_id": 7}},
            {"ibm_htm": {"parentContextID": "_PI:1.2.3.4"}, "genesys": {"task_type": 3}},
        ]
    ),
    "is_local": st.booleans(),
}


@pytest.fixture(scope="module")
def office() -> Iterator[World]:
    for world in open_world():
        prepare(world)
        yield world


def prepare(world: World) -> None:
    def run(uow: Any) -> None:
        contacts.add(uow, ContactKind.PERSON, first_name="Ida")
        contacts.add(uow, ContactKind.PERSON, first_name="Eve", is_private=True)
        cases.add(uow, CaseKind.SERVICE, contact_key="k")
        attribute = Attribute("size", "integer", mandatory=True)
        schema = ExtensionSchema(uow.tenant, Owner.TASK, "old", "Old", attributes=(attribute,))
        uow.schemas.add(schema)

    world.core(run)
    world.core(lambda uow: disable_user(uow, DisableUser("cara")))


def make(world: World, fields: dict[str, Any]) -> Task:
    """A task of these fields, whoever could have written them."""
    given = dict(fields)
    state, assignee = given.pop("state"), given.pop("assignee")
    people = {"bert": str(world.people["bert"].user), "disabled": str(world.people["cara"].user)}
    given["assignee"] = None if state is State.READY else people.get(assignee, assignee)
    values, is_local = given.pop("values"), given.pop("is_local")
    if given["due_at"] is not None and is_local:  # as the rules of another year had it
        given |= {"due_local": "2031-12-15T09:00:00", "due_zone": "America/Vancouver"}
    given["extensions"] = {name.lower(): Extension(name, text) for name, text in values.items()}

    def run(uow: Any) -> Task:
        links = {name: given.pop(name) for name in ("category", "contact", "parent")}
        made = tasks.add(uow, **given)
        made = tasks.save(uow, made, replace(made, **links))
        if state in (State.COMPLETED, State.FAILED):
            made = tasks.save(uow, made, replace(made, state=state, completed_at=FINE, outcome_code="c"))
        return made

    made: Task = world.core(run)
    return world.task(made.number)


def shown(world: World, target: str) -> dict[str, Any]:
    reply = world.ask("anna", "GET", target, "", {"accept": "application/json"})
    assert reply.status == 200, reply.body
    found: dict[str, Any] = json.loads(reply.body)
    return found


def send(world: World, method: str, target: str, body: Any) -> None:
    reply = world.ask("anna", method, target, json.dumps(body), JSON)
    assert reply.status in (200, 204), (reply.status, reply.body, body)


def back_to_native(world: World, task: Task) -> None:
    found = shown(world, f"/v1/tasks/{task.number}")
    send(world, "PATCH", f"/v1/tasks/{task.number}", {name: found[name] for name in TaskPatch.__struct_fields__})
    for name, value in found["extensions"].items():
        send(world, "PUT", f"/v1/tasks/{task.number}/extensions/{name}", value)


def back_to_ibm(world: World, task: Task) -> None:
    path = f"/rest/bpm/htm/v1/task/{task_id(task.uid)}"
    found = shown(world, path)
    send(world, "PUT", f"{path}?action=update", {name: found[name] for name in PROPERTIES if name in found})


def back_to_crm(world: World, task: Task) -> None:
    path = f"/api/2.0/crm/task/{task.number}"
    found = shown(world, path)["response"]
    if "deadLine" not in found or "category" not in found:
        return  # the vendor's PUT needs them
    body = {
        "title": found["title"],
        "description": found["description"],
        "deadline": found["deadLine"],
        "responsibleId": found["responsible"]["id"],
        "categoryId": found["category"]["id"],
        "contactId": found.get("contact", {}).get("id", 0),
        "alertValue": found.get("alertValue", 0),
    }
    entity = found.get("entity")
    if entity is not None:
        body |= {"entityType": entity["entityType"], "entityId": entity["entityId"]}
    send(world, "PUT", path, body)


def back_to_genesys(world: World, task: Task) -> None:
    path = f"/services/{task.case}/tasks/{task.number}"
    found = shown(world, f"{path}?extensions=*")
    for name in {extension.name for extension in task.extensions.values()}:
        send(world, "PUT", f"{path}/extensions/{name}", found[name])
    if "completed" in found:
        send(world, "POST", f"{path}/end", found["completed"])


@given(st.fixed_dictionaries(FIELDS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_shown_of_a_task_may_be_sent_back_and_changes_nothing(office: World, fields: dict[str, Any]) -> None:
    task = make(office, fields)
    for send_back in (back_to_native, back_to_ibm, back_to_crm, back_to_genesys):
        send_back(office, task)
        after = office.task(task.number)
        changed = {
            name: (getattr(task, name), getattr(after, name))
            for name in Task.__struct_fields__
            if getattr(task, name) != getattr(after, name) and name not in ("row_version", "modified_at")
        }
        assert not changed, send_back.__name__


def test_a_value_beyond_the_limits_that_is_not_shown_is_refused(office: World) -> None:
    made = office.core(lambda uow: tasks.add(uow, title="x", remind_before_minutes=-5, priority=2**40, description="d"))
    for body in ({"remind_before_minutes": -6}, {"description": "a" * 70_000}, {"remind_before_minutes": -5, "x": 1}):
        assert office.ask("anna", "PATCH", f"/v1/tasks/{made.number}", json.dumps(body), JSON).status == 400
    path = f"/rest/bpm/htm/v1/task/{task_id(made.uid)}?action=update"
    for value in (2**40 + 1, -1):
        assert office.ask("anna", "PUT", path, json.dumps({"priority": value}), JSON).status == 400
    assert office.task(made.number).revision == made.revision


@pytest.mark.parametrize("member", ["ttl", "expiration_time"])
def test_what_is_shown_of_a_service_may_be_sent_back(office: World, member: str) -> None:
    value = 10**9 if member == "ttl" else "2131-03-01T10:00:00.000Z"
    start = office.ask("anna", "POST", "/services/start", json.dumps({"contact_key": "k", member: value}), JSON)
    path = f"/services/{json.loads(start.body)['service_id']}"
    send(office, "PUT", path, {member: shown(office, path)[member]})
    send(office, "POST", f"{path}/end", {"disposition": "done"})
    send(office, "POST", f"{path}/end", shown(office, path)["completed"])
    assert shown(office, f"/v1{path.replace('services', 'cases')}")["revision"] == 2


def test_what_is_shown_of_a_service_may_be_sent_back_with_its_customer(office: World) -> None:
    def run(uow: Any) -> Any:
        return cases.add(uow, CaseKind.SERVICE, title="Leak", contact_key="k", customer_key="C1", started_at=FINE)

    number = office.core(run).number
    made = office.core(lambda uow: uow.cases.get(number))
    found = shown(office, f"/services/{number}")
    body = {**found["started"], "service_type": found["service_type"], "contact_key": found["contact_key"]}
    send(office, "POST", f"/customers/C1/services/{number}", body)
    after = office.core(lambda uow: uow.cases.get(number))
    assert replace(after, row_version=made.row_version) == made


def back(world: World, target: str, members: tuple[str, ...], who: str = "anna") -> None:
    """Send these members back as they are shown; the object stays as it is."""
    before = world.native(who, "GET", target)[1]
    status, after = world.native(who, "PATCH", target, {name: before[name] for name in members})
    assert status == 200, after
    assert after == before


def test_what_is_shown_of_a_category_may_be_sent_back(office: World) -> None:
    sent = {"title": "Of the CRM", "description": "d" * 70_000, "imageName": "call.png", "sortOrder": -5}
    made = office.ask("anna", "POST", "/api/2.0/crm/task/category", json.dumps(sent), JSON)
    target = f"/v1/categories/{json.loads(made.body)['response']['id']}"
    back(office, target, ("title", "description", "icon", "sort_order"))
    assert office.native("anna", "PATCH", target, {"sort_order": -6})[0] == 400


def test_a_contact_that_a_case_shows_may_be_sent_back(office: World) -> None:
    made = office.core(lambda uow: cases.add(uow, CaseKind.CASE, contact=PRIVATE), office.people["bert"])
    back(office, f"/v1/cases/{made.number}", ("title", "contact", "assignee", "is_private"), "bert")


def test_a_company_that_a_person_shows_may_be_sent_back(office: World) -> None:
    hidden = office.core(lambda uow: contacts.add(uow, ContactKind.COMPANY, company_name="Hidden", is_private=True))
    person = office.core(
        lambda uow: contacts.add(uow, ContactKind.PERSON, first_name="P", company=hidden.number), office.people["bert"]
    )
    back(office, f"/v1/contacts/{person.number}", ("first_name", "company"), "bert")
