"""First run: the first user is made on a page, from this machine or by the code that the server prints, and once."""

import re
from typing import Any

import pytest

from dragoman.runtime.first_run import FirstRun
from tests.support.browser import Browser
from tests.support.databases import Databases
from tests.support.in_process_server import Ask, InProcessServer
from tests.support.server import Answer

PAGE = "/ui/first-run"
FIELDS = {"login": "anna", "display_name": "Anna Berg", "zone": "Europe/Riga", "language": "de"}
PASSWORD = "a few words of my own"
WRONG = "This is not the code that the server printed."


def from_afar(browser: Browser, target: str, client: str = "203.0.113.9", **headers: str) -> Answer:
    """The page as a browser on another machine gets it."""
    server: Any = browser.server
    answer: Answer = server.ask([Ask("GET", target, {**browser._with(), **headers}, client=client)])[0][0]
    return answer


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_the_first_user_is_made_once(databases: Databases, engine: str) -> None:
    with databases.lent(engine) as url, InProcessServer(url) as server:
        app, tenant = server.app, server.app.identity.anonymous().tenant
        printed = FirstRun(app.executor, is_offered=True).code(tenant)
        assert printed is not None
        assert printed == FirstRun(app.executor, is_offered=True).code(tenant)
        browser = Browser(server)
        for leads_there in ("/ui/", "/ui/sign-in"):
            answer = browser.get(leads_there)
            assert (answer.status, answer.headers["location"]) == (303, PAGE)
        assert "<h1>Welcome to Dragoman</h1>" in browser.get(PAGE).text
        assert 'name="code"' not in browser.last.text
        for answer in (
            from_afar(browser, f"{PAGE}?code={printed}"),
            from_afar(browser, PAGE, "127.0.0.1", **{"X-Forwarded-For": "127.0.0.1"}),
            from_afar(browser, PAGE, "127.0.0.1", host="evil.example:8080"),
        ):
            assert 'name="code"' in answer.text
        refused = browser.send(PAGE, login="a b", password="123456", zone="Mars")
        assert refused.status == 422
        for field in ("login", "zone"):
            assert f'id="{field}-fault"' in refused.text
        assert 'id="password-fault"' in browser.send(PAGE, **FIELDS, password="short").text
        assert 'value="Anna Berg"' in browser.last.text
        assert "short" not in browser.last.text
        sent = {"csrf": browser.csrf(), **FIELDS, "password": PASSWORD}
        browser.headers["X-Forwarded-For"] = "203.0.113.9"
        for wrong in ("", "x", "ä"):
            assert WRONG in browser.post(PAGE, {**sent, "code": wrong}).text
        answer = browser.post(PAGE, {**sent, "code": printed})
        assert (answer.status, answer.headers["location"]) == (303, "/ui/connect")
        assert re.search('<option value="de" selected>', browser.get("/ui/profile").text)
        assert browser.get("/ui/admin").status == 200
        other = Browser(server)
        assert other.get(PAGE).status == 404
        assert other.get("/ui/sign-in").status == 200
        assert other.post(PAGE, {"csrf": other.csrf(), **FIELDS, "login": "bert", "password": PASSWORD}).status == 404
        assert FirstRun(app.executor, is_offered=True).code(tenant) is None
