"""Contacts, cases and schemas as pages, by a browser without script."""

import re
from html import unescape

import pytest

from tests.support.browser import Browser
from tests.support.tenant import PASSWORD, Tenant


@pytest.fixture
def anna(tenant: Tenant, browser: Browser) -> Browser:
    """A browser in which the administrator is signed in."""
    browser.sign_in(tenant.login("anna"), PASSWORD)
    return browser


@pytest.fixture
def bert(tenant: Tenant, server: object) -> Browser:
    """Another one, of a user without rights."""
    browser = Browser(tenant.server, User_Agent="Firefox")
    browser.sign_in(tenant.login("bert"), PASSWORD)
    return browser


def contact(tenant: Tenant, **fields: object) -> int:
    return int(tenant.native("POST", "/v1/contacts", {"kind": "person", "last_name": "Ozola", **fields})["number"])


def rows(page: str, name: str) -> list[str]:
    return re.findall(rf'<(?:tr|li)[^>]* data-{name}="([^"]+)"', page)


def test_an_empty_list_says_so_and_leads_to_the_next_thing(anna: Browser) -> None:
    page = anna.get("/ui/contacts").text
    assert "<h1>Contacts &amp; cases</h1>" in page
    assert "No contacts yet." in page
    assert "New contact" in page
    anna.headers["Accept-Language"] = "de"
    assert "Noch keine Kontakte." in anna.get("/ui/contacts").text


def test_contacts_are_found_by_words_and_read_page_by_page(tenant: Tenant, anna: Browser) -> None:
    numbers = [contact(tenant, first_name=f"P{place}") for place in range(30)]
    first = anna.get("/ui/contacts?limit=25").text
    assert rows(first, "contact") == [str(number) for number in numbers[:4:-1]]
    follow = re.search(r'href="(\?[^"]+)" rel="next"', first)
    assert follow is not None
    second = anna.get(f"/ui/contacts{follow[1].replace('&amp;', '&')}").text
    assert rows(second, "contact") == [str(number) for number in numbers[4::-1]]
    assert rows(anna.get("/ui/contacts?q=p12+ozo").text, "contact") == [str(numbers[12])]
    assert "No contact matches." in anna.get("/ui/contacts?q=nobody").text


def test_a_contact_is_made_and_a_fault_keeps_what_was_typed(tenant: Tenant, anna: Browser) -> None:
    refused = anna.send("/ui/contacts/new", kind="person", last_name="Ozola", email="nowhere", company="x")
    assert refused.status == 422
    assert 'value="nowhere"' in refused.text
    assert 'id="email-fault"' in refused.text
    assert 'id="company-fault"' in refused.text
    assert "2 fields need a look" in refused.text
    assert anna.send("/ui/contacts/new", kind="person").status == 422
    made = anna.send("/ui/contacts/new", kind="person", last_name="Ozola", email="o@example.com")
    assert made.status == 303
    page = anna.get(made.headers["location"])
    assert "<h1>Ozola</h1>" in page.text
    assert re.search(r"Contact \d+ made\.", page.text)
    assert "No open tasks" in page.text


def test_a_change_merges_with_that_of_another_field_and_clashes_over_the_same(tenant: Tenant, anna: Browser) -> None:
    number = contact(tenant, email="a@example.com")
    page = f"/ui/contacts/{number}/edit"
    anna.get(page)
    began = {"csrf": anna.csrf(), "revision": "1", "before.last_name": "Ozola", "before.email": "a@example.com"}
    tenant.native("PATCH", f"/v1/contacts/{number}", {"email": "b@example.com"})
    assert anna.post(page, {**began, "last_name": "Liepa", "email": "a@example.com"}).status == 303
    assert tenant.native("GET", f"/v1/contacts/{number}")["last_name"] == "Liepa"
    clash = anna.post(page, {**began, "last_name": "Ozola", "email": "c@example.com"})
    assert clash.status == 409
    assert all(each in clash.text for each in ("Theirs", "Yours", "b@example.com", "c@example.com", "Save choices"))
    again = {"csrf": anna.csrf(), "revision": "3", "before.email": "b@example.com", "email": "c@example.com"}
    assert anna.post(page, {**again, "choice.email.asked": "1"}).status == 422
    assert anna.post(page, {**again, "choice.email.asked": "1", "choice.email": "yours"}).status == 303
    assert tenant.native("GET", f"/v1/contacts/{number}")["email"] == "c@example.com"


