"""As seen by: what each dialect replies for one task and this reader, byte for byte; or why it doesn't show there."""

import re
from html import unescape

import pytest

from tests.support.browser import Browser
from tests.support.server import Answer
from tests.support.tenant import PASSWORD, Tenant

PRE = re.compile(r"<pre class=\"code\"[^>]*>(.*?)</pre>", re.DOTALL)
DIALECTS = ["genesys", "ibm_htm", "native", "onlyoffice_crm"]


@pytest.fixture
def bert(tenant: Tenant, browser: Browser) -> Browser:
    """A browser in which bert is signed in."""
    browser.sign_in(tenant.login("bert"), PASSWORD)
    return browser


def parts(answer: Answer) -> tuple[str, str]:
    """The call and the body of the reply, as a browser reads them."""
    curl, body = (unescape(text) for text in PRE.findall(answer.text))
    return curl, body


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_body_is_that_of_the_call(tenant: Tenant, bert: Browser, dialect: str) -> None:
    number = tenant.native("POST", "/v1/tasks", {"title": "Ä <b>\r\n&amp;", "properties": {"a": "b"}})["number"]
    answer = bert.get(f"/ui/tasks/{number}/as/{dialect}")
    assert answer.status == 200
    curl, body = parts(answer)
    found = re.fullmatch(
        r"""curl -H "Authorization: Bearer \$DRAGOMAN_TOKEN" -H 'Accept: ([a-z/]+)' '?(http://localhost/[^']+)'?""",
        curl,
    )
    assert found is not None, curl
    headers = {"Authorization": f"Bearer {tenant.token('*', 'bert')}", "Accept": found[1]}
    direct = tenant.server.call("GET", found[2].removeprefix("http://localhost"), headers=headers)
    assert body == direct.text
    assert direct.status == 200
    assert f"<code>HTTP/1.1 {direct.status} OK</code>" in answer.text
    assert "<dd>Bearer $DRAGOMAN_TOKEN</dd>" in answer.text
    assert f"<dt>Content-Length</dt><dd>{len(direct.body)}</dd>" in answer.text
    assert "dgm_" not in answer.text


def test_what_does_not_show_has_a_reason(tenant: Tenant, bert: Browser) -> None:
    number = tenant.native("POST", "/v1/tasks", {"title": "Work"})["number"]
    page = bert.get(f"/ui/tasks/{number}/as/carrierx_batch").text
    assert "It isn&#39;t a batch, and this dialect shows batches alone." in page
    assert "<pre" not in page


def test_an_error_is_shown_with_a_reason(tenant: Tenant, browser: Browser) -> None:
    number = tenant.native("POST", "/v1/tasks", {"title": "Work"})["number"]
    login = tenant.login("carla")
    tenant.native("PATCH", f"/v1/users/{tenant.uids['carla']}", {"dialects": ["web"]})
    browser.sign_in(login, PASSWORD)
    page = browser.get(f"/ui/tasks/{number}/as/native").text
    assert "for you the task doesn&#39;t show in this dialect" in page
    assert "HTTP/1.1 403 Forbidden" in page
    assert "dialect_denied" in page


def test_a_uuid_leads_there_and_a_part_is_drawn_for_a_tab(tenant: Tenant, bert: Browser) -> None:
    task = tenant.native("POST", "/v1/tasks", {"title": "Work"})
    page = bert.get(f"/ui/tasks/{task['id']}/as/native")
    assert f"<h1>Task {task['number']} as seen by Dragoman</h1>" in page.text
    bert.headers["HX-Request"] = "true"
    part = bert.get(f"/ui/tasks/{task['number']}/as/native")
    assert "HX-Request" in part.headers["vary"]
    assert "<html" not in part.text
    assert part.text.count("<pre") == 2
    assert re.findall(r'<a id="seen-(\w+)"[^>]* aria-current', part.text) == ["native"]
    del bert.headers["HX-Request"]
    task_page = bert.get(f"/ui/tasks/{task['number']}").text
    assert re.findall(rf'href="/ui/tasks/{task["number"]}/as/(\w+)" hx-get', task_page)[:2] == ["native", "genesys"]
    assert 'as-seen"' not in task_page


@pytest.mark.parametrize(
    "target", ["/ui/tasks/999999/as/native", "/ui/tasks/x/as/native", "/ui/tasks/{number}/as/acme"]
)
def test_what_is_not_there_or_hidden_is_not_found(tenant: Tenant, bert: Browser, target: str) -> None:
    number = tenant.native("POST", "/v1/tasks", {"title": "Work"})["number"]
    assert bert.get(target.format(number=number)).status == 404


def test_a_hidden_task_is_as_if_it_were_not_there(tenant: Tenant, bert: Browser) -> None:
    case = tenant.native("POST", "/v1/cases", {"kind": "case", "title": "Secret", "is_private": True})["number"]
    number = tenant.native("POST", "/v1/tasks", {"title": "Hidden", "case": case})["number"]
    hidden, unknown = (bert.get(f"/ui/tasks/{each}/as/native") for each in (number, 999_999))
    assert (hidden.status, unknown.status) == (404, 404)
    csrf = re.compile(r'name="csrf" value="[^"]+"')
    assert csrf.sub("", hidden.text) == csrf.sub("", unknown.text)
