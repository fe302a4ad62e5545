"""A customer of Genesys is a contact of every other dialect, and the other way round: genesys-2.md, section M."""

from typing import Any

import pytest

from dragoman.domain.errors import Invalid
from dragoman.usecases.contacts import edits
from tests.cross_dialect.names import said
from tests.support.world import World

PROFILE = {
    "FirstName": "Ida",
    "LastName": "Moe",
    "EmailAddress": ["ida@example.com", "moe@example.com"],
    "PhoneNumber": "+49 1",
    "Pin": "7",
    "Car": [{"plate": "B-1"}],
}


def ok(world: World, method: str, path: str, body: Any = None, who: str = "anna") -> Any:
    """What the answer to a request that must succeed shows."""
    status, shown = said(world, method, path, body, who)
    assert status < 300, shown
    return shown


def made(world: World, who: str = "anna", **more: Any) -> str:
    """The id of a new customer."""
    customer: str = ok(world, "POST", "/profiles", PROFILE | more, who)["customer_id"]
    return customer


def contact_of(world: World, customer: str) -> Any:
    """The contact with this customer id."""
    [found] = [each for each in ok(world, "GET", "/v1/contacts")["items"] if each["customer_id"] == customer]
    return found


def test_a_customer_made_here_is_a_contact_natively_and_in_the_crm(world: World) -> None:
    contact = contact_of(world, made(world))
    assert (contact["kind"], contact["display_name"], contact["email"]) == ("person", "Ida Moe", "ida@example.com")
    assert contact["attributes"] == {"@email": ["moe@example.com"], "@phone": ["+49 1"], "Pin": ["7"]}
    assert contact["extensions"] == {"Car": [{"plate": "B-1"}]}
    person = ok(world, "GET", f"/api/2.0/crm/contact/{contact['number']}")["response"]
    assert (person["firstName"], person["lastName"], person["displayName"]) == ("Ida", "Moe", "Ida Moe")


def test_a_person_of_the_crm_is_found_and_gets_a_customer_id(world: World) -> None:
    person = ok(world, "POST", "/api/2.0/crm/contact/person", {"firstName": "Bo", "lastName": "Lind"})["response"]
    ok(world, "PATCH", f"/v1/contacts/{person['id']}", {"email": "bo@example.com"})
    [found] = ok(world, "GET", "/profiles?EmailAddress=BO@example.com&include_profile=yes")
    assert found == {
        "customer_id": found["customer_id"],
        "FirstName": "Bo",
        "LastName": "Lind",
        "EmailAddress": "bo@example.com",
    }
    assert ok(world, "GET", f"/profiles/{found['customer_id']}") == found


def test_a_company_keeps_its_name(world: World) -> None:
    company = ok(world, "POST", "/v1/contacts", {"kind": "company", "company_name": "Ozols"})
    [found] = ok(world, "GET", "/profiles?CompanyName=ozols")
    ok(world, "PUT", f"/profiles/{found['customer_id']}", {"Pin": "1"})
    shown = ok(world, "GET", f"/v1/contacts/{company['number']}")
    assert (shown["company_name"], shown["attributes"]) == ("Ozols", {"Pin": ["1"]})


def test_another_primary_address_leaves_the_further_ones(world: World) -> None:
    customer = made(world)
    ok(world, "PATCH", f"/v1/contacts/{contact_of(world, customer)['id']}", {"email": "new@example.com"})
    assert ok(world, "GET", f"/profiles/{customer}")["EmailAddress"] == ["new@example.com", "moe@example.com"]
    assert ok(world, "GET", "/profiles?EmailAddress=new@example.com") == [{"customer_id": customer}]
    assert ok(world, "GET", "/profiles?EmailAddress=ida@example.com") == []


def test_replacing_a_profile_leaves_what_it_does_not_speak_of(world: World) -> None:
    person = ok(
        world,
        "POST",
        "/v1/contacts",
        {"kind": "person", "first_name": "Bo", "job_title": "Smith", "about": "Likes tea.", "is_private": True},
    )
    world.core(lambda uow: edits.change(uow, edits.Change(person["number"], extensions={"Mine": '{"a":1.50}'})))
    before = ok(world, "GET", f"/v1/contacts/{person['number']}")
    ok(world, "PUT", f"/profiles/{person['customer_id']}", {"LastName": "Lind"})
    after = ok(world, "GET", f"/v1/contacts/{person['number']}")
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"first_name", "last_name", "display_name", "modified_at", "revision"} - (
        {"modified_at"} if after["modified_at"] == before["modified_at"] else set()
    )


def test_what_is_shown_and_sent_back_changes_nothing(world: World) -> None:
    customer = made(world)
    before = contact_of(world, customer)
    ok(world, "PUT", f"/profiles/{customer}", ok(world, "GET", f"/profiles/{customer}?extensions=*"))
    assert contact_of(world, customer) == before


def test_services_name_their_customer_natively_and_stand_in_its_journey(world: World) -> None:
    customer = made(world)
    service = ok(world, "POST", "/services/start", {"customer_id": customer, "contact_key": "+49 1"})["service_id"]
    task = ok(world, "POST", f"/services/{service}/tasks/start", {"task_type": "Inspect"})["task_id"]
    case = ok(world, "GET", f"/v1/cases/{service}")
    assert (case["customer_id"], case["contact_key"]) == (customer, "+49 1")
    contact = contact_of(world, customer)
    ok(world, "POST", "/v1/tasks", {"title": "Call", "contact": contact["number"]})
    journey = ok(world, "GET", f"/v1/contacts/{contact['number']}/journey")
    begun = {(item["kind"], item["number"]) for item in journey["items"] if item["kind"] != "change"}
    assert {("case", service), ("task", task), ("task", task + 1)} <= begun
    assert journey["open_tasks"] == 2


