"""Pages on a phone: no row of a table is empty, and the menu can be seen and used."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.demonstration import Demonstration

HIDDEN_ROWS = """() => [...document.querySelectorAll("main tbody tr")].filter(row =>
  row.innerText.trim().length < row.querySelector("a")?.innerText.trim().length).map(row => row.textContent)"""
"""Rows that don't even show what their link is called."""
ON_TOP = """link => { const box = link.getBoundingClientRect();
  return link.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)); }"""
TABLES = (
    *("/ui/inbox/mine", "/ui/inbox/review", "/ui/batches", "/ui/contacts", "/ui/schemas", "/ui/traffic"),
    *("/ui/admin/people", "/ui/admin/groups", "/ui/admin/tokens", "/ui/admin/templates", "/ui/admin/categories"),
)


@pytest.fixture(scope="module")
def phone(browser: Browser, shop: Demonstration) -> Iterator[Page]:
    """A page of a narrow browser in which anna is signed in, and after which requests were made."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(shop.base_url + "/ui/sign-in")
    page.get_by_label("Login").fill("anna")
    page.get_by_label("Password").fill("dragoman")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ui/inbox/mine")
    page.request.get(shop.base_url + "/v1/tasks?limit=1")
    yield page
    context.close()


@pytest.mark.parametrize("address", TABLES)
def test_rows_show_what_they_are_about(phone: Page, shop: Demonstration, address: str) -> None:
    phone.goto(shop.base_url + address)
    expect(phone.locator("main tbody tr").first).to_be_attached()
    assert phone.evaluate(HIDDEN_ROWS) == []


def test_entries_of_a_review_show_task_and_change(phone: Page, shop: Demonstration) -> None:
    phone.goto(shop.base_url + "/ui/inbox/review")
    phone.get_by_role("link", name="Priority 9 for the open returns").click()
    entry = phone.locator("tr[data-effect=will_change]").first
    expect(entry.get_by_role("link")).to_be_visible()
    expect(entry.locator("ins").first).to_be_visible()


def test_a_page_without_script_shows_the_number_of_its_task(browser: Browser, phone: Page, shop: Demonstration) -> None:
    context = browser.new_context(storage_state=phone.context.storage_state(), java_script_enabled=False)
    page = context.new_page()
    page.goto(shop.base_url + "/ui/tasks/2")
    expect(page.locator("main .head a").first).to_be_visible()
    context.close()


def test_the_menu_lies_above_the_page(phone: Page, shop: Demonstration) -> None:
    phone.goto(shop.base_url + "/ui/inbox/mine")
    phone.locator("summary", has_text="Menu").click()
    links = phone.locator(".menu nav a")
    expect(links.first).to_be_visible()
    assert links.count() > 10
    assert [link.inner_text() for link in links.all() if not link.evaluate(ON_TOP)] == []
