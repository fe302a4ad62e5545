"""What a person does to one task on the pages: once, on what was seen, with an answer that says what came of it."""

import re
from html import unescape

import pytest

from tests.integration.web.test_task_page import made, main_of
from tests.support.browser import Browser
from tests.support.tenant import PASSWORD, Tenant

KEY = re.compile(r'name="key" value="([^"]+)"')
ACTS = re.compile(r'data-act="([a-z]+)"')


@pytest.fixture
def anna(tenant: Tenant, browser: Browser) -> Browser:
    """A browser in which anna is signed in."""
    browser.sign_in(tenant.login("anna"), PASSWORD)
    return browser


@pytest.fixture
def bert(tenant: Tenant, browser: Browser) -> Browser:
    """Another, in which bert is signed in."""
    other = Browser(browser.server)
    other.sign_in(tenant.login("bert"), PASSWORD)
    return other


def act(browser: Browser, number: int, name: str, **fields: str) -> dict[str, str]:
    """The fields of the form of an act, as the page of the task has them."""
    text = browser.get(f"/ui/tasks/{number}").text
    revision = re.search(r'data-revision="(\d+)"', text)
    key = KEY.search(text)
    assert revision is not None
    assert key is not None
    return {"csrf": browser.csrf(), "revision": revision[1], "key": key[1], **fields}


def test_the_acts_are_those_that_the_core_allows(tenant: Tenant, anna: Browser, bert: Browser) -> None:
    number = made(tenant)
    every = ["claim", "assign", "suspend", "complete", "fail", "terminate", "delete", "read"]
    assert ACTS.findall(anna.get(f"/ui/tasks/{number}").text) == every
    assert ACTS.findall(bert.get(f"/ui/tasks/{number}").text) == ["claim"]
    tenant.native("POST", f"/v1/tasks/{number}/claim", {}, person="bert")
    page = bert.get(f"/ui/tasks/{number}").text
    assert ACTS.findall(page) == ["release", "assign", "suspend", "complete", "fail", "terminate", "delete", "read"]
    assert re.search('class="btn main" data-act="complete"', page)
    tenant.native("POST", f"/v1/tasks/{number}/finish", {}, person="bert")
    assert ACTS.findall(bert.get(f"/ui/tasks/{number}").text) == ["assign", "reopen", "amend", "delete", "read"]


def test_an_act_is_done_once_and_said(tenant: Tenant, bert: Browser) -> None:
    number = made(tenant)
    fields = act(bert, number, "claim")
    for _ in range(2):
        answer = bert.post(f"/ui/tasks/{number}/claim", fields)
        assert (answer.status, answer.headers["location"]) == (303, f"/ui/tasks/{number}")
        page = bert.get(f"/ui/tasks/{number}").text
        assert f"Task {number} claimed." in page
        assert f'name="undo" value="{number}.2"' in page
    shown = tenant.native("GET", f"/v1/tasks/{number}")
    assert (shown["state"], shown["assignee"], shown["revision"]) == ("claimed", tenant.uids["bert"], 2)
    entry = tenant.native("GET", f"/v1/tasks/{number}/history")["items"][-1]
    assert (entry["dialect"], entry["operation"]) == ("web", "claim_task")


def test_a_form_that_is_filled_in_anew_is_another_act(tenant: Tenant, bert: Browser) -> None:
    number = made(tenant, "bert")
    fields = act(bert, number, "suspend", until="")
    assert bert.post(f"/ui/tasks/{number}/suspend", fields).status == 303
    again = {**fields, "until": "2031-05-04T10:20", "revision": "2"}
    assert bert.post(f"/ui/tasks/{number}/suspend", again).status == 303
    assert tenant.native("GET", f"/v1/tasks/{number}")["resume_at"] == "2031-05-04T10:20:00Z"


def test_an_act_whose_time_is_past_names_who_came_first(tenant: Tenant, anna: Browser, bert: Browser) -> None:
    number = made(tenant)
    fields = act(anna, number, "claim")
    tenant.native("POST", f"/v1/tasks/{number}/claim", {}, person="bert")
    answer = anna.post(f"/ui/tasks/{number}/claim", fields)
    assert answer.status == 409
    assert re.search(r"Bert claimed it \d+ s ago\.", main_of(answer.text))
    assert 'data-revision="2" data-state="claimed"' in answer.text
    fields = act(bert, number, "complete")
    tenant.native("POST", f"/v1/tasks/{number}/assign", {"assignee": tenant.login("carla")}, person="anna")
    answer = bert.post(f"/ui/tasks/{number}/complete", fields)
    assert answer.status == 409
    assert re.search(r"Anna assigned it to Carla \d+ s ago\.", main_of(answer.text))
    assert tenant.native("GET", f"/v1/tasks/{number}")["state"] == "claimed"
    tenant.native("DELETE", f"/v1/tasks/{number}")
    answer = bert.post(f"/ui/tasks/{number}/complete", fields)
    assert answer.status == 410
    assert re.search(r"Anna deleted it \d+ s ago\.", main_of(answer.text))


