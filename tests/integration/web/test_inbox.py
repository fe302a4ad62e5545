"""The lists of the inbox, looked at and acted on without script."""

import re
from html import unescape
from urllib.parse import quote, urlencode

import pytest

from dragoman.web import framing
from tests.support.browser import Browser
from tests.support.in_process_server import InProcessServer
from tests.support.statements import fewest
from tests.support.tenant import PASSWORD, Tenant

MOST_STATEMENTS = 9
"""Six of the list, and three of what stands beside every page while no batch waits."""
ROW = re.compile(
    r'<tr id="task-(\d+)" data-task="\1" data-revision="(\d+)" data-state="(\w+)" data-read="(true|false)"'
)
CHIP = re.compile(r'<a class="chip" href="([^"]+)"><span hx-ignore>(.*?)</span>')


@pytest.fixture
def anna(tenant: Tenant, browser: Browser) -> Browser:
    """A browser in which anna is signed in, in a tenant with three tasks."""
    assert browser.sign_in(tenant.login("anna"), PASSWORD).status == 303
    tenant.login("bert")
    for task in (
        {"title": "Refund <two> tyres", "assignee": tenant.uids["anna"], "priority": 5},
        {"title": "Call back", "due_at": "2020-01-01T00:00:00Z"},
        {"title": "Print the list", "assignee": tenant.uids["bert"], "read": True},
    ):
        tenant.native("POST", "/v1/tasks", task)
    return browser


def rows(browser: Browser, target: str, status: int = 200) -> list[int]:
    answer = browser.get(target)
    assert answer.status == status, answer.text
    return [int(found[0]) for found in ROW.findall(answer.text)]


def test_each_list_shows_its_tasks_and_counts_stand_beside(anna: Browser) -> None:
    assert rows(anna, "/ui/inbox/mine") == [1]
    text = anna.last.text
    assert ">Refund &lt;two&gt; tyres</a>" in text
    assert 'aria-label="Select task 1"' in text
    assert '<span class="count" data-count="mine">1</span>' in text
    assert '<span class="count" data-count="overdue">1</span>' in text
    assert rows(anna, "/ui/inbox/available") == [2]
    assert rows(anna, "/ui/inbox/all") == [2, 1, 3]
    assert rows(anna, "/ui/inbox/overdue") == [2]
    assert 'class="due late"' in anna.last.text
    assert rows(anna, "/ui/inbox/done") == []
    assert "Nothing done yet." in anna.last.text
    assert rows(anna, "/ui/inbox/other", 404) == []


def test_a_filter_narrows_a_list_and_chips_take_it_back(anna: Browser) -> None:
    assert rows(anna, "/ui/inbox/all?q=assignee:bert-x", 422) == []
    assert rows(anna, "/ui/inbox/all?q=is:open+refund") == [1]
    chips = [(unescape(href), re.sub("<.*?>", "", text)) for href, text in CHIP.findall(anna.last.text)]
    assert chips == [("/ui/inbox/all?q=refund", "State is open"), ("/ui/inbox/all?q=is%3Aopen", "Text has refund")]
    assert rows(anna, "/ui/inbox/all?q=") == [2, 1, 3]
    assert rows(anna, "/ui/inbox/all?q=sort:-number") == [3, 2, 1]
    assert 'aria-sort="descending"' in anna.last.text


def test_a_fault_says_what_and_where_and_shows_no_rows(anna: Browser) -> None:
    assert rows(anna, "/ui/inbox/all?q=is:open+stat:ready", 422) == []
    text = unescape(anna.last.text)
    assert "Unknown key `stat` at 9. Did you mean `state`?" in text
    assert 'aria-invalid="true" aria-describedby="q-fault"' in text
    assert 'value="is:open stat:ready"' in text


def test_an_empty_list_says_what_each_term_alone_finds(anna: Browser) -> None:
    assert rows(anna, "/ui/inbox/all?q=is:escalated+assignee:me") == []
    text = re.sub("<.*?>", "", anna.last.text)
    assert "No task matches." in text
    assert "State is escalated: 0 Remove" in text
    assert "Assignee is me: 1 Remove" in text


