"""Every page has the same policy, whatever it answers. A page without it once let a stored title run as a script."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.web.drawing import FOLDER
from dragoman.web.views import PAGES
from tests.support.browser import Browser
from tests.support.server import Answer
from tests.support.tenant import PASSWORD, Tenant

POLICY = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types dragoman",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
VARIABLE = re.compile(r"\{\w+\}")
FORBIDDEN = re.compile(
    r"""\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:|\|\s*safe\b|hx-on|hx-boost|hx-confirm|["']js:|hx-trigger=[^>]*\["""
)
TEMPLATES = sorted((FOLDER / "templates").rglob("*.html"))


def answers(browser: Browser) -> Iterator[Answer]:
    """Of every page: by each method, and where there is none."""
    for path in (*(VARIABLE.sub("1", page.path) for page in PAGES), "/ui/none"):
        for method in ("GET", "HEAD", "PUT", "OPTIONS", "TRACE"):
            yield browser.server.call(method, path, headers=browser._with())
        yield browser.post(path, {"csrf": "x"})
        yield browser.post(path, {"a": "%"})


def check(answer: Answer) -> None:
    assert {name: answer.headers.get(name) for name in POLICY} == POLICY
    if answer.body.startswith(b"<!doctype html>"):  # neither rows nor a stream of numbers
        heading = re.search("<h1>(.*)</h1>", answer.text)
        assert heading is not None, answer.text
        assert f"<title>{heading[1]} · Dragoman</title>" in answer.text
        assert answer.text.count("<h1") == 1


def test_every_page_without_a_session(browser: Browser) -> None:
    for answer in answers(browser):
        check(answer)


def test_every_page_with_a_session(tenant: Tenant, browser: Browser) -> None:
    check(browser.sign_in(tenant.login("anna"), PASSWORD))
    for answer in answers(browser):
        check(answer)


def test_pages_for_errors(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    browser.headers["Authorization"] = "Bearer wrong"
    check(browser.get("/ui/"))
    assert browser.last.status == 401
    del browser.headers["Authorization"]
    monkeypatch.setattr(type(browser.server.app.identity), "password", None)
    check(browser.sign_in("anna", "x"))
    assert browser.last.status == 500
    assert "Incident <code>" in browser.last.text


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_nothing_that_the_policy_refuses(template: Path) -> None:
    found = FORBIDDEN.search(template.read_text())
    assert found is None, found


def test_what_is_looked_for_is_found() -> None:
    for text in (
        '<p style="x">',
        "<a onclick=x>",
        "<script>",
        "{{ a|safe }}",
        '<a href="javascript:x">',
        '<b hx-vals="js:{}">',
        '<b hx-trigger="click[x]">',
        "<b hx-on:click='x'>",
    ):
        assert FORBIDDEN.search(text), text