@pytest.mark.parametrize(
    ("name", "verb", "fields", "member", "value"),
    [
        ("complete", "Complete", {"code": "ok", "text": "Refunded."}, "state", "completed"),
        ("fail", "Fail", {"code": "", "text": "No money."}, "outcome", {"code": None, "text": "No money."}),
        ("terminate", "Terminate", {}, "state", "terminated"),
        ("suspend", "Suspend", {"until": "2031-05-04T10:20"}, "resume_at", "2031-05-04T10:20:00Z"),
    ],
)
def test_a_question_is_asked_and_answered(
    tenant: Tenant, anna: Browser, name: str, verb: str, fields: dict[str, str], member: str, value: object
) -> None:
    number = made(tenant)
    made(tenant, parent=number)
    page = anna.get(f"/ui/tasks/{number}/{name}").text
    assert f"<h1>{verb} task {number}</h1>" in page
    assert f">{verb}</button>" in page
    assert ">Cancel</a>" in page
    said = "1 open subtask will be suspended" if name == "suspend" else "1 open subtask will be terminated."
    assert said in page
    key = KEY.search(page)
    assert key is not None
    answer = anna.send(f"/ui/tasks/{number}/{name}", revision="1", key=key[1], **fields)
    assert answer.status == 303, answer.text
    assert tenant.native("GET", f"/v1/tasks/{number}")[member] == value


def test_work_is_assigned_with_a_note(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant)
    tenant.login("bert")
    address = f"/ui/tasks/{number}/assign"
    assert f"<h1>Assign task {number}</h1>" in anna.get(address).text
    for name, fault in (("", "Assignee must be somebody"), ("nobody", "Assignee does not match a user")):
        answer = anna.send(address, revision="1", assignee=name, note="Look at the <b>wheel</b>")
        assert answer.status == 422
        assert f'id="assignee-fault">{fault}' in answer.text
        assert "Look at the &lt;b&gt;wheel&lt;/b&gt;" in answer.text
    answer = anna.send(address, revision="1", assignee=tenant.login("bert"), note="Look at the wheel")
    assert answer.status == 303, answer.text
    page = main_of(anna.get(f"/ui/tasks/{number}").text)
    assert "Note Look at the wheel" in page
    assert "Assignee B Bert" in page


def test_a_task_is_deleted_with_its_subtasks(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant)
    made(tenant, title="Weigh the parcel", parent=number)
    page = anna.get(f"/ui/tasks/{number}/delete").text
    assert "Weigh the parcel" in page
    assert anna.send(f"/ui/tasks/{number}/delete", revision="1").status == 303
    gone = anna.get(f"/ui/tasks/{number}")
    assert gone.status == 410
    assert f"Task {number} deleted." in gone.text


def test_a_task_is_marked_as_read_by_a_form(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant)
    assert 'data-read="false"' in anna.get(f"/ui/tasks/{number}").text  # looking changes nothing
    answer = anna.post(f"/ui/tasks/{number}/read", {"csrf": anna.csrf()})
    assert (answer.status, answer.headers["location"]) == (303, f"/ui/tasks/{number}")
    page = anna.get(f"/ui/tasks/{number}").text
    assert 'data-read="true"' in page
    assert "Mark as read" not in page


def test_script_gets_the_row_that_changed(tenant: Tenant, anna: Browser, bert: Browser) -> None:
    number = made(tenant)
    fields = act(anna, number, "claim")
    headers = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true", "HX-Current-URL": "http://localhost/ui/inbox/all"}
    answer = anna.post(f"/ui/tasks/{number}/claim", {**fields, "back": "/ui/inbox/all?q=x"}, headers)
    assert answer.status == 200
    assert '<input type="hidden" name="back" value="/ui/inbox/all?q=x">' in answer.text  # where "Undo" leads back to
    assert f'<hx-partial hx-target="#task-{number}" hx-swap="outerMorph">' in answer.text
    assert 'data-revision="2" data-state="claimed"' in answer.text
    assert f"Task {number} claimed." in answer.text
    bert.get("/ui/profile")
    late = bert.post(f"/ui/tasks/{number}/claim", {"csrf": bert.csrf(), "revision": "1"}, headers)
    assert late.status == 409
    assert re.search(r"Anna claimed it \d+ s ago\.", unescape(late.text))
    assert 'data-state="claimed"' in late.text


@pytest.mark.parametrize("name", ["claim", "complete", "assign", "delete", "read"])
def test_acts_on_what_one_may_not_see_are_404(tenant: Tenant, anna: Browser, bert: Browser, name: str) -> None:
    contact = tenant.native("POST", "/v1/contacts", {"kind": "person", "first_name": "Ida", "is_private": True})[
        "number"
    ]
    number = made(tenant, contact=contact)
    bert.get("/ui/profile")
    answer = bert.post(f"/ui/tasks/{number}/{name}", {"csrf": bert.csrf(), "assignee": tenant.login("bert")})
    assert answer.status == 404
    assert "No task has this number." in answer.text


