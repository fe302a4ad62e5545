"""The page that shows the native API fits a telephone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.databases import Databases
from tests.support.server import Server

WIDTH = 390


@pytest.fixture
def page(browser: Browser, databases: Databases) -> Iterator[Page]:
    """The page at the width of a telephone, drawn."""
    with databases.lent("sqlite") as url, Server(url) as server:
        page = browser.new_page(viewport={"width": WIDTH, "height": 844})
        page.goto(f"{server.base_url}/v1/docs")
        page.locator("#schemas table").first.wait_for()
        yield page
        page.close()


def test_it_does_not_scroll_sideways_even_with_every_operation_open(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