def test_a_contact_has_its_id_in_each_dialect_and_all_that_was_sent_of_it(tenant: Tenant, anna: Browser) -> None:
    sent = {"EmailAddress": ["a@example.com", "b@example.com"], "PhoneNumber": "+15550100", "Segment": ["<x>", "y"]}
    key = tenant.native("POST", "/profiles", sent)["customer_id"]
    of = tenant.native("GET", "/v1/contacts?limit=1")["items"][0]
    page = anna.get(f"/ui/contacts/{of['number']}").text
    shown = {name: unescape(text) for name, text in re.findall(r'<dd data-dialect="(\w+)" hx-ignore>(.*?)</dd>', page)}
    assert shown == {
        "genesys": f"customer_id {key}",
        "onlyoffice_crm": f"id {of['number']}",
        "native": f"number {of['number']} · id {of['id']}",
    }
    assert "a@example.com, b@example.com" in page
    assert '<dd data-field="phone"><span class="grow" hx-ignore>+15550100</span>' in page
    assert '<dt class="mono">Segment</dt>' in page
    assert ">&lt;x&gt;, y</dd>" in page


def test_the_journey_shows_all_dialects_and_is_narrowed_by_links(tenant: Tenant, anna: Browser) -> None:
    number = contact(tenant)
    task = tenant.native("POST", "/v1/tasks", {"title": "<b>Call</b>", "contact": number})["number"]
    tenant.native("PATCH", f"/v1/tasks/{task}", {"priority": 7})
    page = anna.get(f"/ui/contacts/{number}").text
    assert "1 open task, oldest 0 days" in page
    assert [f"{kind}:{each}" for kind, each in zip(rows(page, "kind"), rows(page, "task"), strict=True)] == [
        f"change:{task}",
        f"task:{task}",
    ]
    assert "&lt;b&gt;Call&lt;/b&gt;" in page
    assert ">Priority</span>" in page
    assert rows(anna.get(f"/ui/contacts/{number}?kind=task").text, "kind") == ["task"]
    assert "Nothing of this contact matches." in anna.get(f"/ui/contacts/{number}?dialect=genesys").text


def test_the_journey_calls_values_as_people_do(tenant: Tenant, anna: Browser) -> None:
    number = contact(tenant)
    category = tenant.native("POST", "/v1/categories", {"title": "Returns <b>"})["number"]
    task = tenant.native("POST", "/v1/tasks", {"title": "Refund", "contact": number})["number"]
    tenant.native("PATCH", f"/v1/tasks/{task}", {"category": category, "read": True})
    page = anna.get(f"/ui/contacts/{number}?kind=change").text
    assert "<ins>Returns &lt;b&gt;</ins>" in page
    assert "<del>no</del>" in page
    assert "<ins>yes</ins>" in page
    anna.headers["Accept-Language"] = "de"
    assert "<ins>ja</ins>" in anna.get(f"/ui/contacts/{number}?kind=change").text


def test_a_note_stands_in_the_journey_as_text(tenant: Tenant, anna: Browser) -> None:
    number = contact(tenant)
    note = {"content": "<p>called</p>", "categoryId": 1_000_003, "contactId": number}
    tenant.native("POST", "/api/2.0/crm/history", note)
    page = anna.get(f"/ui/contacts/{number}").text
    assert rows(page, "kind") == ["note"]
    assert "&lt;p&gt;called&lt;/p&gt;" in page
    assert rows(anna.get(f"/ui/contacts/{number}?kind=note").text, "kind") == ["note"]


def test_a_note_on_a_case_stands_in_its_changes(tenant: Tenant, anna: Browser) -> None:
    number = tenant.native("POST", "/v1/cases", {"kind": "case", "title": "Fair"})["number"]
    note = {"content": "<p>met</p>", "categoryId": 1_000_004, "entityType": "case", "entityId": number}
    tenant.native("POST", "/api/2.0/crm/history", note)
    assert "&lt;p&gt;met&lt;/p&gt;" in anna.get(f"/ui/cases/{number}").text


def test_what_one_may_not_see_is_like_what_is_not_there(tenant: Tenant, anna: Browser, bert: Browser) -> None:
    secret = contact(tenant, is_private=True)
    case = tenant.native("POST", "/v1/cases", {"kind": "case", "title": "Secret", "is_private": True})["number"]
    for noun, number in (("contact", secret), ("case", case)):
        hidden, none = bert.get(f"/ui/{noun}s/{number}"), bert.get(f"/ui/{noun}s/9999999")
        assert (hidden.status, none.status) == (404, 404)
        shown = [re.search("<main.*</main>", answer.text, re.DOTALL) for answer in (hidden, none)]
        assert shown[0] is not None
        assert shown[1] is not None
        assert shown[0][0].replace(f" {number}.", " N.") == shown[1][0].replace(" 9999999.", " N.")
    assert "Secret" not in bert.get("/ui/contacts").text
    assert anna.get(f"/ui/contacts/{secret}").status == 200
    assert bert.get("/ui/contacts/x").status == 404
    open_one = contact(tenant)
    assert "Edit Last name" not in bert.get(f"/ui/contacts/{open_one}").text
    assert bert.get(f"/ui/contacts/{open_one}/edit").status == 403


