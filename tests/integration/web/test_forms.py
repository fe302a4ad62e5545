"""What a form must prove, and what becomes of one that doesn't."""

import base64

import pytest

from dragoman.web import csrf
from tests.support.browser import Browser
from tests.support.tenant import PASSWORD, Tenant

HOST = "http://localhost"
OUT_OF_DATE = "<h1>This form is out of date</h1>"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 422),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, 422),
        ({"Origin": HOST}, 422),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": HOST}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": ""}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({}, 403),
    ],
)
def test_a_form_is_sent_by_a_page_of_this_host(browser: Browser, headers: dict[str, str], status: int) -> None:
    browser.get("/ui/sign-in")
    answer = browser.post("/ui/sign-in", {"csrf": browser.csrf(), "login": "", "password": ""}, headers)
    assert answer.status == status
    assert (OUT_OF_DATE in answer.text) == (status == 403)


def test_a_form_needs_the_text_of_its_page(browser: Browser) -> None:
    browser.get("/ui/sign-in")
    text = browser.csrf()
    for wrong in (None, "", "x", "=" * 88, text[:-4], text + "AAAA", base64.urlsafe_b64encode(bytes(64)).decode(), "ä"):
        fields = {"login": "bert"} if wrong is None else {"login": "bert", "csrf": wrong}
        assert browser.post("/ui/sign-in", fields).status == 403, wrong


def test_the_text_is_of_this_browser_alone(tenant: Tenant, browser: Browser) -> None:
    other = Browser(browser.server)
    other.get("/ui/sign-in")
    browser.get("/ui/sign-in")
    assert browser.post("/ui/sign-in", {"csrf": other.csrf(), "login": "x", "password": "x"}).status == 403
    assert Browser(browser.server).post("/ui/sign-in", {"csrf": other.csrf()}).status == 403  # without any cookie


def test_one_from_before_signing_in_is_out_of_date(tenant: Tenant, browser: Browser) -> None:
    browser.get("/ui/sign-in")
    before = browser.csrf()
    browser.sign_in(tenant.login("bert"), PASSWORD)
    assert browser.post("/ui/sign-out", {"csrf": before}).status == 403
    assert browser.send("/ui/sign-out", "/ui/profile").status == 303


def test_each_page_masks_it_again(browser: Browser) -> None:
    texts = set()
    for _ in range(3):
        browser.get("/ui/sign-in")
        texts.add(browser.csrf())
    assert len(texts) == 3
    assert all(csrf.is_of(browser.cookies["dragoman_form"], text) for text in texts)


def test_what_was_typed_is_kept_but_for_passwords_and_can_be_sent_again(tenant: Tenant, browser: Browser) -> None:
    bert = tenant.login("bert")
    fields = {"login": f'{bert}"><script>', "password": PASSWORD, "next": "/ui/none", "csrf": "x"}
    answer = browser.post("/ui/sign-in", fields)
    assert answer.status == 403
    assert 'action="/ui/sign-in"' in answer.text
    assert f'value="{bert}&#34;&gt;&lt;script&gt;"' in answer.text
    assert '<input type="hidden" name="next" value="/ui/none">' in answer.text
    assert PASSWORD not in answer.text
    assert 'name="password" type="password"' in answer.text
    again = {"csrf": browser.csrf(), "login": bert, "password": PASSWORD, "next": "/ui/none"}
    assert browser.post("/ui/sign-in", again).headers["location"] == "/ui/none"


@pytest.mark.parametrize(
    ("media", "body", "status"),
    [
        ("application/json", b"{}", 403),
        ("text/plain", b"csrf=x", 403),
        ("application/x-www-form-urlencoded", b"csrf=%", 400),
        ("application/x-www-form-urlencoded", b"login=%00", 400),
        ("application/x-www-form-urlencoded", b"login=%FF", 400),
        ("application/x-www-form-urlencoded", b"a=1&" * 10_001, 400),
    ],
)
def test_what_is_no_form_is_refused(browser: Browser, media: str, body: bytes, status: int) -> None:
    headers = {"Content-Type": media, "Sec-Fetch-Site": "same-origin"}
    answer = browser.server.call("POST", "/ui/sign-in", body, headers)
    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/html")
