"""Traffic: what administrators see of the requests of their tenant, filtered, explained, and with what they caused."""

import os
import re

import pytest

from tests.support.browser import Browser
from tests.support.tenant import PASSWORD, Tenant

TRAFFIC = "/ui/traffic"
ROW = re.compile(r'<tr data-dialect="(\w*)" data-request="([^"]*)"')
EVIL = '"><script>alert(1)</script>'


@pytest.fixture
def anna(tenant: Tenant, browser: Browser) -> Browser:
    """A browser in which the administrator anna is signed in."""
    browser.sign_in(tenant.login("anna"), PASSWORD)
    return browser


def send(tenant: Tenant, method: str, target: str, name: str, body: str | None = None, **headers: str) -> int:
    """A request of anna's client with this id; its status."""
    sent = {"Authorization": f"Bearer {tenant.token('*')}", "X-Request-Id": name}
    sent |= {each.replace("_", "-"): value for each, value in headers.items()}
    if body is not None:
        sent["Content-Type"] = "application/json"
    status: int = tenant.server.call(method, target, body, sent).status
    return status


def rows(page: str) -> list[tuple[str, str]]:
    return ROW.findall(page)


def test_without_requests_it_says_since_when(tenant: Tenant, anna: Browser) -> None:
    page = anna.get(TRAFFIC)
    assert page.status == 200
    assert re.search(r"No requests since the server started at \d\d:\d\d\.", page.text)
    assert f"process {os.getpid()} on " in page.text


def test_requests_are_listed_newest_first_without_pages(tenant: Tenant, anna: Browser) -> None:
    send(tenant, "POST", "/v1/tasks", "made", '{"title": "Work"}')
    send(tenant, "GET", "/services/99", "lost")
    page = anna.get(TRAFFIC).text
    assert rows(page) == [("genesys", "lost"), ("native", "made")]
    assert '<caption class="hide">Requests</caption>' in page
    assert re.search(r'<a href="/ui/tasks/\d+">task \d+</a>', page)
    assert tenant.login("anna") in page


def test_failing_ones_are_one_click_away(tenant: Tenant, anna: Browser) -> None:
    send(tenant, "GET", "/v1/tasks", "fine")
    send(tenant, "GET", "/services/99", "lost")
    page = anna.get(TRAFFIC).text
    (link,) = re.findall(r'<a class="btn" href="([^"]+)">(?:(?!</a>).)*Failing</a>', page)
    assert link == "/ui/traffic?q=status%3A%3E%3D400"
    page = anna.get(link).text
    assert rows(page) == [("genesys", "lost")]
    assert 'value="status:&gt;=400"' in page
    assert 'aria-label="Remove status:&gt;=400"' in page


def test_the_filter_finds_by_task_client_and_operation(tenant: Tenant, anna: Browser) -> None:
    number = tenant.native("POST", "/v1/tasks", {"title": "Work"})["number"]
    body = '{"title": "Other"}'
    send(tenant, "PATCH", f"/v1/tasks/{number}", "changed", body, Content_Type="application/merge-patch+json")
    send(tenant, "GET", f"/v1/tasks/{number}", "read")
    assert len(rows(anna.get(f"{TRAFFIC}?q=task:{number}").text)) == 2
    assert rows(anna.get(f"{TRAFFIC}?q=task:{number}+operation:patch_task").text)[0][0] == "native"
    assert len(rows(anna.get(f"{TRAFFIC}?q=client:{tenant.login('anna')}").text)) == 3
    assert rows(anna.get(f"{TRAFFIC}?q=request:read").text) == [("native", "read")]
    page = anna.get(f"{TRAFFIC}?q=task:{number}+client:nobody").text
    assert "No request matches." in page
    assert "<code hx-ignore>client:nobody</code> alone finds 0" in page