def test_counts_are_those_after_an_act_of_the_reader(tenant: Tenant, anna: Browser) -> None:
    for title in range(30):
        tenant.native("POST", "/v1/tasks", {"title": str(title), "assignee": tenant.uids["anna"]})
    assert '<span class="soft">31 tasks</span>' in anna.get("/ui/inbox/mine?limit=25").text
    assert anna.send("/ui/tasks/1/release", "/ui/tasks/1", revision="1").status == 303
    page = anna.get("/ui/inbox/mine?limit=25").text
    assert '<span class="soft">30 tasks</span>' in page
    assert '<span class="count" data-count="mine">30</span>' in page


def test_a_term_is_added_without_typing(anna: Browser) -> None:
    rows(anna, "/ui/inbox/all?add=category")
    assert '<select id="value" name="value" autofocus>' in anna.last.text
    answer = anna.get("/ui/inbox/all?add=dialect&q=is:open&value=native")
    assert answer.headers["location"] == "/ui/inbox/all?q=is%3Aopen+dialect%3Anative"
    assert rows(anna, answer.headers["location"]) == [2, 1, 3]


def test_pages_follow_each_other_and_lead_back(tenant: Tenant, anna: Browser) -> None:
    for number in range(4, 29):
        tenant.native("POST", "/v1/tasks", {"title": f"Task {number}"})
    assert rows(anna, "/ui/inbox/all?q=sort:number&limit=25") == list(range(1, 26))
    [following] = re.findall(r'href="([^"]+)" rel="next">Next 25<', anna.last.text)
    assert rows(anna, unescape(following)) == [26, 27, 28]
    [previous] = re.findall(r'href="([^"]+)" rel="prev"', anna.last.text)
    assert rows(anna, unescape(previous)) == list(range(1, 26))
    assert rows(anna, "/ui/inbox/all?q=sort:number&limit=25&after=x", 400) == []


def test_selected_tasks_are_completed_and_undone_as_one(anna: Browser) -> None:
    anna.get("/ui/inbox/all")
    fields = [("csrf", anna.csrf()), ("act", "complete"), ("back", "/ui/inbox/all"), ("task", "1"), ("task", "2")]
    answer = anna.post("/ui/tasks/act", fields)
    assert (answer.status, answer.headers["location"]) == (303, "/ui/inbox/all")
    assert rows(anna, "/ui/inbox/all") == [3]
    assert "2 tasks completed." in anna.last.text
    assert 'name="undo" value="1.2,2.2"' in anna.last.text
    answer = anna.post("/ui/undo", [("csrf", anna.csrf()), ("undo", "1.2,2.2"), ("back", "/ui/inbox/all")])
    assert (answer.status, answer.headers["location"]) == (303, "/ui/inbox/all")
    assert rows(anna, "/ui/inbox/all") == [2, 1, 3]
    assert "Undone: 2 tasks are as they were." in anna.last.text


def test_an_undo_overwrites_nothing_that_was_changed_since(tenant: Tenant, anna: Browser) -> None:
    tenant.native("PATCH", "/v1/tasks/1", {"priority": 7})
    tenant.native("PATCH", "/v1/tasks/2", {"priority": 7})
    tenant.native("PATCH", "/v1/tasks/1", {"priority": 9})
    anna.get("/ui/inbox/all")
    csrf = anna.csrf()
    answer = anna.post("/ui/undo", [("csrf", csrf), ("undo", "1.2,2.2"), ("back", "/ui/inbox/all")])
    assert answer.status == 409
    assert "1 taken back, 1 not." in answer.text
    assert "it would be 5, and is 9." in answer.text
    assert tenant.native("GET", "/v1/tasks/1")["priority"] == 9
    assert tenant.native("GET", "/v1/tasks/2")["priority"] is None
    for wrong in ("", "x", "1", "1.2.3", ",".join(["1.1"] * 101)):
        assert anna.post("/ui/undo", [("csrf", csrf), ("undo", wrong)]).status == 400


def test_what_one_task_refuses_stands_at_its_row(tenant: Tenant, anna: Browser) -> None:
    anna.get("/ui/inbox/all")
    csrf = anna.csrf()
    tenant.native("POST", "/v1/tasks/2/claim")
    fields = [("csrf", csrf), ("act", "complete"), ("back", "/ui/inbox/all?q="), *(("task", each) for each in "123")]
    answer = anna.post("/ui/tasks/act", [*fields, ("seen", "1.1"), ("seen", "2.1"), ("seen", "3.1")])
    assert answer.status == 409
    assert "2 completed, 1 not." in answer.text
    [reason] = re.findall(r'<em class="reason">.*?</svg>(.*?)</em>', answer.text)
    assert reason == "The task is at revision 2. Changed since: assignee, state."
    [row] = [row for row in answer.text.split("<tr ") if 'data-task="2"' in row]
    assert "checked" in row


