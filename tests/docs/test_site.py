"""The site as a browser shows it from a folder: nothing comes from elsewhere, it fits a narrow window, search finds."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.architecture.source import ROOT
from tools import build_site

GUIDES = tuple(f"guide/{page.stem}" for page in sorted((ROOT / "docs" / "guide").glob("*.md")))
PAGES = (
    "index",
    "contributing",
    *GUIDES,
    "reference/settings",
    "reference/errors",
    "reference/dialects/ibm_htm-quirks",
)
SWITCHES = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run")
NARROW = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as they are now, built."""
    folder = tmp_path_factory.mktemp("site")
    build_site.build(folder)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The Chromium of the system's packages."""
    with sync_playwright() as programs:
        yield programs.chromium.launch(executable_path=shutil.which("chromium"), args=SWITCHES)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test when a script does, or when anything is asked of another machine."""
    page = browser.new_page(viewport=NARROW)  # type: ignore[arg-type]
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: None if _is_here(request.url) else faults.append(request.url))
    yield page
    page.close()
    assert not faults


def _is_here(address: str) -> bool:
    return address.startswith(("file:", "data:", "about:"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_needs_nobody_and_fits(name: str, site: Path, page: Page) -> None:
    page.goto((site / f"{name}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


@pytest.mark.parametrize("name", ["index", "reference/dialects/native"])
@pytest.mark.parametrize(
    ("term", "title"),
    [
        ("idempotency", "Tasks over HTTP"),
        ("CWTKA0041E", "IBM Human Task Manager"),  # within JSON in the page
        ("task_suspended", "Error codes"),
        ("DRAGOMAN_SERVER_PORT", "Settings"),
    ],
)
def test_search_finds_without_a_server(name: str, term: str, title: str, site: Path, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto((site / f"{name}.html").as_uri())
    page.locator("input.md-search__input").press_sequentially(term)
    found = page.locator(".md-search-result__item h1", has_text=title)
    found.first.wait_for(state="attached")
