"""The header of a proxy that signs users in: from where it counts, for what, and after which other credentials."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.browser import Browser
from tests.support.databases import Databases
from tests.support.in_process_server import Ask, InProcessServer
from tests.support.server import Answer
from tests.support.tenant import PASSWORD, Tenant

CONFIG = """
tenant = "{tenant}"
[proxy_login]
header = "X-Forwarded-User"
from = ["127.0.0.1", "10.1.0.0/16"]
name_header = "X-Forwarded-Name"
email_header = "X-Forwarded-Email"
groups_header = "X-Forwarded-Groups"
sign_out_url = "https://proxy.example/out?a=1&b=2"
"""
NAME = "tenant-of-proxy"
HEADER = "X-Forwarded-User"
CROSS_SITE = {"Sec-Fetch-Site": "cross-site"}


class House:
    """A server with the configuration, and anna and bert in the tenant of the proxy."""

    def __init__(self, server: InProcessServer) -> None:
        self.server = server
        self.tenant = Tenant(server)
        self.tenant.key = server.app.ensure_tenant(NAME)
        self.anna, self.bert = (self.tenant.login(person) for person in ("anna", "bert"))

    def ask(self, target: str, login: str | None, *more: tuple[str, str], method: str = "GET", **ask: Any) -> Answer:
        headers = {} if login is None else {HEADER: login}
        body = ask.pop("body", None)
        headers |= {"Content-Type": "application/json"} if body else {}
        return self.server.ask([Ask(method, target, headers, body, more=more, **ask)])[0][0]


def house(databases: Databases, more: str = "") -> Iterator[House]:
    with databases.lent("sqlite") as url, InProcessServer(url, config=CONFIG.format(tenant=NAME) + more) as server:
        yield House(server)


@pytest.fixture(scope="module")
def pages(databases: Databases) -> Iterator[House]:
    """The header counts for pages alone."""
    yield from house(databases)


@pytest.fixture(scope="module")
def everywhere(databases: Databases) -> Iterator[House]:
    """It counts for the APIs, too, and makes users."""
    yield from house(databases, 'api = true\nprovision = "on"\n')


def test_a_user_of_the_proxy_has_the_pages_and_no_api(pages: House) -> None:
    answer = pages.ask("/ui/profile", pages.bert)
    assert (answer.status, pages.bert in answer.text) == (200, True)
    assert "set-cookie" in answer.headers
    assert "dragoman_session" not in answer.headers["set-cookie"]
    assert pages.ask("/v1/users/me", pages.bert).status == 401


def test_forms_of_such_pages_are_bound_to_the_browser(pages: House) -> None:
    browser = Browser(pages.server, X_Forwarded_User=pages.bert)
    page = browser.send("/ui/sign-out", "/ui/profile")
    assert page.status == 200
    assert 'content="0; url=https://proxy.example/out?a=1&amp;b=2"' in page.text
    assert browser.post("/ui/sign-out", {"csrf": "x"}).status == 403


@pytest.mark.parametrize("more", [(), (("X-Forwarded-For", "127.0.0.1"),), (("X-Forwarded-For", "10.1.2.3"),)])
def test_from_elsewhere_the_header_is_ignored_and_logged_once_a_minute(
    pages: House, more: tuple[tuple[str, str], ...], caplog: pytest.LogCaptureFixture
) -> None:
    pages.server._gateway._proxy_headers._silent_until = 0.0
    for _ in range(3):
        assert pages.bert not in pages.ask("/ui/profile", pages.bert, *more, client="192.0.2.7").text
    assert [record.message for record in caplog.records].count("proxy.ignored") == 1
    assert pages.bert in pages.ask("/ui/profile", pages.bert, client="10.1.9.9").text
    assert pages.bert in pages.ask("/ui/profile", pages.bert, client="::ffff:10.1.9.9").text


def test_a_header_that_is_empty_or_sent_twice_is_refused(pages: House, everywhere: House) -> None:
    for here, target in ((pages, "/ui/"), (everywhere, "/v1/users/me"), (everywhere, "/ui/")):
        assert here.ask(target, "").status == 400
        assert here.ask(target, " ").status == 400
        assert here.ask(target, here.bert, (HEADER.lower(), here.anna)).status == 400


def test_an_unknown_login_is_refused_in_the_shape_of_where_it_came(pages: House, databases: Databases) -> None:
    page = pages.ask("/ui/profile", "nobody-here")
    assert page.status == 403
    assert page.headers["content-type"].startswith("text/html")
    assert pages.ask("/ui/profile", f"{pages.bert}@example.com").status == 403  # an address is no login
    for here in house(databases, "api = true\n"):
        native = here.ask("/v1/users/me", "nobody-here")
        assert (native.status, native.json()["code"]) == (403, "not_linked")
        assert native.headers["content-type"] == "application/problem+json"
        for target in ("/core/v2/batch/tasks", "/api/2.0/crm/task/1"):
            other = here.ask(target, "nobody-here")
            assert other.status == 403, target
            assert other.headers["content-type"] != "application/problem+json"
        stranger = Tenant(here.server).login("bert")
        assert here.ask("/v1/users/me", stranger).status == 403  # of another tenant


def test_explicit_credentials_win_and_a_wrong_one_is_not_none(everywhere: House) -> None:
    token = ("Authorization", f"Bearer {everywhere.tenant.token('*', 'bert')}")
    assert everywhere.ask("/v1/users/me", everywhere.anna).json()["login"] == everywhere.anna
    assert everywhere.ask("/v1/users/me", everywhere.anna, token).json()["login"] == everywhere.bert
    wrong = ("Authorization", "Bearer dgm_1_" + "x" * 43)
    assert everywhere.ask("/v1/users/me", everywhere.anna, wrong).status == 401
    assert everywhere.ask("/ui/profile", everywhere.anna, wrong).status == 401


def test_the_header_goes_before_a_session(pages: House) -> None:
    browser = Browser(pages.server)
    browser.sign_in(pages.anna, PASSWORD)
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    page = pages.ask("/ui/profile", pages.bert, ("Cookie", cookies))
    assert pages.bert in page.text
    assert "Anna" not in page.text
    assert "Anna" in pages.ask("/ui/profile", None, ("Cookie", cookies)).text


def test_another_site_changes_nothing_behind_the_proxy(everywhere: House) -> None:
    body = b'{"title": "x"}'
    refused = everywhere.ask("/v1/tasks", everywhere.bert, *CROSS_SITE.items(), method="POST", body=body)
    assert (refused.status, refused.json()["code"]) == (403, "cross_site")
    assert everywhere.ask("/v1/tasks", everywhere.bert, method="POST", body=body).status == 201


def test_an_unknown_login_becomes_a_user_whose_facts_follow(everywhere: House) -> None:
    facts = (("X-Forwarded-Name", "Dörte Lind"), ("X-Forwarded-Email", "doerte@example.com"))
    found = everywhere.ask("/v1/users/me", "doerte", *facts, ("X-Forwarded-Groups", "ops, leads")).json()
    assert (found["login"], found["display_name"], found["email"]) == (
        "doerte",
        "D\u00f6rte Lind",
        "doerte@example.com",
    )
    found = everywhere.ask("/v1/users/me", "doerte", ("X-Forwarded-Name", "Dora")).json()
    assert (found["display_name"], found["email"]) == ("Dora", "doerte@example.com")
    assert json.loads(everywhere.ask("/v1/users/me", "doerte").body)["display_name"] == "Dora"
    assert everywhere.ask("/v1/users/me", "not:one").status == 403


def test_a_disabled_user_stays_out(everywhere: House) -> None:
    everywhere.tenant.login("carl")
    carl = everywhere.tenant.login("carl")
    everywhere.tenant.command("user", "disable", carl, "--tenant", NAME)
    refused = everywhere.ask("/v1/users/me", carl)
    assert (refused.status, refused.json()["code"]) == (403, "not_allowed")
