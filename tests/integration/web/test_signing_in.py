"""Signing in and out: what opens a session, where it leads, and what its cookie is."""

import pytest
from msgspec.structs import replace

from dragoman.usecases.identity.users import FindUser
from dragoman.usecases.uow import UnitOfWork
from tests.support.browser import Browser
from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.tenant import PASSWORD, Tenant

WRONG = "Login or password is wrong."


def test_a_page_without_a_session_leads_to_signing_in_and_back(tenant: Tenant, browser: Browser) -> None:
    answer = browser.get("/ui/inbox/mine?q=is%3Aopen")
    address = answer.headers["location"]
    assert (answer.status, address) == (303, "/ui/sign-in?next=%2Fui%2Finbox%2Fmine%3Fq%3Dis%253Aopen")
    assert "dragoman_session" not in browser.cookies
    browser.get(address)
    assert 'name="next" value="/ui/inbox/mine?q=is%3Aopen"' in browser.last.text
    answer = browser.sign_in(tenant.login("bert"), PASSWORD, next="/ui/inbox/mine?q=is%3Aopen")
    assert (answer.status, answer.headers["location"]) == (303, "/ui/inbox/mine?q=is%3Aopen")
    assert browser.get("/ui/inbox/mine").status == 200


def test_the_cookie_is_for_this_host_alone_and_not_for_scripts(tenant: Tenant, browser: Browser) -> None:
    cookie = browser.sign_in(tenant.login("bert"), PASSWORD).headers["set-cookie"]
    name, *attributes = cookie.split("; ")
    assert name.startswith("dragoman_session=")
    assert {"Path=/", "HttpOnly", "SameSite=Lax"} <= set(attributes)
    assert "Secure" not in attributes
    assert not any(attribute.startswith("Domain") for attribute in attributes)


def test_behind_tls_the_cookie_is_secure(databases: Databases) -> None:
    config = '[server]\npublic_url = "https://tasks.example.com"\n'
    with databases.lent("sqlite") as url, InProcessServer(url, config=config) as server:
        browser, bert = Browser(server), Tenant(server).login("bert")
        cookie = browser.sign_in(bert, PASSWORD).headers["set-cookie"]
        assert cookie.startswith("__Host-dragoman_session=")
        assert {"Path=/", "Secure"} <= set(cookie.split("; "))
        assert browser.get("/ui/none").status == 404
        browser.cookies = {"dragoman_session": browser.cookies["__Host-dragoman_session"]}
        assert browser.get("/ui/none").status == 303


@pytest.mark.parametrize("password", ["not this", PASSWORD.upper()])
@pytest.mark.parametrize("person", ["bert", None])
def test_the_message_is_always_the_same(tenant: Tenant, browser: Browser, password: str, person: str | None) -> None:
    answer = browser.sign_in(tenant.login(person) if person else "nobody-at-all", password)
    assert answer.status == 422
    assert WRONG in answer.text
    assert password not in answer.text
    assert "dragoman_session" not in browser.cookies


def test_a_token_is_no_password(tenant: Tenant, browser: Browser) -> None:
    assert WRONG in browser.sign_in(tenant.login("anna"), tenant.token("*")).text


def test_each_empty_field_has_its_fault(browser: Browser) -> None:
    answer = browser.sign_in("", "")
    assert answer.status == 422
    assert 'id="login-fault">Enter your login.<' in answer.text
    assert 'id="password-fault">Enter your password.<' in answer.text
    assert answer.text.count("autofocus") == 1