def test_selected_tasks_are_assigned_after_a_question(tenant: Tenant, anna: Browser) -> None:
    anna.get("/ui/inbox/all")
    fields = [("csrf", anna.csrf()), ("act", "assign"), ("back", "/ui/inbox/all"), ("task", "2"), ("key", "one")]
    asked = anna.post("/ui/tasks/act", fields)
    assert "<h1>Assign 1 task</h1>" in asked.text
    faulty = anna.post("/ui/tasks/act", [*fields, ("sure", "yes"), ("assignee", "nobody")])
    assert (faulty.status, ">Assignee does not match a user.</p>" in faulty.text) == (422, True)
    done = anna.post("/ui/tasks/act", [*fields, ("sure", "yes"), ("assignee", tenant.login("bert")), ("note", "you")])
    assert done.status == 303
    assert tenant.native("GET", "/v1/tasks/2")["assignee"] == tenant.uids["bert"]


def test_a_batch_is_drafted_from_the_whole_filter_or_from_the_selection(anna: Browser) -> None:
    anna.get("/ui/inbox/mine?q=refund&select=all")
    assert "1 selected" in anna.last.text
    fields = [("csrf", anna.csrf()), ("act", "batch"), ("back", "/ui/inbox/mine?q=refund&select=all")]
    whole = anna.post("/ui/tasks/act", [*fields, ("select", "all")])
    assert whole.headers["location"] == "/ui/batches/new?q=assignee%3Ame+is%3Aopen+refund"
    some = anna.post("/ui/tasks/act", [*fields, ("task", "1"), ("task", "2")])
    assert some.headers["location"] == "/ui/batches/new?numbers=1%2C2"


def test_keys_and_values_are_completed(tenant: Tenant, anna: Browser) -> None:
    assert [each["value"] for each in anna.get("/ui/complete?key=&text=sta").json()["items"]] == ["state", "stage"]
    assert [each["value"] for each in anna.get("/ui/complete?key=state&text=cl").json()["items"]] == ["claimed"]
    logins = [each["value"] for each in anna.get("/ui/complete?key=assignee&text=be").json()["items"]]
    assert logins == [tenant.login("bert")]


def test_a_page_asks_the_database_a_bounded_number_of_times(tenant: Tenant, anna: Browser) -> None:
    contact = tenant.native("POST", "/v1/contacts", {"kind": "person", "first_name": "Ida"})["number"]
    case = tenant.native("POST", "/v1/cases", {"title": "Return 8123"})["number"]
    category = tenant.native("POST", "/v1/categories", {"title": "Returns"})["number"]
    for number in range(60):
        links = {"contact": contact, "case": case, "category": category, "assignee": tenant.uids["bert"]}
        tenant.native("POST", "/v1/tasks", {"title": f"Task {number}", "extensions": {"Box": {"a": 1}}, **links})

    def ask() -> None:
        framing.forget()
        assert len(rows(anna, "/ui/inbox/all?q=is:open+category:Returns")) == 50

    least = fewest(ask, MOST_STATEMENTS)
    assert "Return 8123" in anna.last.text
    assert len(least) <= MOST_STATEMENTS, "\n".join(each[:300] for each in least)


def test_a_view_is_saved_changed_shared_and_deleted(tenant: Tenant, anna: Browser, server: InProcessServer) -> None:
    anna.get("/ui/views/new?list=all&q=refund")
    assert 'name="q" value="refund"' in anna.last.text
    empty = anna.post("/ui/views", {"csrf": anna.csrf(), "list": "all", "q": "refund", "name": " "})
    assert (empty.status, 'aria-describedby="name-fault"' in empty.text) == (422, True)
    made = anna.post("/ui/views", {"csrf": anna.csrf(), "list": "all", "q": "refund", "name": "Refunds"})
    assert (made.status, made.headers["location"]) == (303, "/ui/inbox/all?view=1")
    assert rows(anna, "/ui/inbox/all?view=1") == [1]
    assert '<a href="/ui/inbox/all?view=1" aria-current="page">' in anna.last.text
    bert = Browser(server, User_Agent="Firefox")
    bert.sign_in(tenant.login("bert"), PASSWORD)
    assert rows(bert, "/ui/inbox/all?view=1", 404) == []
    assert rows(anna, "/ui/inbox/all?view=1&q=print") == [3]
    assert [text in anna.last.text for text in (">Save</button>", ">Save as new</button>", ">Reset</a>")] == [True] * 3
    anna.post("/ui/views/1/save", {"csrf": anna.csrf(), "q": "print"})
    assert rows(anna, "/ui/inbox/all?view=1") == [3]
    shared = {"csrf": anna.csrf(), "list": "all", "q": "call", "name": "Calls", "shared_with": "*"}
    assert anna.post("/ui/views/1", shared).status == 303
    assert rows(bert, "/ui/inbox/all?view=1") == [2]
    assert bert.post("/ui/views/1/delete", {"csrf": bert.csrf()}).status == 403
    anna.get("/ui/views/1")
    assert anna.post("/ui/views/1/delete", {"csrf": anna.csrf()}).status == 303
    assert rows(anna, "/ui/inbox/all?view=1", 404) == []


