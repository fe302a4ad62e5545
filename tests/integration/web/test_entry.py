"""Links that sign a user in, once."""

from dragoman.usecases.identity import entry_links
from tests.support.browser import Browser
from tests.support.tenant import Tenant


def link(tenant: Tenant, seconds: float = 60) -> str:
    app = tenant.server.app
    command = entry_links.Create(tenant.login("bert"), seconds)
    token: str = app.executor.call(entry_links.create, command, app.ensure_tenant(tenant.name))
    return token


def test_a_link_signs_in_once(tenant: Tenant, browser: Browser) -> None:
    token = link(tenant)
    answer = browser.get(f"/ui/enter?token={token}")
    assert (answer.status, answer.headers["location"]) == (303, "/ui/")
    assert "Bert" in browser.get("/ui/profile").text
    assert Browser(browser.server).get(f"/ui/enter?token={token}").status == 410


def test_a_new_one_voids_the_one_before_and_none_is_good_for_ever(tenant: Tenant, browser: Browser) -> None:
    before = link(tenant)
    late = link(tenant, seconds=0)
    for token in (before, late, "", "x", f"dge_1_{'a' * 43}"):
        assert browser.get(f"/ui/enter?token={token}").status == 410
    assert browser.get("/ui/profile").status == 303


def test_it_sets_no_password(tenant: Tenant, browser: Browser) -> None:
    token = link(tenant)
    for text in (token, token.replace("dge", "dgl")):
        assert browser.get(f"/ui/password?token={text}").status == 410