def test_failures_are_held_back_after_some(tenant: Tenant, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hold_back(seconds: float) -> None:
        held.append(seconds)

    held: list[float] = []
    monkeypatch.setattr(browser.server.app.identity.passwords.guesses, "_sleep", hold_back)
    login = tenant.login("carl")
    for _ in range(10):
        browser.sign_in(login, "wrong")
    answer = browser.sign_in(login, PASSWORD)
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Too many failed logins for this address." in answer.text
    assert held


@pytest.mark.parametrize(
    "next_",
    [
        "https://evil.example/ui/", "//evil.example/ui/", "/v1/tasks", "/ui", "/ui/../v1/docs", "/ui/%2e%2E/v1/docs",
        "/ui/\\..\\v1", "javascript:alert(1)", "/ui/a b", "/ui/\r\nX: y", "/uix/", "ui/", "/ui/" + "a" * 2_000, "/ui/ä",
    ],
)  # fmt: skip
def test_an_address_elsewhere_is_refused(tenant: Tenant, browser: Browser, next_: str) -> None:
    answer = browser.sign_in(tenant.login("bert"), PASSWORD, next=next_)
    assert answer.status == 422
    assert "location" not in answer.headers
    assert "dragoman_session" not in browser.cookies


def test_without_an_address_the_start_page_follows(tenant: Tenant, browser: Browser) -> None:
    assert browser.sign_in(tenant.login("bert"), PASSWORD).headers["location"] == "/ui/"


def test_signing_in_again_makes_another_session_and_ends_the_first(tenant: Tenant, browser: Browser) -> None:
    browser.sign_in(tenant.login("bert"), PASSWORD)
    first = browser.cookies["dragoman_session"]
    browser.sign_in(tenant.login("bert"), PASSWORD)
    assert browser.cookies["dragoman_session"] != first
    browser.cookies["dragoman_session"] = first
    tenant.server.app.identity.forget_session(first)  # it is believed for a second
    assert browser.get("/ui/none").status == 303


def test_signing_out_ends_the_session_at_once(tenant: Tenant, browser: Browser) -> None:
    browser.sign_in(tenant.login("bert"), PASSWORD)
    session = browser.cookies["dragoman_session"]
    answer = browser.send("/ui/sign-out", "/ui/profile")
    assert (answer.status, answer.headers["location"]) == (303, "/ui/sign-in")
    assert "dragoman_session" not in browser.cookies
    browser.cookies["dragoman_session"] = session
    assert browser.get("/ui/none").status == 303


def test_a_form_of_a_session_that_has_ended_is_kept_and_shown_after_signing_in(
    tenant: Tenant, browser: Browser
) -> None:
    bert = tenant.login("bert")
    browser.sign_in(bert, PASSWORD)
    browser.get("/ui/profile")
    csrf, session = browser.csrf(), browser.cookies["dragoman_session"]
    browser.post("/ui/sign-out", {"csrf": csrf})
    browser.cookies["dragoman_session"] = session
    sent = {"csrf": csrf, "title": "<Clerk>", "current": "a secret", "unlabelled": "kept"}
    answer = browser.post("/ui/profile", sent)
    assert (answer.status, answer.headers["location"]) == (303, "/ui/sign-in?next=%2Fui%2Fprofile")
    assert "Max-Age=600" in answer.headers["set-cookie"]
    stolen = browser.cookies["dragoman_typed"]
    browser.sign_in(bert, PASSWORD, next="/ui/profile")
    page = browser.get("/ui/profile").text
    assert "<h1>Not sent yet</h1>" in page
    assert 'value="&lt;Clerk&gt;"' in page
    assert '<input type="hidden" name="unlabelled" value="kept">' in page
    assert "a secret" not in page
    other = Browser(browser.server)
    other.sign_in(bert, PASSWORD)
    other.cookies["dragoman_typed"] = stolen
    assert "Not sent yet" not in other.get("/ui/profile").text
    browser.get("/ui/profile")
    assert browser.post("/ui/profile", {"csrf": browser.csrf(), "title": "<Clerk>"}).status == 303
    assert "dragoman_typed" not in browser.cookies
    assert 'value="&lt;Clerk&gt;"' in browser.get("/ui/profile").text


def test_a_session_opens_no_dialect(tenant: Tenant, browser: Browser) -> None:
    browser.sign_in(tenant.login("anna"), PASSWORD)
    text = browser.cookies["dragoman_session"]
    browser.cookies["asc_auth_key"] = text  # the cookie of the CRM dialect
    for path in ("/v1/users/me", "/api/2.0/people/@self.json", "/rest/bpm/htm/v1/task/1", "/core/v2/batch/tasks"):
        assert browser.get(path).status == 401
    browser.headers["Authorization"] = f"Bearer {text}"
    assert browser.get("/v1/users/me").status == 401


def test_a_credential_in_the_request_goes_before_the_session(tenant: Tenant, browser: Browser) -> None:
    browser.sign_in(tenant.login("bert"), PASSWORD)
    browser.headers["Authorization"] = f"Bearer {tenant.token('*')}"
    browser.get("/ui/profile")
    assert tenant.login("anna") in browser.last.text
    browser.headers["Authorization"] = "Bearer dgm_1_wrong"
    answer = browser.get("/ui/profile")
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_who_may_not_use_the_pages_gets_no_session(tenant: Tenant, browser: Browser) -> None:
    login = tenant.login("dora")
    tenant.server.app.executor.call(_without_pages, FindUser(tenant.uids["dora"]), tenant.key)
    answer = browser.sign_in(login, PASSWORD)
    assert answer.status == 403
    assert "This account may not use these pages." in answer.text
    assert "dragoman_session" not in browser.cookies


def test_who_may_not_use_the_pages_any_more_can_still_sign_out(tenant: Tenant, browser: Browser) -> None:
    browser.sign_in(tenant.login("dora"), PASSWORD)
    tenant.server.app.executor.call(_without_pages, FindUser(tenant.uids["dora"]), tenant.key)
    tenant.server.app.identity.forget_session(browser.cookies["dragoman_session"])
    assert browser.get("/ui/profile").status == 403
    assert browser.send("/ui/sign-out", "/ui/profile").status == 303
    assert browser.get("/ui/profile").status == 303


def _without_pages(uow: UnitOfWork, command: FindUser) -> None:
    uow.users.save(replace(uow.users.get(command.uid), dialects=("native",)))


def test_looking_makes_no_session(tenant: Tenant, browser: Browser) -> None:
    for path in ("/ui/", "/ui/sign-in", "/ui/none"):
        browser.get(path)
    assert set(browser.cookies) == {"dragoman_form"}
    assert browser.get("/ui/profile").status == 303