def test_a_fault_of_the_filter_is_told_and_nothing_is_found(tenant: Tenant, anna: Browser) -> None:
    send(tenant, "GET", "/v1/tasks", "fine")
    page = anna.get(f"{TRAFFIC}?q=status:200+stat:x")
    assert page.status == 422
    assert 'id="q-fault">Unknown key `stat` at 12. Did you mean `status`?<' in page.text
    assert re.search(r'id="q"[^>]*aria-describedby="q-hint q-fault" aria-invalid="true"', page.text, re.DOTALL)
    assert rows(page.text) == []


def test_pages_follow_each_other_and_newer_ones_are_parts(tenant: Tenant, anna: Browser) -> None:
    for number in range(27):
        send(tenant, "GET", "/v1/tasks", f"r{number}")
    page = anna.get(f"{TRAFFIC}?limit=25").text
    (link,) = re.findall(r'href="([^"]+)">Next 25<', page)
    assert [name for _, name in rows(anna.get(link.replace("&amp;", "&")).text)] == ["r1", "r0"]
    (newest, *_) = re.findall(r'data-sequence="(\d+)"', page)
    send(tenant, "GET", "/v1/tasks", "newer")
    anna.headers["HX-Request"] = "true"
    part = anna.get(f"{TRAFFIC}?since={newest}").text
    assert rows(part) == [("native", "newer")]
    assert "<html" not in part


def test_a_request_is_explained_with_what_it_caused(tenant: Tenant, anna: Browser) -> None:
    send(tenant, "POST", "/v1/tasks", "made", '{"title": "<b>Work"}', User_Agent=EVIL, X_Api_Key="secret")
    page = anna.get(f"{TRAFFIC}/made").text
    assert "<h1>POST /v1/tasks</h1>" in page
    assert "<dt>authorization</dt><dd>***</dd>" in page
    assert "<dt>x-api-key</dt><dd>***</dd>" in page
    assert "<script>" not in page
    assert "<ins>&lt;b&gt;Work</ins>" in page
    assert re.search(r"<code>created_at</code> .*<ins>20\d\d-[^<]+Z</ins>", page)
    assert "Bodies are kept only while they are recorded" in page
    send(tenant, "GET", "/services/99", "failed")
    page = anna.get(f"{TRAFFIC}/failed").text
    assert '<h2 id="help">What would help</h2>' in page
    assert "<code>service_not_found</code>: It doesn't exist, or the user may not see it." in page
    assert "Nothing was changed." in page


def test_bodies_are_shown_that_were_recorded(tenant: Tenant, anna: Browser) -> None:
    answer = anna.send(TRAFFIC, record="start")
    assert (answer.status, answer.headers["location"]) == (303, TRAFFIC)
    page = anna.get(TRAFFIC).text
    assert "Bodies are recorded until" in page
    assert "Record bodies for 10 minutes" not in page
    send(tenant, "POST", "/v1/tokens", "made", '{"name": "<i>", "scopes": ["task.read"]}')
    page = anna.get(f"{TRAFFIC}/made").text
    assert "{&#34;name&#34;: &#34;&lt;i&gt;&#34;, &#34;scopes&#34;: [&#34;task.read&#34;]}" in page
    assert "&#34;token&#34;: &#34;***&#34;" in page
    assert "dgm_" not in page
    anna.send(TRAFFIC, record="stop")
    assert "Record bodies for 10 minutes" in anna.get(TRAFFIC).text


def test_others_find_nothing_there(tenant: Tenant, anna: Browser) -> None:
    send(tenant, "GET", "/v1/tasks", "mine")
    bert = Browser(anna.server)
    bert.sign_in(tenant.login("bert"), PASSWORD)
    assert "/ui/traffic" not in bert.get("/ui/connect").text
    for target in (TRAFFIC, f"{TRAFFIC}/mine", f"{TRAFFIC}?q=x:"):
        assert bert.get(target).status == 404
    assert bert.send(TRAFFIC, page="/ui/connect", record="start").status == 404
    other = Tenant(tenant.server)
    stranger = Browser(anna.server)
    stranger.sign_in(other.login("anna"), PASSWORD)
    assert rows(stranger.get(TRAFFIC).text) == []
    assert stranger.get(f"{TRAFFIC}/mine").status == 404