def test_a_case_shows_stages_with_their_tasks_and_its_history(tenant: Tenant, anna: Browser) -> None:
    number = contact(tenant)
    made = anna.send("/ui/cases/new", kind="case", title="The fair", contact=str(number), assignee=tenant.login("bert"))
    assert made.status == 303
    address = made.headers["location"]
    case = int(address.rpartition("/")[2])
    task = tenant.native("POST", "/v1/tasks", {"title": "Call", "case": case})["number"]
    page = anna.get(address).text
    assert "<h1>The fair</h1>" in page
    assert f'data-case="{case}"' in page
    assert rows(page, "task") == [str(task)]
    assert rows(page, "history") == ["1"]
    assert anna.send("/ui/cases/new", kind="case", contact="99999").status == 422
    edit = f"{address}/edit"
    assert anna.send(edit, **{"title": "The big fair", "before.title": "The fair", "revision": "1"}).status == 303
    assert rows(anna.get(address).text, "history") == ["2", "1"]


def test_a_schema_is_made_from_rows_shown_and_deleted_by_its_name(tenant: Tenant, anna: Browser) -> None:
    assert "No schemas yet. Values are kept as they are sent." in anna.get("/ui/schemas").text
    typed = {
        "name": "Parcel",
        "attributes.0.name": "carrier",
        "attributes.0.type": "string",
        "attributes.0.length": "20",
        "attributes.0.needed": "on",
        "attributes.1.name": "weight",
        "attributes.1.type": "double",
    }
    more = anna.send("/ui/schemas/task/new", act="add", **typed)
    assert (more.status, more.text.count('data-field="attributes.2.name"')) == (200, 1)
    beside = anna.send("/ui/schemas/task/new", act="to_json", **typed)
    assert "&#34;maxLength&#34;: 20" in beside.text
    wrong = anna.send("/ui/schemas/task/new", act="save", **{**typed, "name": "1"})
    assert (wrong.status, "name-fault" in wrong.text, 'value="carrier"' in wrong.text) == (422, True, True)
    assert anna.send("/ui/schemas/task/new", act="save", **typed).headers["location"] == "/ui/schemas/task/Parcel"
    assert anna.send("/ui/schemas/task/new", act="save", **typed).status == 422
    task = tenant.native("POST", "/v1/tasks", {"extensions": {"Parcel": {"carrier": "ACME"}}})["number"]
    page = anna.get("/ui/schemas").text
    assert rows(page, "schema") == ["Parcel"]
    shown = anna.get("/ui/schemas/task/parcel").text
    assert "<h1>Parcel</h1>" in shown
    assert anna.get("/ui/schemas/task/Parcel?compare=2..3").status == 404
    assert "They are the same." in anna.get("/ui/schemas/task/Parcel?compare=1..1").text
    delete = "/ui/schemas/task/Parcel/delete"
    assert "1 value goes with it." in anna.get(delete).text
    assert anna.send(delete, name="Parcels").status == 422
    assert anna.send(delete, name="Parcel").status == 303
    assert tenant.native("GET", f"/v1/tasks/{task}")["extensions"] == {}


def test_json_schema_fills_the_rows_and_says_where_it_is_wrong(anna: Browser) -> None:
    document = '{"title": "Box", "type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}}'
    filled = anna.send("/ui/schemas/contact/new", act="from_json", document=document)
    assert filled.status == 200
    assert 'value="Box"' in filled.text
    assert re.search(r'name="many"[^>]* checked', filled.text)
    broken = anna.send("/ui/schemas/contact/new", act="from_json", document='{"title":\n  x}')
    assert broken.status == 422
    assert "(2:3)" in broken.text


def test_others_find_no_pages_that_change_schemas(bert: Browser) -> None:
    assert "New schema" not in bert.get("/ui/schemas").text
    for path in ("task/new", "task/Parcel/delete", "letter/new"):
        assert bert.get(f"/ui/schemas/{path}").status == 404
