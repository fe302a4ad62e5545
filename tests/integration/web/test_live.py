"""What open pages hear, and the rows that they then ask for: numbers alone, and only of what the reader may see."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.browser import Browser
from tests.support.databases import BACKENDS, Databases
from tests.support.event_client import Block, EventClient
from tests.support.server import Server
from tests.support.tenant import PASSWORD, Tenant

CONFIG = """
[events]
heartbeat_seconds = 0.3
poll_seconds = 0.1
"""
LONGEST_EVENT = 100
LONGEST_ROW = 1_000
"""Bytes, the latter compressed."""


@pytest.fixture(scope="module", params=BACKENDS)
def tenant(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Tenant]:
    with databases.lent(request.param) as url, Server(url, config=CONFIG) as server:
        yield Tenant(server)


@pytest.fixture(scope="module")
def bert(tenant: Tenant) -> Browser:
    browser = Browser(tenant.server)
    browser.sign_in(tenant.login("bert"), PASSWORD)
    return browser


class Page:
    """An open page that hears its stream."""

    def __init__(self, browser: Browser, query: str, last: str | None = None) -> None:
        self.client = EventClient(browser.server, browser._with(), query, last, path="/ui/live")
        assert self.client.response.status == 200
        self.last = self.client.position()

    def hear(self, name: str) -> Any:
        """The data of the next event, which must have this name; counts come when they come."""
        block: Block = self.client.block()
        while block.name == "count" != name:
            block = self.client.block()
        assert block.name == name, block
        assert len(block.text) + 1 <= LONGEST_EVENT
        self.last = block.id or self.last
        return block.data

    def __enter__(self) -> "Page":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()


def new(tenant: Tenant, *, person: str = "anna", **fields: Any) -> Any:
    return tenant.native("POST", "/v1/tasks", {"title": "t", **fields}, person=person)


def change(tenant: Tenant, task: Any, **fields: Any) -> Any:
    return tenant.native("PATCH", f"/v1/tasks/{task['number']}", fields)


def test_a_page_hears_of_its_rows_and_of_new_ones(tenant: Tenant, bert: Browser) -> None:
    me = tenant.login("bert")
    one, other = new(tenant, assignee=me), new(tenant, assignee=me)
    shown = f"?rows={one['number']}.{one['revision']},{other['number']}.{other['revision']}&list=mine"
    with Page(bert, shown) as page:
        changed = change(tenant, one, priority=3)
        assert page.hear("task") == {"n": one["number"], "r": changed["revision"]}
        new(tenant)
        third = new(tenant, assignee=me)
        assert page.hear("list") == {"new": 1}
        change(tenant, third, assignee=None)
        assert page.hear("list") == {"new": 0}
        last = page.last
    changed = change(tenant, other, priority=4)
    with Page(bert, shown, last) as page:
        heard = [page.hear("task"), page.hear("task")]
        assert {"n": other["number"], "r": changed["revision"]} in heard


def test_a_page_hears_of_counts_that_are_others_now(tenant: Tenant, bert: Browser) -> None:
    before = re.search(r'data-count="mine">(\d+)', bert.get("/ui/inbox/mine").text)
    with Page(bert, "?list=mine") as page:
        new(tenant, assignee=tenant.login("bert"))
        assert page.hear("list") == {"new": 1}
        assert page.hear("count")["mine"] == int(before[1] if before else 0) + 1


@pytest.mark.parametrize(("q", "count"), [("priority:7", 1), ("priority:<7", None), ("prop.kind:late", 1)])
def test_new_rows_are_those_that_match_the_filter(tenant: Tenant, bert: Browser, q: str, count: int | None) -> None:
    with Page(bert, f"?list=all&q={quote(q)}") as page:
        task = new(tenant, priority=7, properties={"kind": "late"})
        if count is None:
            task = change(tenant, task, priority=6)
        assert page.hear("list") == {"new": 1}
    assert _rows(bert, [task], "all", q) == [task["number"]]
    assert bert.get(f"/ui/rows?n=1&list=all&q={quote('stat:open')}").status == 422
    assert bert.get(f"/ui/live?list=all&q={quote('stat:open')}").status == 422


def test_nothing_is_heard_of_what_may_not_be_seen(tenant: Tenant, bert: Browser) -> None:
    private = tenant.native("POST", "/v1/contacts", {"kind": "person", "first_name": "P", "is_private": True})
    hidden = new(tenant, contact=private["number"])
    seen = new(tenant, contact=private["number"], assignee=tenant.login("bert"))
    assert _rows(bert, [hidden, seen], "all") == [seen["number"]]
    with Page(bert, f"?rows={hidden['number']}.0,{seen['number']}.{seen['revision']}&list=all") as page:
        change(tenant, hidden, priority=3)
        changed = change(tenant, seen, assignee=tenant.login("anna"))
        assert page.hear("task") == {"n": seen["number"], "r": changed["revision"]}
    assert _rows(bert, [hidden, seen], "all") == []


def _rows(browser: Browser, tasks: list[Any], name: str, q: str = "") -> list[int]:
    numbers = ",".join(str(task["number"]) for task in tasks)
    text = browser.get(f"/ui/rows?n={numbers}&list={name}&q={quote(q)}").text
    return [task["number"] for task in tasks if f'hx-target="#task-{task["number"]}"' in text]


def test_a_row_that_left_the_list_says_so(tenant: Tenant, bert: Browser) -> None:
    task = new(tenant, assignee=tenant.login("bert"))
    address = f"/ui/rows?n={task['number']}&list=mine"
    assert "No longer in this list" not in bert.get(address).text
    tenant.native("POST", f"/v1/tasks/{task['number']}/complete", {})
    answer = bert.get(address)
    assert answer.status == 200
    assert answer.text.count("No longer in this list") == 1


def test_a_page_of_a_session_that_ends_is_told(tenant: Tenant) -> None:
    browser = Browser(tenant.server)
    browser.sign_in(tenant.login("clara"), PASSWORD)
    with Page(browser, "?list=mine") as page:
        tenant.native("POST", f"/v1/users/{tenant.login('clara')}/disable", {})
        assert page.hear("bye") == {"reason": "session"}
    assert browser.get("/ui/live?list=mine").status == 303


def test_the_oldest_of_too_many_streams_is_let_go(tenant: Tenant, bert: Browser) -> None:
    pages = [Page(bert, "?list=mine") for _ in range(21)]
    assert pages[0].hear("bye") == {"reason": "room"}
    for page in pages:
        page.client.close()


@pytest.mark.parametrize("query", ["rows=x", "rows=1", "rows=1.2.3", "rows=" + ",".join(["1.1"] * 501)])
def test_what_cannot_be_read_is_refused(bert: Browser, query: str) -> None:
    assert bert.get(f"/ui/live?{query}").status == 400


def test_a_list_that_is_unknown_is_not_found(bert: Browser) -> None:
    assert bert.get("/ui/live?list=none").status == 404
    assert bert.get("/ui/rows?n=1&list=none").status == 404
    assert bert.get("/ui/rows?n=x").status == 400


def test_a_page_hears_how_far_its_batch_is_until_it_ends(tenant: Tenant, bert: Browser) -> None:
    tasks = [new(tenant, assignee=tenant.login("bert"))["number"] for _ in range(12)]
    body = {"method": "PATCH", "type": "task", "field": "id", "data": {"priority": 9}, "entries": tasks}
    number = tenant.native("POST", "/v1/batches", {**body, "rate_per_second": 8}, person="bert")["number"]
    batch = tenant.native("GET", f"/v1/batches/{number}?wait=30")
    with Page(bert, f"?batches={number}.{batch['revision']}") as page:
        tenant.native("POST", f"/v1/batches/{number}/approve", {})
        revisions = [page.hear("batch")["r"]]
        ended = tenant.native("GET", f"/v1/batches/{number}?wait=30")["revision"]
        while revisions[-1] < ended:
            heard = page.hear("batch")
            assert heard["n"] == number
            revisions.append(heard["r"])
    revisions = [each for each in revisions if each]  # an event of the log may have none
    assert revisions == sorted(revisions)
    assert len(revisions) > len(set(revisions))  # what moved without another revision


def test_nothing_is_heard_of_the_progress_of_a_batch_that_may_not_be_seen(tenant: Tenant) -> None:
    carla = Browser(tenant.server)
    carla.sign_in(tenant.login("carla"), PASSWORD)
    body = {"method": "PATCH", "type": "task", "field": "id", "data": {"priority": 9}}
    number = tenant.native("POST", "/v1/batches", {**body, "entries": [new(tenant)["number"]]})["number"]
    with Page(carla, f"?batches={number}.0") as page:
        new(tenant, assignee=tenant.login("carla"))
        assert page.hear("count")["mine"] == 1
