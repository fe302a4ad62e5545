"""The form of a task: saved by members, with every fault at once, and merged with what others saved meanwhile."""

import re
from html import unescape

import pytest

from tests.integration.web.test_task_page import made, main_of
from tests.support.browser import Browser
from tests.support.tenant import PASSWORD, Tenant

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
FIELDS = re.compile(r'<input id="[^"]+" name="([^"]+)"[^>]*?value="([^"]*)"')
AREAS = re.compile(r'<textarea id="[^"]+" name="([^"]+)"[^>]*>\n(.*?)</textarea>', re.DOTALL)
CHOSEN = re.compile(r'<select id="[^"]+" name="([^"]+)"[^>]*>.*?<option value="([^"]*)" selected', re.DOTALL)
CHECKED = re.compile(r'type="(?:checkbox|radio)" name="([^"]+)"(?: value="([^"]*)")? checked')
PARCEL = {
    "title": "Parcel",
    "type": "object",
    "properties": {
        "carrier": {"type": "string", "maxLength": 20},
        "weight": {"type": "integer", "format": "int64"},
        "price": {"type": "number", "format": "currency"},
        "sent": {"type": "string", "format": "date-time"},
        "open": {"type": "boolean"},
    },
}
RECORD = {"type": "object", "properties": {"sku": {"type": "string"}, "count": {"type": "integer"}}}
PARTS = {"title": "PartsUsed", "type": "array", "items": RECORD}


@pytest.fixture
def anna(tenant: Tenant, browser: Browser) -> Browser:
    """A browser in which anna is signed in."""
    browser.sign_in(tenant.login("anna"), PASSWORD)
    return browser


Form = list[tuple[str, str]]


def form_of(browser: Browser, address: str = "") -> Form:
    """The fields of the form on a page as a browser would send them."""
    text = browser.get(address).text if address else browser.last.text
    at = text.index('/edit" novalidate') if '/edit" novalidate' in text else text.index('/edit" hx-ignore')
    text = text[at : text.index("</form>", at)]
    found = [*HIDDEN.findall(text), *FIELDS.findall(text), *AREAS.findall(text), *CHOSEN.findall(text)]
    found += [(name, value or ("on" if name.startswith("unset.") else "")) for name, value in CHECKED.findall(text)]
    return [(name, unescape(value)) for name, value in found]


def typed(form: Form, **changes: str | None) -> dict[str, str]:
    """The form with other values; None leaves a field out."""
    wanted = {name.replace("__", "."): value for name, value in changes.items()}
    return {name: value for name, value in {**dict(form), **wanted}.items() if value is not None}


def shown(tenant: Tenant, number: int) -> dict[str, object]:
    found: dict[str, object] = tenant.native("GET", f"/v1/tasks/{number}")
    return found


def test_only_what_changed_is_saved(tenant: Tenant, anna: Browser) -> None:
    number = made(
        tenant, description="One\ntwo", properties={"color": "red", "size": "L"}, due_at="2031-05-04T10:20:30Z"
    )
    address = f"/ui/tasks/{number}/edit"
    assert anna.post(address, typed(form_of(anna, address))).status == 303
    assert shown(tenant, number)["revision"] == 1
    fields = typed(
        form_of(anna, address), title="Refund", priority="7", assignee=tenant.login("bert"),
        due_local="2031-05-04T12:00",
        due_zone="Europe/Riga", properties__color="", unset__properties__size="on", properties__size="",
    )  # fmt: skip
    answer = anna.post(address, fields)
    assert (answer.status, answer.headers["location"]) == (303, f"/ui/tasks/{number}"), answer.text
    task = shown(tenant, number)
    assert (task["title"], task["priority"], task["assignee"]) == ("Refund", 7, tenant.uids["bert"])
    assert (task["due_at"], task["due_local"], task["due_zone"]) == (
        "2031-05-04T09:00:00Z", "2031-05-04T12:00:00", "Europe/Riga",
    )  # fmt: skip
    assert task["properties"] == {"color": ""}
    entry = tenant.native("GET", f"/v1/tasks/{number}/history")["items"][-1]
    assert "description" not in entry["changes"]
    assert entry["dialect"] == "web"
    assert "Saved." in anna.get(f"/ui/tasks/{number}").text
    assert anna.post(address, typed(form_of(anna, address), due_local="", priority="")).status == 303
    task = shown(tenant, number)
    assert (task["due_at"], task["due_local"], task["priority"]) == (None, None, None)


