"""A newcomer's way from the start of the demonstration to an approved batch, as docs/guide/inbox.md tells it."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.support.demonstration import demonstration


def test_from_the_start_to_an_approved_batch(browser: Browser, tmp_path: Path) -> None:
    with demonstration(tmp_path) as shop:
        page = browser.new_page()
        page.goto(shop.entry)
        page.get_by_role("link", name="To review").first.click()
        page.get_by_role("link", name="Priority 9 for the open returns").click()
        expect(page.get_by_role("heading", name="What would happen")).to_be_visible()
        page.get_by_role("button", name="Approve").click()
        expect(page.locator("main[data-status=completed]")).to_be_attached(timeout=60_000)
        expect(page.get_by_role("progressbar")).to_be_visible()
        page.close()
