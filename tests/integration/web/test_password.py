"""Choosing a password on a page: by a link, and in place of the present one."""

import pytest

from dragoman.usecases.identity import password_links
from tests.support.browser import Browser
from tests.support.tenant import PASSWORD, Tenant

PAGE = "/ui/password"
NEW = "a quite other sentence"
GONE = "This link is used, expired or replaced by a newer one."


def link(tenant: Tenant, person: str = "bert") -> str:
    """The token of a new link of this person's."""
    tenant.login(person)
    command = password_links.CreateLink(tenant.uids[person])
    made: password_links.NewLink = tenant.server.app.executor.call(password_links.create_link, command, tenant.key)
    return made.token


@pytest.fixture
def bert(tenant: Tenant, browser: Browser) -> Browser:
    """A browser in which bert is signed in."""
    browser.sign_in(tenant.login("bert"), PASSWORD)
    return browser


def test_a_link_is_good_once_and_looking_at_it_uses_nothing_up(tenant: Tenant, browser: Browser) -> None:
    token = link(tenant)
    for _ in range(2):
        page = browser.get(f"{PAGE}?token={token}")
        assert page.status == 200
        assert f"<strong>{tenant.login('bert')}</strong>" in page.text
    assert browser.post(PAGE, {"csrf": browser.csrf(), "token": token, "new": ""}).status == 422
    refused = browser.post(PAGE, {"csrf": browser.csrf(), "token": token, "new": "123456"})
    assert refused.status == 422
    assert 'id="new-fault">New password must have at least 12 characters and is a common password' in refused.text
    assert 'value="123456"' not in refused.text
    answer = browser.post(PAGE, {"csrf": browser.csrf(), "token": token, "new": NEW})
    assert (answer.status, answer.headers["location"]) == (303, "/ui/sign-in?done=password")
    assert "The password was changed." in browser.get("/ui/sign-in?done=password").text
    assert browser.sign_in(tenant.login("bert"), NEW).status == 303
    for answer in (browser.get(f"{PAGE}?token={token}"), browser.send(PAGE, token=token, new=NEW)):
        assert answer.status == 410
        assert GONE in answer.text


@pytest.mark.parametrize("token", ["", "x", "dgl_1_x", f"dgl_1_{'a' * 43}", f"dgl_zzzzzzz_{'a' * 43}"])
def test_other_links_are_gone_alike(tenant: Tenant, browser: Browser, token: str) -> None:
    answer = browser.get(f"{PAGE}?token={token}")
    assert (answer.status, GONE in answer.text) == (410, True)


def test_one_s_own_password_is_changed_in_place_of_the_present_one(tenant: Tenant, bert: Browser) -> None:
    other = Browser(bert.server)
    other.sign_in(tenant.login("bert"), PASSWORD)
    answer = bert.send(PAGE, current=PASSWORD, new=NEW)
    assert (answer.status, answer.headers["location"]) == (303, "/ui/profile")
    assert bert.get("/ui/profile").status == 200
    assert other.get("/ui/profile").status == 303
    address = f"{tenant.login('bert')}@example.com"  # his login is believed to have the old one for a second
    assert Browser(bert.server).sign_in(address, NEW).status == 303


def test_without_a_session_or_a_link_one_signs_in_first(browser: Browser) -> None:
    answer = browser.get(PAGE)
    assert (answer.status, answer.headers["location"]) == (303, "/ui/sign-in?next=%2Fui%2Fpassword")


def test_each_field_has_its_fault(tenant: Tenant, bert: Browser) -> None:
    assert 'id="current-fault">Enter your present password.<' in bert.send(PAGE, current="", new="").text
    answer = bert.send(PAGE, current="not this", new=NEW)
    assert answer.status == 422
    assert 'id="current-fault">This is not your present password.<' in answer.text
    answer = bert.send(PAGE, current=PASSWORD, new=tenant.login("bert"))
    assert answer.status == 422
    assert "is too much like the login" in answer.text
    assert bert.get("/ui/profile").status == 200


def test_a_form_that_is_out_of_date_asks_for_the_passwords_again(tenant: Tenant, browser: Browser) -> None:
    token = link(tenant)
    answer = browser.post(PAGE, {"csrf": "x", "token": token, "new": NEW})
    assert answer.status == 403
    assert NEW not in answer.text
    assert f'name="token" value="{token}"' in answer.text
    assert browser.post(PAGE, {"csrf": browser.csrf(), "token": token, "new": NEW}).status == 303