def test_only_administrators_share_views(tenant: Tenant, anna: Browser, server: InProcessServer) -> None:
    bert = Browser(server, User_Agent="Firefox")
    bert.sign_in(tenant.login("bert"), PASSWORD)
    bert.get("/ui/views/new?list=mine")
    assert "Everybody" not in bert.last.text
    sent = {"csrf": bert.csrf(), "list": "mine", "q": "", "name": "Ours", "shared_with": "*"}
    assert bert.post("/ui/views", sent).status == 403


def test_a_new_task_is_made_and_a_faulty_form_keeps_what_was_typed(tenant: Tenant, anna: Browser) -> None:
    anna.get("/ui/tasks/new")
    csrf = anna.csrf()
    typed = {"csrf": csrf, "title": "Try <it>", "priority": "high", "assignee": "x", "due_local": "2031-05-04T14:00"}
    faulty = anna.post("/ui/tasks/new", typed | {"due_zone": "Nowhere/Land"})
    assert faulty.status == 422
    for text in ('value="Try &lt;it&gt;"', 'value="high"', 'id="priority-fault"', 'value="2031-05-04T14:00"'):
        assert text in faulty.text
    unknown = anna.post("/ui/tasks/new", typed | {"priority": "3", "due_zone": "Europe/Riga"})
    assert (unknown.status, 'id="assignee-fault"' in unknown.text) == (422, True)
    good = typed | {"priority": "3", "due_zone": "Europe/Riga", "assignee": tenant.login("bert")}
    done = anna.post("/ui/tasks/new", good)
    assert (done.status, done.headers["location"]) == (303, "/ui/tasks/4")
    task = tenant.native("GET", "/v1/tasks/4")
    shown = [task[name] for name in ("title", "priority", "due_local", "made_through", "assignee")]
    assert shown == ["Try <it>", 3, "2031-05-04T14:00:00", "web", tenant.uids["bert"]]
    assert anna.post("/ui/tasks/new", good | {"another": "yes"}).headers["location"] == "/ui/tasks/new"


TEMPLATES = """
[[template]]
name = "Returns"
display_name = "A <return>"
description = "Look at it"
priority = 3
tktid = "_TKT:801a0001.1.1.1"
durations = { due = "2days" }
roles = { editor = ["ANNA"], potential_creator = ["ANNA"] }
supports = { sub_tasks = false }

[[template]]
name = "Closed"
stopped = true

[[template]]
name = "Calls"
kind = "originating"
"""


def test_a_new_task_is_made_from_a_template(tenant: Tenant, anna: Browser) -> None:
    tenant.command(
        "template", "load", "-", "--tenant", tenant.name, typed=TEMPLATES.replace("ANNA", tenant.login("anna"))
    )
    page = anna.get("/ui/tasks/new").text
    assert [name for name in ("A &lt;return&gt;</option>", "Closed</option>", "Calls</option>") if name in page] == [
        "A &lt;return&gt;</option>",
        "Calls</option>",
    ]
    for name in ("Returns", quote("_TKT:801a0001.1.1.1"), "801a0001-0000-0001-0000-000100000001"):
        page = anna.get(f"/ui/tasks/new?template={name}").text
        assert 'value="A &lt;return&gt;"' in page
        assert ">Look at it</textarea>" in page
    typed = {"csrf": anna.csrf(), "template": "801a0001-0000-0001-0000-000100000001", "description": "At once"}
    used = anna.post("/ui/tasks/new", typed | {"use": "yes", "title": ""})
    assert ('value="A &lt;return&gt;"' in used.text, ">At once</textarea>" in used.text) == (True, True)
    done = anna.post("/ui/tasks/new", typed | {"priority": "7", "assignee": tenant.login("bert"), "key": "k"})
    assert (done.status, done.headers["location"]) == (303, "/ui/tasks/4")
    task = tenant.native("GET", "/v1/tasks/4")
    shown = [task[name] for name in ("title", "description", "priority", "name", "state", "template", "extras")]
    assert shown[:5] == ["A <return>", "At once", 7, "Returns", "claimed"]
    assert shown[5:] == ["801a0001-0000-0001-0000-000100000001", {"ibm_htm": {"supportsSubTasks": False}}]
    assert task["due_at"] is not None
    running = anna.post("/ui/tasks/new", {"csrf": typed["csrf"], "template": "Calls", "title": "Ring"})
    assert running.headers["location"] == "/ui/tasks/5"
    assert tenant.native("GET", "/v1/tasks/5")["state"] == "running"


