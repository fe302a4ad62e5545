"""Your settings: the profile, and the browsers in which one is signed in."""

import re

import pytest

from dragoman.web import browsers
from tests.support.browser import Browser
from tests.support.tenant import PASSWORD, Tenant

PROFILE = "/ui/profile"
END = re.compile(r'action="(/ui/profile/sessions/[0-9a-f-]{36}/end)"')


@pytest.fixture
def bert(tenant: Tenant, browser: Browser) -> Browser:
    """A browser in which bert is signed in."""
    browser.sign_in(tenant.login("bert"), PASSWORD)
    return browser


def test_the_profile_is_changed(tenant: Tenant, bert: Browser) -> None:
    fields = {"display_name": "Bert <Moss>", "zone": "Europe/Riga", "language": "lv", "title": "", "email": ""}
    answer = bert.send(PROFILE, **fields)
    assert (answer.status, answer.headers["location"]) == (303, "/ui/profile")
    page = bert.get(answer.headers["location"]).text
    assert "Saved." in page
    assert 'value="Bert &lt;Moss&gt;"' in page
    headers = {"Authorization": tenant.basic("bert")}
    shown = tenant.server.call("GET", "/v1/users/me", headers=headers).json()
    assert (shown["display_name"], shown["zone"], shown["email"], shown["title"]) == (
        "Bert <Moss>", "Europe/Riga", None, None,
    )  # fmt: skip


def test_each_wrong_field_has_its_fault_and_keeps_what_was_typed(tenant: Tenant, bert: Browser) -> None:
    answer = bert.send(PROFILE, display_name=" ", zone="Mars/Base", email="no address", last_name="Moss")
    assert answer.status == 422
    assert 'id="zone-fault">Time zone must be the name of a time zone such as Europe/Riga.<' in answer.text
    assert 'id="display_name-fault">Name must not be empty.<' in answer.text
    assert 'id="email-fault">E-mail must be an address such as anna@example.com.<' in answer.text
    assert re.search('id="email"[^>]* aria-describedby="email-hint email-fault" aria-invalid="true"', answer.text)
    assert "3 fields need a look" in answer.text
    assert re.search('id="display_name"[^>]* autofocus', answer.text)
    assert answer.text.count("autofocus") == 1
    assert 'value="Moss"' in answer.text
    assert 'value="Mars/Base"' in answer.text


def test_the_address_of_another_is_refused(tenant: Tenant, bert: Browser) -> None:
    answer = bert.send(PROFILE, email=f"{tenant.login('anna')}@EXAMPLE.com")
    assert answer.status == 422
    assert "E-mail belongs to another user." in answer.text


def test_sessions_are_listed_and_ended(tenant: Tenant, bert: Browser) -> None:
    other = Browser(bert.server, User_Agent='evil"><script>')
    other.sign_in(tenant.login("bert"), PASSWORD)
    page = bert.get(PROFILE).text
    assert page.count("This browser") == 1
    assert "evil&#34;&gt;&lt;script&gt;" in page
    assert "<script>" not in page
    (target,) = END.findall(page)
    answer = bert.post(target, {"csrf": bert.csrf()})
    assert (answer.status, answer.headers["location"]) == (303, "/ui/profile")
    tenant.server.app.identity.forget_session(other.cookies["dragoman_session"])
    assert other.get(PROFILE).status == 303
    assert END.findall(bert.get(PROFILE).text) == []
    assert bert.post(target, {"csrf": bert.csrf()}).status == 404


def test_the_session_of_another_user_is_as_if_there_were_none(tenant: Tenant, bert: Browser) -> None:
    target = f"/ui/profile/sessions/{tenant.session('anna')}/end"
    bert.get(PROFILE)
    assert bert.post(target, {"csrf": bert.csrf()}).status == 404


def test_signing_out_everywhere_ends_all_sessions(tenant: Tenant, bert: Browser) -> None:
    others = [Browser(bert.server) for _ in range(2)]
    for other in others:
        other.sign_in(tenant.login("bert"), PASSWORD)
    bert.get(PROFILE)
    answer = bert.post("/ui/profile/sessions/end", {"csrf": bert.csrf()})
    assert (answer.status, answer.headers["location"]) == (303, "/ui/sign-in")
    assert "dragoman_session" not in bert.cookies
    for other in others:
        assert other.get(PROFILE).status == 303


def test_who_may_only_read_sees_no_act_and_can_do_none(tenant: Tenant, bert: Browser) -> None:
    headers = {"Authorization": f"Bearer {tenant.token('user.read session.read', 'bert')}"}
    reader = Browser(bert.server, **headers)
    page = reader.get(PROFILE).text
    assert "Save" not in page
    assert "Sign out everywhere" not in page
    stranger = Browser(bert.server, Authorization=f"Bearer {tenant.token('task.read', 'bert')}")
    assert "Sessions" not in stranger.get(PROFILE).text
    assert reader.post(PROFILE, {"csrf": reader.csrf(), "title": "x"}).status == 403
    assert reader.post("/ui/profile/sessions/end", {"csrf": reader.csrf()}).status == 403


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.0", "curl/8.0"),
        ("x" * 41, "x" * 39 + "…"),
        (None, "Unknown browser"),
    ],
)
def test_browsers_have_their_usual_names(text: str | None, name: str) -> None:
    assert browsers.named(text) == name


def test_how_the_pages_are_is_chosen_and_kept(tenant: Tenant, bert: Browser) -> None:
    wanted = {"theme": "dark", "density": "comfortable", "keys": "off", "after_completing": "stay"}
    bert.send(PROFILE, language="de", start="/ui/inbox/all", **wanted)
    page = bert.get(PROFILE).text
    assert '<html lang="de" data-density="comfortable" data-theme="dark" data-keys="off">' in page
    for name, value in wanted.items():
        assert re.search(f'<select id="{name}"[^>]*>[^§]*?<option value="{value}" selected>', page), name
    assert bert.get("/ui/").headers["location"] == "/ui/inbox/all"
    bert.send(PROFILE, theme="light")  # what isn't sent stays
    assert 'data-density="comfortable" data-theme="light" data-keys="off"' in bert.get(PROFILE).text
    answer = bert.send(PROFILE, theme="pink", start="https://evil.example", density="compact")
    assert answer.status == 422
    assert 'id="theme-fault"' in answer.text
    assert 'id="start-fault"' in answer.text
    assert 'data-density="comfortable" data-theme="light"' in bert.get(PROFILE).text
