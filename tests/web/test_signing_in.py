"""Signing in as people do it: in a real browser, by the keyboard alone, without script, at the width of a telephone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.tenant import PASSWORD, Tenant

WIDTH = 360


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser without script, which reports what the policy refused."""
    context = browser.new_context(viewport={"width": WIDTH, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    yield page
    context.close()
    assert refused == []


def typed(page: Page, *keys: str) -> None:
    """Press keys, or type text, into what has the focus."""
    for key in keys:
        if key in ("Tab", "Enter", "Space"):
            page.keyboard.press(key)
        else:
            page.keyboard.type(key)


def fits(page: Page) -> bool:
    """Whether the page doesn't scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth") <= WIDTH)


def test_people_sign_in_change_their_profile_and_sign_out_by_keyboard(page: Page, tenant: Tenant) -> None:
    base = tenant.server.base_url
    page.goto(f"{base}/ui/profile")
    expect(page).to_have_title("Sign in · Dragoman")
    expect(page.get_by_label("Login")).to_be_focused()
    assert fits(page)
    typed(page, tenant.login("bert"), "Tab", "not this one", "Enter")
    expect(page.get_by_label("Password")).to_be_focused()
    expect(page.get_by_label("Password")).to_have_accessible_description("Login or password is wrong.")
    typed(page, PASSWORD, "Enter")
    expect(page).to_have_url(f"{base}/ui/profile")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your settings")
    assert fits(page)

    page.get_by_label("Time zone").focus()
    typed(page, "Mars/Base", "Enter")
    expect(page.get_by_label("Time zone")).to_be_focused()
    expect(page.get_by_label("Time zone")).to_have_attribute("aria-invalid", "true")
    assert fits(page)
    page.get_by_label("Time zone").fill("Europe/Riga")
    typed(page, "Enter")
    expect(page.get_by_role("status")).to_have_text("Saved.")

    page.get_by_role("link", name="Change password").focus()
    typed(page, "Enter")
    expect(page.get_by_label("Current password")).to_be_focused()
    assert fits(page)

    page.get_by_role("button", name="Sign out").focus()
    typed(page, "Enter")
    expect(page).to_have_url(f"{base}/ui/sign-in")
    page.goto(f"{base}/ui/profile")
    expect(page).to_have_url(f"{base}/ui/sign-in?next=%2Fui%2Fprofile")