def test_templates_that_one_may_not_use_are_not_offered(tenant: Tenant, anna: Browser, server: InProcessServer) -> None:
    tenant.command(
        "template", "load", "-", "--tenant", tenant.name, typed=TEMPLATES.replace("ANNA", tenant.login("anna"))
    )
    bert = Browser(server)
    bert.sign_in(tenant.login("bert"), PASSWORD)
    page = bert.get("/ui/tasks/new?template=Returns")
    assert page.status == 422
    assert "Template is not a template that you can make tasks from now" in page.text
    assert "&lt;return&gt;" not in page.text
    assert bert.post("/ui/tasks/new", {"csrf": bert.csrf(), "template": "Closed", "title": "x"}).status == 422


def test_a_peek_shows_a_task_beside_the_list(tenant: Tenant, anna: Browser) -> None:
    tenant.native("PATCH", "/v1/tasks/2", {"description": "It was <b>whole</b>"})
    assert rows(anna, "/ui/inbox/all?peek=2") == [2, 1, 3]
    aside = anna.last.text.partition('<aside class="peek" aria-label="Task 2">')[2].partition("</aside>")[0]
    assert '<ins dir="auto">It was &lt;b&gt;whole&lt;/b&gt;</ins>' in aside
    assert '<span class="tag">Native</span>' in aside
    assert 'name="back" value="/ui/inbox/all"' in aside
    rows(anna, "/ui/inbox/all?peek=99")
    assert "<aside" not in anna.last.text


CALL = re.compile(r'<pre class="code" id="api-call".*?>GET (.*?)</pre>')


def test_a_list_is_copied_as_the_call_that_finds_the_same_tasks(tenant: Tenant, anna: Browser) -> None:
    category = tenant.native("POST", "/v1/categories", {"title": "Returns, old"})["number"]
    tenant.native("PATCH", "/v1/tasks/1", {"category": category, "due_local": "2031-05-04T10:00:00"})
    tenant.native("POST", "/v1/tasks/3/finish")
    of_all = [
        *("", "-is:ended", "is:overdue", "is:unassigned", "is:batch", "-state:ready,claimed", "due:2031-05-04"),
        *("priority:5", 'category:"returns, old"', "dialect:native,web sort:-changed", "call back", "created:<=today"),
        f"assignee:{tenant.login('bert')}",
    ]
    for shown, filters in {
        "mine": ["", "refund"],
        "all": of_all,
        "overdue": ["", "assignee:none"],
        "done": [""],
    }.items():
        for text in filters:
            found = rows(anna, f"/ui/inbox/{shown}?{urlencode({'q': text, 'edit': 'call'})}")
            [call] = CALL.findall(anna.last.text) or [""]
            assert call, anna.last.text
            items = tenant.native("GET", unescape(call))["items"]
            assert sorted(each["number"] for each in items) == sorted(found), call


def test_what_a_call_of_the_api_does_not_say_is_named(anna: Browser) -> None:
    rows(anna, "/ui/inbox/all?q=is:open+prop.colour:red+priority:%3C3+priority:4&edit=call")
    text = re.sub("<.*?>", "", anna.last.text)
    assert "/v1/tasks can't say these terms: prop.colour:red, priority:&lt;3" in text
    rows(anna, "/ui/inbox/available?edit=call")
    assert "what this list asks itself: State is ready, offered to me." in anna.last.text
    rows(anna, "/ui/inbox/all?q=stat:x&edit=call", 422)


