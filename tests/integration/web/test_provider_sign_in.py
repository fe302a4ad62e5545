"""Signing in at a provider by the pages: there and back on real connections, at honest providers and one that lies."""

import re
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.browser import Browser
from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.provider import CLIENT, LIES, SECRET
from tests.support.provider_site import Site, provider_site
from tests.support.server import Answer
from tests.support.tenant import Tenant

USER = {"preferred_username": "dora", "name": "Dora Lind", "email": "dora@example.com"}
FAILED = "<h1>Sign-in didn't work</h1>"

CONFIG = """
[oidc.corp]
issuer = "{issuer}"
client_id = "{client}"
label = "Example & Co"
allow_http = true
provision = "on"
groups_claim = "groups"
create_groups = true
end_session = true
[oidc.gone]
issuer = "http://127.0.0.1:1"
client_id = "{client}"
allow_http = true
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with provider_site() as site:
        yield site


@pytest.fixture(scope="module")
def server(databases: Databases, site: Site) -> Iterator[InProcessServer]:
    secrets = {f"DRAGOMAN_SECRET_OIDC_{name}": SECRET for name in ("CORP", "GONE")}
    config = CONFIG.format(issuer=site.issuer, client=CLIENT)
    with databases.lent("sqlite") as url, InProcessServer(url, config=config, environ=secrets) as server:
        Tenant(server).login("anna")  # without any user the page for signing in leads to first run
        yield server


@pytest.fixture
def browser(server: InProcessServer, site: Site) -> Browser:
    site.provider.lie, site.provider.claims = "", {"sub": "s-1", **USER}
    return Browser(server, User_Agent="Firefox")


def begin(browser: Browser, site: Site, target: str = "/ui/sign-in/corp") -> str:
    """The state of a sign-in that has begun."""
    answer = browser.get(target)
    assert answer.status == 302
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    [site.provider.nonce], [state] = asked["nonce"], asked["state"]
    return state


def finish(browser: Browser, state: str, **more: str) -> Answer:
    query = httpx.QueryParams({"code": "c-1", "state": state, **more})
    return browser.get(f"/ui/sign-in/corp/callback?{query}")


def test_the_page_offers_each_provider_and_leads_back(browser: Browser, site: Site) -> None:
    page = browser.get("/ui/sign-in?next=%2Fui%2Fprofile").text
    assert "Sign in with Example &amp; Co" in page
    assert 'href="/ui/sign-in/corp?next=%2Fui%2Fprofile"' in page
    state = begin(browser, site, "/ui/sign-in/corp?next=%2Fui%2Fprofile")
    cookie = browser.last.headers["set-cookie"]
    assert cookie.startswith("dragoman_sign_in=")
    assert {"HttpOnly", "SameSite=Lax", "Max-Age=600"} <= set(cookie.split("; "))
    answer = finish(browser, state)
    assert (answer.status, answer.headers["location"]) == (303, "/ui/profile")
    assert "Dora Lind" in browser.get("/ui/profile").text


def test_an_address_elsewhere_is_not_led_on_to(browser: Browser, site: Site) -> None:
    state = begin(browser, site, "/ui/sign-in/corp?next=https%3A%2F%2Fevil.example")
    assert finish(browser, state).headers["location"] == "/ui/"


def test_a_sign_in_is_good_once_and_in_its_browser(browser: Browser, site: Site) -> None:
    state = begin(browser, site)
    kept = dict(browser.cookies)
    for wrong in (finish(Browser(browser.server), state), finish(browser, "another"), finish(browser, "")):
        assert wrong.status == 400
        assert FAILED in wrong.text
        assert "state_unknown" in wrong.text
    asked = len(site.provider.requests)
    assert browser.get(f"/ui/sign-in/corp/callback?code=c&state={state}&state={state}").status == 400
    assert len(site.provider.requests) == asked
    assert finish(browser, state).status == 303
    browser.cookies = kept
    assert finish(browser, state).status == 400


@pytest.mark.parametrize(("lie", "code"), LIES.items())
def test_a_lie_opens_no_session(
    browser: Browser, site: Site, lie: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    site.provider.lie = lie
    caplog.set_level("DEBUG")
    answer = finish(browser, begin(browser, site))
    assert not [record for record in caplog.records if record.name.startswith("http")]
    assert answer.status == 403
    assert FAILED in answer.text
    assert f"<code>{code}</code>" in answer.text
    assert "dragoman_session" not in browser.cookies
    [incident] = [record.__dict__["incident"] for record in caplog.records if "incident" in record.__dict__]
    assert incident in answer.text


def test_a_refusal_of_the_provider_is_said(browser: Browser, site: Site) -> None:
    answer = finish(browser, begin(browser, site), error="access_denied")
    assert (answer.status, "access_denied" in answer.text) == (403, True)


def test_a_provider_that_does_not_answer(browser: Browser) -> None:
    answer = browser.get("/ui/sign-in/gone")
    assert answer.status == 503
    assert "gone doesn&#39;t answer." in answer.text
    assert browser.get("/ui/sign-in").status == 200


def test_a_provider_may_be_the_only_way(databases: Databases, site: Site) -> None:
    secrets = {f"DRAGOMAN_SECRET_OIDC_{name}": SECRET for name in ("CORP", "GONE")}
    config = CONFIG.format(issuer=site.issuer, client=CLIENT) + "[passwords]\nenabled = false\n"
    with databases.lent("sqlite") as url, InProcessServer(url, config=config, environ=secrets) as server:
        assert server.app.settings.lets_sign_in
        page = Browser(server).get("/ui/sign-in").text
        assert ('type="password"' in page, "Sign in with gone" in page) == (False, True)


def test_an_unknown_provider_is_no_page(browser: Browser) -> None:
    assert browser.get("/ui/sign-in/none").status == 404
    assert browser.get("/ui/sign-in/none/callback?state=a").status == 404


def test_signing_out_leads_on_to_the_provider(browser: Browser, site: Site) -> None:
    finish(browser, begin(browser, site))
    page = browser.send("/ui/sign-out", "/ui/profile")
    assert page.status == 200
    assert re.search(rf'http-equiv="refresh" content="0; url={site.issuer}/end\?client_id=dragoman', page.text)
    assert browser.get("/ui/profile").status == 303


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_provider_as_others_write_one(databases: Databases) -> None:
    """oidc-provider-mock, which checks the request and the code by itself."""
    with warnings.catch_warnings(record=True):  # Authlib shows its own, whatever the filters say
        import oidc_provider_mock

    user: Any = oidc_provider_mock.User(sub="0001", claims={**USER, "groups": ["Ops"], "email_verified": True})
    with oidc_provider_mock.run_server_in_thread(user_claims=[user], require_nonce=True) as mock:
        issuer = f"http://localhost:{mock.server_port}"
        config = CONFIG.format(issuer=issuer, client=CLIENT)
        secrets = {f"DRAGOMAN_SECRET_OIDC_{name}": SECRET for name in ("CORP", "GONE")}
        with databases.lent("sqlite") as url, InProcessServer(url, config=config, environ=secrets) as server:
            browser = Browser(server)
            form = browser.get("/ui/sign-in/corp").headers["location"]
            back = httpx.post(form, data={"sub": "0001"}, trust_env=False).headers["location"]
            assert back.startswith("http://localhost/ui/sign-in/corp/callback?")
            assert browser.get(back.removeprefix("http://localhost")).status == 303
            assert "Dora Lind" in browser.get("/ui/profile").text
