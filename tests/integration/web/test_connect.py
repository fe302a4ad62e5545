"""Connect: the calls work exactly as they are printed, with a token that the page made."""

import re
import subprocess
from collections.abc import Iterator
from html import unescape

import pytest

from tests.support.browser import Browser
from tests.support.databases import Databases
from tests.support.server import Server, command
from tests.support.tenant import PASSWORD, Tenant

CONNECT = "/ui/connect"
DIALECTS = ["carrierx_batch", "genesys", "ibm_htm", "native", "onlyoffice_crm"]
ARTICLE = re.compile(r'<article [^>]*data-dialect="(\w+)".*?</article>', re.DOTALL)
CALL = re.compile(r'<pre class="code"[^>]*>(.*?)</pre>', re.DOTALL)
TOKEN = re.compile(r'<output id="new-token"[^>]*aria-label="New token"[^>]*>(dgm_[^<]+)</output>')


def calls(page: str) -> dict[str, list[str]]:
    """Dialect -> its calls as a reader copies them."""
    return {found[1]: [unescape(call) for call in CALL.findall(found[0])] for found in ARTICLE.finditer(page)}


@pytest.fixture
def bert(tenant: Tenant, browser: Browser) -> Browser:
    """A browser in which bert is signed in."""
    browser.sign_in(tenant.login("bert"), PASSWORD)
    return browser


def test_each_dialect_has_a_card_with_three_calls(tenant: Tenant, bert: Browser) -> None:
    number = tenant.native("POST", "/v1/tasks", {"title": "Work"})["number"]
    page = bert.get(CONNECT).text
    found = calls(page)
    assert sorted(found) == DIALECTS
    assert {len(each) for each in found.values()} == {3}
    assert f"/v1/tasks/{number}'" not in found["native"][1]  # nothing needs quotes
    assert found["native"][1].endswith(f"http://localhost/v1/tasks/{number}")
    assert all('"Authorization: Bearer $DRAGOMAN_TOKEN"' in call for each in found.values() for call in each)
    assert page.count(">Run here<") == 11  # bert may not edit the task
    assert "None since the server started." in page


def test_a_call_that_changes_nothing_runs_here(tenant: Tenant, bert: Browser) -> None:
    number = tenant.native("POST", "/v1/tasks", {"title": "<Work>"})["number"]
    page = bert.get(f"{CONNECT}?run=native-2").text
    assert page.count("<samp") == 1
    assert f"&#34;number&#34;:{number}," in page
    assert "&lt;Work&gt;" in page
    bert.headers["HX-Request"] = "true"
    part = bert.get(f"{CONNECT}?run=native-2").text
    assert part.count("<samp") == 1
    assert "<html" not in part
    for other in ("native-3", "native-4", "x"):
        assert bert.get(f"{CONNECT}?run={other}").status == 404


def test_wrong_fields_keep_what_was_typed(tenant: Tenant, bert: Browser) -> None:
    answer = bert.send(CONNECT, name=" ", expires_in="P2X")
    assert answer.status == 422
    assert 'id="name-fault">Name must not be empty.<' in answer.text
    assert 'id="scopes-fault">Scopes: choose at least one.<' in answer.text
    assert "3 fields need a look" in answer.text
    answer = bert.send(CONNECT, name="Mine", expires_in="", scopes="no.scope")
    assert answer.status == 422
    assert 'value="Mine"' in answer.text
    assert "dgm_" not in answer.text


def test_a_dialect_that_is_shut_says_so(tenant: Tenant, browser: Browser) -> None:
    login = tenant.login("carla")
    tenant.native("PATCH", f"/v1/users/{tenant.uids['carla']}", {"dialects": ["genesys", "web"]})
    browser.sign_in(login, PASSWORD)
    page = browser.get(CONNECT).text
    assert page.count("An administrator has shut you out of it.") == 4


@pytest.fixture(scope="module")
def live(databases: Databases) -> Iterator[Server]:
    """A server on a port, for curl."""
    with databases.lent("sqlite") as url:
        command(url, "user", "add", "anna", "--admin", "--password-stdin", typed=PASSWORD)
        with Server(url) as server:
            yield server


@pytest.mark.parametrize("tasks", ["none", "those that the first calls made"])
def test_every_call_runs_in_a_shell_as_it_is_printed(live: Server, tasks: str) -> None:
    browser = Browser(live)
    browser.sign_in("anna", PASSWORD)
    page = browser.get(CONNECT).text
    scopes = re.findall(r'name="scopes" value="([^"]+)" checked', page)
    assert len(scopes) >= 5
    pairs = [("csrf", browser.csrf()), ("name", "Try"), ("expires_in", "P1D"), *(("scopes", each) for each in scopes)]
    page = browser.post(CONNECT, pairs).text
    token = TOKEN.search(page)
    assert token is not None
    assert page.count(token[1]) == 16  # once by itself, and in each call
    for dialect, lines in calls(page).items():
        for line in lines:
            done = subprocess.run(
                ["sh", "-c", f"{line} -sS -o /dev/null -w '%{{http_code}}'"], capture_output=True, text=True, check=True
            )
            assert done.stdout in ("200", "201", "202"), (dialect, line, done)