def test_every_fault_is_shown_and_what_was_typed_is_kept(tenant: Tenant, anna: Browser) -> None:
    tenant.native("POST", "/v1/schemas/task", PARCEL)
    number = made(tenant, extensions={"Parcel": {"carrier": "Post"}, "Free": {"a": [1.10]}})
    address = f"/ui/tasks/{number}/edit"
    fields = typed(
        form_of(anna, address), title="x" * 300, priority="high", assignee="nobody", due_zone="Mars", case="999999",
        due_local="2031-05-04T12:00", extensions__Parcel__weight="9223372036854775808",
        extensions__Parcel__carrier="x" * 21, extensions__Free='{"a": [1.10],\n "b": }',
    )  # fmt: skip
    answer = anna.post(address, fields)
    assert answer.status == 422
    faults = set(re.findall(r'id="([^"]+)-fault"', answer.text))
    assert faults == {
        *("title", "priority", "assignee", "due_zone", "case", "extensions.Parcel.weight"),
        *("extensions.Parcel.carrier", "extensions.Free"),
    }
    assert "line 2, column 7" in answer.text
    assert "8 fields need a look" in answer.text
    for value in ("high", "nobody", "Mars", "9223372036854775808"):
        assert f'value="{value}"' in answer.text
    assert answer.text.count("autofocus") == 1
    assert shown(tenant, number)["revision"] == 1


def test_extensions_are_edited_by_their_schema(tenant: Tenant, anna: Browser) -> None:
    tenant.native("POST", "/v1/schemas/task", PARCEL)
    value = {
        "carrier": "",
        "weight": 9223372036854775807,
        "price": 1.10,
        "sent": "2031-05-04T10:20:30.000Z",
        "open": True,
    }
    number = made(tenant, extensions={"Parcel": value})
    address = f"/ui/tasks/{number}/edit"
    form = dict(form_of(anna, address))
    assert form["extensions.Parcel.weight"] == "9223372036854775807"
    assert form["extensions.Parcel.price"] == "1.1"
    assert (form["extensions.Parcel.open"], "unset.extensions.Parcel.carrier" in form) == ("true", False)
    fields = {**form, "extensions.Parcel.weight": "-9223372036854775808", "extensions.Parcel.open": ""}
    fields |= {"extensions.Parcel.sent": "2031-05-04T12:00", "extensions.Parcel.sent.zone": "Europe/Riga"}
    assert anna.post(address, fields).status == 303
    assert shown(tenant, number)["extensions"] == {
        "Parcel": {"carrier": "", "weight": -(2**63), "price": 1.10, "sent": "2031-05-04T09:00:00.000Z"}
    }
    fields = {**dict(form_of(anna, address)), "unset.extensions.Parcel.carrier": "on"}
    assert anna.post(address, fields).status == 303
    found = shown(tenant, number)["extensions"]
    assert isinstance(found, dict)
    assert "carrier" not in found["Parcel"]