def test_acts_without_the_right_are_refused(tenant: Tenant, bert: Browser) -> None:
    number = made(tenant)
    bert.get("/ui/profile")
    answer = bert.post(f"/ui/tasks/{number}/complete", {"csrf": bert.csrf(), "revision": "1"})
    assert answer.status == 403
    answer = bert.post(f"/ui/tasks/{number}/claim", {"csrf": bert.csrf(), "revision": "one"})
    assert answer.status == 400
    assert tenant.native("GET", f"/v1/tasks/{number}")["revision"] == 1


def test_a_change_is_put_back_unless_it_was_changed_since(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant, priority=1)
    tenant.native("PATCH", f"/v1/tasks/{number}", {"title": "Refund", "priority": 5})
    tenant.native("PATCH", f"/v1/tasks/{number}", {"priority": 7})
    page = anna.get(f"/ui/tasks/{number}").text
    assert re.findall('name="put" value="([0-9]+)"', page) == ["3", "2"]
    answer = anna.post(f"/ui/tasks/{number}/put-back", act(anna, number, "put-back", put="2"))
    assert answer.status == 409
    assert "Priority: it would be 1, and is 7." in main_of(answer.text)
    answer = anna.post(f"/ui/tasks/{number}/put-back", act(anna, number, "put-back", put="3"))
    assert answer.status == 303
    assert f"Revision 3 of task {number} put back." in anna.get(f"/ui/tasks/{number}").text
    assert tenant.native("GET", f"/v1/tasks/{number}")["priority"] == 5


def test_a_deleted_task_is_brought_back(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant)
    made(tenant, title="Weigh the parcel", parent=number)
    before = tenant.native("GET", f"/v1/tasks/{number}")
    tenant.native("DELETE", f"/v1/tasks/{number}")
    assert ">Bring back</button>" in anna.get(f"/ui/tasks/{number}").text
    answer = anna.post(f"/ui/tasks/{number}/restore", {"csrf": anna.csrf()})
    assert (answer.status, answer.headers["location"]) == (303, f"/ui/tasks/{number}")
    page = anna.get(f"/ui/tasks/{number}").text
    assert f"Task {number} was brought back." in page
    assert "Weigh the parcel" in page
    assert tenant.native("GET", f"/v1/tasks/{number}")["id"] == before["id"]
    assert anna.post(f"/ui/tasks/{number}/restore", {"csrf": anna.csrf()}).status == 409


def test_completing_leads_on_in_the_list_that_the_task_was_opened_from(tenant: Tenant, anna: Browser) -> None:
    first, second = (made(tenant, assignee=tenant.login("anna")) for _ in range(2))
    listed = anna.get("/ui/inbox/mine?q=sort:number").text
    address = f"/ui/tasks/{first}?from=mine&q=sort%3Anumber"
    assert f'<a href="{address.replace("&", "&amp;")}" dir="auto">' in listed
    assert 'name="from" value="mine"' in anna.get(address).text
    asked = anna.get(address.replace("?", "/complete?")).text
    assert 'name="from" value="mine"' in asked
    fields = {"csrf": anna.csrf(), "from": "mine", "q": "sort:number", "back": address}
    for number, wanted, leads_to in (
        (first, "stay", address),
        (first, "back", "/ui/inbox/mine?q=sort%3Anumber"),
        (first, "next", f"/ui/tasks/{second}?from=mine&q=sort%3Anumber"),
        (second, "next", "/ui/inbox/mine?q=sort%3Anumber"),
    ):
        choices = {"display_name": "Anna", "language": "en", "zone": "", "theme": "system", "density": "compact"}
        profile = {**choices, "keys": "on", "start": "/ui/inbox/mine", "after_completing": wanted}
        assert anna.send("/ui/profile", **profile).status == 303
        done = anna.post(f"/ui/tasks/{number}/complete", fields)
        assert (done.status, done.headers["location"]) == (303, leads_to)
        assert f"Task {number} completed." in anna.get(leads_to).text
        if wanted in ("stay", "back"):
            tenant.native("POST", f"/v1/tasks/{number}/reopen")


def test_a_lost_claim_offers_to_ask_for_the_task_where_that_is_allowed(
    tenant: Tenant, anna: Browser, bert: Browser
) -> None:
    number = made(tenant)
    fields, of_bert = act(anna, number, "claim"), act(bert, number, "claim")
    tenant.native("POST", f"/v1/tasks/{number}/claim", {}, person="carla")
    ask = f'href="/ui/tasks/{number}/assign?assignee={tenant.login("anna")}">Ask for it</a>'
    assert ask in anna.post(f"/ui/tasks/{number}/claim", fields).text
    assert "Ask for it" not in bert.post(f"/ui/tasks/{number}/claim", of_bert).text
    group = {
        "csrf": fields["csrf"],
        "act": "claim",
        "back": "/ui/inbox/all",
        "task": str(number),
        "seen": f"{number}.1",
    }
    answer = anna.post("/ui/tasks/act", group)
    assert (answer.status, ask in answer.text) == (409, True)
    assert (
        f'value="{tenant.login("anna")}"' in anna.get(f"/ui/tasks/{number}/assign?assignee={tenant.login('anna')}").text
    )