def test_a_service_is_linked_when_it_is_associated(world: World) -> None:
    customer = made(world)
    service = ok(world, "POST", "/services/start", {"contact_key": "x"})["service_id"]
    ok(world, "POST", f"/customers/{customer}/services/{service}")
    items = ok(world, "GET", f"/v1/contacts/{contact_of(world, customer)['number']}/journey")["items"]
    assert ("case", service) in {(item["kind"], item["number"]) for item in items}


def test_a_customer_id_is_compared_without_regard_to_case(world: World) -> None:
    customer = made(world)
    number = contact_of(world, customer)["number"]
    services = [
        ok(world, "POST", "/services/start", {"customer_id": spelled, "contact_key": "x"})["service_id"]
        for spelled in (customer, customer.lower())
    ]
    ok(world, "POST", "/services/start", {"customer_id": f"{customer[:-1]}_"})
    listed = ok(world, "GET", f"/customers/{customer.lower()}/services")
    assert [(each["service_id"], each["customer_id"]) for each in listed] == [
        (services[0], customer),
        (services[1], customer.lower()),
    ]
    items = ok(world, "GET", f"/v1/contacts/{number}/journey?kind=case")["items"]
    assert {item["number"] for item in items} == set(services)
    ok(world, "DELETE", f"/profiles/{customer.swapcase()}")
    assert ok(world, "GET", f"/customers/{customer}/services") == []


def test_a_customer_id_that_is_the_number_of_a_contact_is_not_that_contact(world: World) -> None:
    number = contact_of(world, made(world))["number"]
    ok(world, "POST", "/services/start", {"customer_id": str(number)})
    assert ok(world, "GET", f"/v1/contacts/{number}/journey?kind=case")["items"] == []


def test_deleting_a_profile_leaves_the_contact_of_the_crm_with_its_tasks(world: World) -> None:
    person = ok(world, "POST", "/api/2.0/crm/contact/person", {"firstName": "Bo", "lastName": "Lind"})["response"]
    [found] = ok(world, "GET", "/profiles?LastName=Lind")
    customer = found["customer_id"]
    ok(world, "POST", f"/profiles/{customer}/extensions", {"Car": {"plate": "B-1"}})
    task = ok(world, "POST", "/v1/tasks", {"title": "Call", "contact": person["id"]})["number"]
    service = ok(world, "POST", "/services/start", {"customer_id": customer})["service_id"]
    ok(world, "DELETE", f"/profiles/{customer}")
    assert said(world, "GET", f"/services/{service}")[0] == 404
    assert said(world, "GET", f"/profiles/{customer}")[0] == 404
    shown = ok(world, "GET", f"/v1/contacts/{person['id']}")
    assert (shown["display_name"], shown["extensions"], shown["task_count"]) == ("Bo Lind", {}, 1)
    assert ok(world, "GET", f"/v1/tasks/{task}")["contact"] == person["id"]
    [again] = ok(world, "GET", "/profiles?LastName=Lind")
    assert again["customer_id"] not in (customer, None)


def test_a_contact_that_others_wrote_stays(world: World) -> None:
    customer = made(world)
    number = contact_of(world, customer)["number"]
    ok(world, "PATCH", f"/v1/contacts/{number}", {"about": "Likes tea."})
    ok(world, "DELETE", f"/profiles/{customer}")
    assert ok(world, "GET", f"/v1/contacts/{number}")["about"] == "Likes tea."


@pytest.mark.parametrize("kind", ["task", "case"])
def test_a_contact_that_others_refer_to_stays(world: World, kind: str) -> None:
    customer = made(world)
    number = contact_of(world, customer)["number"]
    ok(world, "POST", f"/v1/{kind}s", {"title": "x", "contact": number})
    ok(world, "DELETE", f"/profiles/{customer}")
    shown = ok(world, "GET", f"/v1/contacts/{number}")
    assert (shown["display_name"], shown["attributes"], shown["extensions"]) == ("Ida Moe", {}, {})


def test_services_that_others_made_stay_with_a_deleted_profile(world: World) -> None:
    customer = made(world)
    case = ok(world, "POST", "/v1/cases", {"title": "Natively", "kind": "service"})["number"]
    ok(world, "POST", f"/customers/{customer}/services/{case}")
    ok(world, "DELETE", f"/profiles/{customer}")
    assert ok(world, "GET", f"/services/{case}")["customer_id"] == customer
    assert ok(world, "GET", "/profiles?Pin=7") == []


def test_a_native_schema_binds_profiles_and_one_of_profiles_binds_natively(world: World) -> None:
    ok(
        world,
        "POST",
        "/v1/schemas/contact",
        {"title": "Car", "type": "array", "items": {"type": "object", "properties": {"plate": {"type": "string"}}}},
    )
    status, refused = said(world, "POST", "/profiles", {"Car": [{"colour": "red"}]})
    assert (status, refused["exception"]) == (400, "SchemaViolation")
    words = {"name": "Words", "type": "classifier"}
    ok(world, "POST", "/metadata/profiles/extensions", words)
    number = contact_of(world, made(world))["number"]
    with pytest.raises(Invalid):
        world.core(lambda uow: edits.change(uow, edits.Change(number, extensions={"Words": "[1]"})))
    world.core(lambda uow: edits.change(uow, edits.Change(number, extensions={"Words": '["tea"]'})))