def test_records_are_added_and_removed(tenant: Tenant, anna: Browser) -> None:
    tenant.native("POST", "/v1/schemas/task", PARTS)
    parts = [{"sku": "TUBE-28", "count": 2}, {"sku": "TYRE-28", "count": 1}]
    number = made(tenant, extensions={"PartsUsed": parts})
    address = f"/ui/tasks/{number}/edit"
    page = anna.get(address).text
    assert "Record 2" in main_of(page)
    assert "Remove record 2" in main_of(page)
    anna.post(address, _pairs(form_of(anna), add="PartsUsed"))
    assert "Record 3" in main_of(anna.last.text)
    assert anna.last.status == 200
    anna.post(address, _pairs(form_of(anna), remove="PartsUsed.0"))
    fields = _pairs(
        form_of(anna), extensions__PartsUsed__1__sku="BELL", unset__extensions__PartsUsed__1__sku=None, save="1"
    )
    assert anna.post(address, fields).status == 303, anna.last.text
    assert shown(tenant, number)["extensions"] == {"PartsUsed": [{"sku": "TYRE-28", "count": 1}, {"sku": "BELL"}]}


def _pairs(form: Form, **changes: str | None) -> list[tuple[str, str]]:
    wanted = {name.replace("__", "."): value for name, value in changes.items()}
    kept = [(name, value) for name, value in form if name not in wanted]
    return [*kept, *((name, value) for name, value in wanted.items() if value is not None)]


def test_two_people_merge(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant, properties={"color": "red", "size": "L"})
    tenant.login("bert")
    tenant.native("POST", f"/v1/tasks/{number}/claim", {}, person="bert")
    address = f"/ui/tasks/{number}/edit"
    fields = typed(form_of(anna, address), priority="7", properties__color="blue")
    tenant.native("PATCH", f"/v1/tasks/{number}", {"title": "Refund", "properties": {"size": "M"}}, person="bert")
    assert anna.post(address, fields).status == 303, anna.last.text
    task = shown(tenant, number)
    assert (task["title"], task["priority"]) == ("Refund", 7)
    assert task["properties"] == {"color": "blue", "size": "M"}
    assert "Saved. Bert changed the title, the properties.size meanwhile." in main_of(
        anna.get(f"/ui/tasks/{number}").text
    ).replace("the size", "the properties.size")


def test_two_people_clash_and_one_chooses(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant, priority=1)
    tenant.login("bert")
    tenant.native("POST", f"/v1/tasks/{number}/claim", {}, person="bert")
    address = f"/ui/tasks/{number}/edit"
    fields = typed(form_of(anna, address), title="Mine", priority="7", description="More")
    tenant.native("PATCH", f"/v1/tasks/{number}", {"title": "Bert's", "priority": 5}, person="bert")
    answer = anna.post(address, fields)
    assert answer.status == 409
    text = main_of(answer.text)
    assert "Before Refund two tyres Bert's Bert's Yours Mine" in text
    assert text.count("Both, to edit") == 1
    assert " checked" not in answer.text
    form = form_of(anna)
    assert dict(form)["revision"] == "3"
    undecided = anna.post(address, _pairs(form, choice__title="yours"))
    assert undecided.status == 409
    assert "Choose one of the values." in undecided.text
    answer = anna.post(address, _pairs(form, choice__title="yours", choice__priority="theirs"))
    assert answer.status == 303, answer.text
    task = shown(tenant, number)
    assert (task["title"], task["priority"], task["description"]) == ("Mine", 5, "More")


def test_both_texts_are_edited(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant)
    address = f"/ui/tasks/{number}/edit"
    fields = typed(form_of(anna, address), description="Mine")
    tenant.native("PATCH", f"/v1/tasks/{number}", {"description": "Theirs"})
    assert anna.post(address, fields).status == 409
    page = anna.post(address, _pairs(form_of(anna), choice__description="both"))
    assert page.status == 200
    assert dict(form_of(anna))["description"] == "Theirs\nMine"
    assert anna.post(address, _pairs(form_of(anna), save="1")).status == 303
    assert shown(tenant, number)["description"] == "Theirs\nMine"


