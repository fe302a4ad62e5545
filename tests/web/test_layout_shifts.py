"""How far pages move while they are drawn (INBOX.md 8): what is read or pressed stays where it is."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.demonstration import Demonstration

MOST = 0.02
SETTLED_MILLISECONDS = 300  # script has set up the page
WATCH = """window.shifts = [];
new PerformanceObserver(list => window.shifts.push(...list.getEntries().filter(shift => !shift.hadRecentInput)
  .map(shift => [shift.value, ...shift.sources.map(each => each.node?.nodeName)])))
  .observe({ type: "layout-shift", buffered: true })"""
ADDRESSES = ("/ui/inbox/all?q=is:open&peek=2", "/ui/tasks/2", "/ui/overview", "/ui/contacts/1")


@pytest.fixture(scope="module", params=[1_440, 390])
def page(request: pytest.FixtureRequest, browser: Browser, shop: Demonstration) -> Iterator[Page]:
    """A page of the browser of anna, who is signed in."""
    context = browser.new_context(viewport={"width": request.param, "height": 900})
    context.add_init_script(WATCH)
    context.route("**/ui/live?*", lambda route: route.abort())  # what happens meanwhile may move the page
    page = context.new_page()
    page.goto(shop.base_url + "/ui/sign-in")
    page.get_by_label("Login").fill("anna")
    page.get_by_label("Password").fill("dragoman")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ui/inbox/mine")
    yield page
    context.close()


def test_no_page_moves_while_it_is_drawn(page: Page, shop: Demonstration) -> None:
    page.goto(shop.base_url + "/ui/inbox/review")
    review = page.get_by_role("link", name="Priority 9 for the open returns").get_attribute("href")
    assert review is not None
    moved = {}
    for address in (*ADDRESSES, review):
        page.goto(shop.base_url + address)
        page.locator("html[data-ready]").wait_for()
        page.wait_for_timeout(SETTLED_MILLISECONDS)
        shifts = page.evaluate("window.shifts")
        if sum(shift[0] for shift in shifts) > MOST:
            moved[address] = shifts
    assert moved == {}