def test_fields_of_selected_tasks_are_set_after_a_question(tenant: Tenant, anna: Browser) -> None:
    category = tenant.native("POST", "/v1/categories", {"title": "Returns"})["number"]
    anna.get("/ui/inbox/all")
    bar = re.sub("<svg.*?</svg>|<kbd.*?</kbd>", "", anna.last.text[anna.last.text.index('class="bar') :])
    names = [re.sub("<.*?>", "", button).strip() for button in re.findall(r"<button.*?</button>", bar)]
    assert names[:7] == ["Complete", "Claim", "Release", "Assign…", "Due…", "Priority…", "Category…"]
    assert names[7:11] == ["Suspend…", "Fail…", "Resume", "Make it a reviewed batch"]
    assert 'data-acts="claim complete assign suspend fail due priority category"' in anna.last.text
    common = [("csrf", anna.csrf()), ("back", "/ui/inbox/all"), ("task", "1"), ("task", "2")]
    for act, heading, wrong, right in (
        ("due", "Due 2 tasks", "2031-05-04", "2031-05-04T10:00"),
        ("priority", "Priority 2 tasks", "high", "7"),
        ("category", "Category 2 tasks", "99", str(category)),
        ("suspend", "Suspend 2 tasks", "soon", "2031-05-04T10:00"),
        ("fail", "Fail 2 tasks", "x" * 70_000, "lost"),
    ):
        asked = anna.post("/ui/tasks/act", [*common, ("act", act)])
        assert f"<h1>{heading}</h1>" in asked.text
        field = {"due": "due_local", "suspend": "until", "fail": "code"}.get(act, act)
        sent = [*common, ("act", act), ("sure", "yes"), ("due_zone", "Europe/Riga")]
        faulty = anna.post("/ui/tasks/act", [*sent, (field, wrong)])
        assert (faulty.status, f'id="{field}-fault"' in faulty.text) == (422, True), faulty.text
        assert anna.post("/ui/tasks/act", [*sent, (field, right)]).status == 303
    task = tenant.native("GET", "/v1/tasks/2")
    shown = [task[name] for name in ("due_local", "due_zone", "priority", "category", "state")]
    assert shown == ["2031-05-04T10:00:00", "Europe/Riga", 7, category, "failed"]
    assert task["outcome"]["code"] == "lost"


def test_a_form_that_is_sent_twice_acts_once_and_says_the_same(tenant: Tenant, anna: Browser) -> None:
    anna.get("/ui/inbox/all")
    fields = {"csrf": anna.csrf(), "act": "claim", "back": "/ui/inbox/all", "key": "once", "task": "2", "seen": "2.1"}
    assert [anna.post("/ui/tasks/act", fields).status for _ in range(2)] == [303, 303]
    assert tenant.native("GET", "/v1/tasks/2")["revision"] == 2
    assert anna.post("/ui/tasks/act", fields | {"key": "again"}).status == 409


def test_extensions_of_a_new_task_are_typed_into_fields_made_from_their_schemas(tenant: Tenant, anna: Browser) -> None:
    members = {"carrier": {"type": "string", "maxLength": 20}, "weight": {"type": "number", "format": "double"}}
    tenant.native("POST", "/v1/schemas/task", {"title": "Parcel", "type": "object", "properties": members})
    anna.get("/ui/tasks/new")
    typed = {"csrf": anna.csrf(), "title": "Send it", "key": "new-one"}
    more = anna.post("/ui/tasks/new", typed | {"extension": "Parcel", "add_extension": "1"}).text
    assert 'value="Send it"' in more
    assert '<fieldset class="card stack" data-extension="Parcel">' in more
    assert 'name="extensions.Parcel.carrier"' in more
    filled = typed | {"extensions.Parcel.carrier": "DHL", "create": "yes"}
    faulty = anna.post("/ui/tasks/new", filled | {"extensions.Parcel.weight": "heavy"})
    assert (faulty.status, 'id="extensions.Parcel.weight-fault"' in faulty.text) == (422, True), faulty.text
    assert 'value="heavy"' in faulty.text
    done = [anna.post("/ui/tasks/new", filled | {"extensions.Parcel.weight": "2.5"}) for _ in range(2)]
    assert [answer.headers["location"] for answer in done] == ["/ui/tasks/4"] * 2
    assert tenant.native("GET", "/v1/tasks/4")["extensions"] == {"Parcel": {"carrier": "DHL", "weight": 2.5}}