def test_records_clash_one_by_one(tenant: Tenant, anna: Browser) -> None:
    tenant.native("POST", "/v1/schemas/task", PARTS)
    parts = [{"sku": "A", "count": 1}, {"sku": "B", "count": 1}]
    number = made(tenant, extensions={"PartsUsed": parts})
    address = f"/ui/tasks/{number}/edit"
    fields = typed(form_of(anna, address), extensions__PartsUsed__1__count="5", extensions__PartsUsed__0__sku="AA")
    pairs = [(n, v) for n, v in form_of(anna) if n == "record.PartsUsed"]
    theirs = [{"sku": "A", "count": 1}, {"sku": "B", "count": 7}, {"sku": "C", "count": 1}]
    tenant.native("PATCH", f"/v1/tasks/{number}", {"extensions": {"PartsUsed": theirs}})
    sent = [(n, v) for n, v in fields.items() if n != "record.PartsUsed"] + pairs
    assert anna.post(address, sent).status == 409
    assert re.findall(r'name="clash" value="([^"]+)"', anna.last.text) == ["extensions.PartsUsed.1"]
    answer = anna.post(address, _pairs(form_of(anna), choice__extensions__PartsUsed__1="yours"))
    assert answer.status == 303, answer.text
    assert shown(tenant, number)["extensions"] == {
        "PartsUsed": [{"sku": "AA", "count": 1}, {"sku": "B", "count": 5}, {"sku": "C", "count": 1}]
    }


@pytest.mark.parametrize("how", ["finish", "delete", "hide"])
def test_what_was_typed_stays_when_the_task_is_gone(tenant: Tenant, anna: Browser, how: str) -> None:
    bert = Browser(anna.server)
    bert.sign_in(tenant.login("bert"), PASSWORD)
    number = made(tenant, assignee=tenant.login("bert"))
    address = f"/ui/tasks/{number}/edit"
    fields = typed(form_of(bert, address), title="Typed by Bert")
    if how == "finish":
        tenant.native("POST", f"/v1/tasks/{number}/finish", {})
    elif how == "delete":
        tenant.native("DELETE", f"/v1/tasks/{number}")
    else:
        contact = {"kind": "person", "first_name": "Ida", "is_private": True}
        private = tenant.native("POST", "/v1/contacts", contact)["number"]
        tenant.native("PATCH", f"/v1/tasks/{number}", {"contact": private, "assignee": None})
    answer = bert.post(address, fields)
    assert answer.status == 410
    text = main_of(answer.text)
    assert "Typed by Bert" in text
    expected = {
        "finish": "Anna completed it",
        "delete": "Anna deleted it",
        "hide": "You may not see this task any more.",
    }
    assert expected[how] in text
    stranger = bert.post(f"/ui/tasks/{999_999}/edit", {**fields})
    assert stranger.status == 404


@pytest.mark.parametrize("field", ["title", "due", "category", "assignee"])
def test_a_field_is_edited_in_its_place(tenant: Tenant, anna: Browser, field: str) -> None:
    number = made(tenant)
    anna.headers["HX-Request"] = "true"
    part = anna.get(f"/ui/tasks/{number}/edit?field={field}")
    assert part.status == 200
    assert "<main" not in part.text
    del anna.headers["HX-Request"]
    name, value = {"title": ("title", "Refund"), "due": ("due_local", "2031-05-04T10:20")}.get(field, (field, ""))
    sent = {**dict(HIDDEN.findall(part.text)), name: value, "save": "1"}
    answer = anna.post(f"/ui/tasks/{number}/edit", sent)
    assert answer.status == 303, answer.text
    task = shown(tenant, number)
    assert task["revision"] == (2 if value else 1)
    assert task["title"] == ("Refund" if field == "title" else "Refund two tyres")


def test_a_task_of_many_properties_is_edited(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant, properties={f"key {place}": str(place) for place in range(1_000)})
    address = f"/ui/tasks/{number}/edit"
    fields = {**dict(form_of(anna, address)), "properties.key 7": "seven"}
    assert anna.post(address, fields).status == 303
    assert tenant.native("GET", f"/v1/tasks/{number}")["properties"]["key 7"] == "seven"
