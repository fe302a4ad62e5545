"""What pages weigh on their way, with all that they load, and how many requests they take (INBOX.md 8)."""

import gzip
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from dragoman.web import assets, framing
from dragoman.web.views import PAGES
from tests.support.browser import Browser
from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.statements import fewest
from tests.support.tenant import PASSWORD, Tenant

LOADED = re.compile(r'(?:href|src)="(/ui/static/[^"]+)"')
VARIABLE = re.compile(r"\{[\w:]+\}")
ANY_PAGE, INBOX, LATER_PAGE, ROW = 100_000, 50_000, 15_000, 1_000
SCRIPT = 12_000
REQUESTS = 6
STATEMENTS, STATEMENTS_OF_A_PAGE = 6, 10
ROWS = 50


@pytest.fixture(scope="module")
def anna(databases: Databases) -> Iterator[Browser]:
    """A browser that takes compressed pages, in a tenant with as many tasks as a page shows."""
    with databases.lent("sqlite") as url, InProcessServer(url) as server:
        tenant = Tenant(server)
        for place in range(ROWS):
            title = f"Write to everybody who ordered chain CH-{place} in October and offer an exchange"
            fields = {"title": title, "assignee": tenant.login("anna"), "due_at": "2031-05-04T10:20:30Z"}
            tenant.native("POST", "/v1/tasks", {**fields, "priority": place % 10})
        browser = Browser(server)
        browser.sign_in(tenant.login("anna"), PASSWORD)
        browser.headers["Accept-Encoding"] = "gzip"
        yield browser


def sizes(browser: Browser, address: str) -> tuple[str, int, int, int]:
    """The page's text, its own bytes, those of all that it loads, and how many requests that takes."""
    answer = browser.get(address)
    is_packed = answer.headers.get("content-encoding") == "gzip"
    text = (gzip.decompress(answer.body) if is_packed else answer.body).decode()
    files = [browser.get(each) for each in dict.fromkeys(LOADED.findall(text))]
    assert all(each.headers.get("content-encoding") == "gzip" for each in files)
    return text, len(answer.body), len(answer.body) + sum(len(each.body) for each in files), 1 + len(files)


PATHS = sorted({VARIABLE.sub("1", page.path) for page in PAGES if page.show} - {"/ui/live"})


@pytest.mark.parametrize("path", PATHS)
def test_no_page_is_heavy(anna: Browser, path: str) -> None:
    _, own, whole, requests = sizes(anna, path)
    assert own <= LATER_PAGE
    assert whole <= ANY_PAGE
    assert requests <= REQUESTS


@pytest.mark.parametrize("path", PATHS)
def test_no_page_takes_many_statements(anna: Browser, path: str) -> None:
    few = _fewest(anna, path, STATEMENTS_OF_A_PAGE)
    assert len(few) <= STATEMENTS_OF_A_PAGE, few


def test_a_list_with_a_task_at_its_side_takes_no_more_statements(anna: Browser) -> None:
    few = _fewest(anna, "/ui/inbox/mine?peek=1", STATEMENTS_OF_A_PAGE)
    assert 'class="peek"' in gzip.decompress(anna.last.body).decode()
    assert len(few) <= STATEMENTS_OF_A_PAGE, few


def test_the_inbox_is_light(anna: Browser) -> None:
    text, own, whole, requests = sizes(anna, "/ui/inbox/mine")
    assert text.count("<tr id=") == ROWS
    assert own <= LATER_PAGE
    assert whole <= INBOX
    assert requests <= REQUESTS


def test_a_row_and_our_script_are_light(anna: Browser) -> None:
    answer = anna.get("/ui/rows?n=1&list=mine")
    assert answer.headers["content-encoding"] == "gzip"
    assert 0 < len(answer.body) <= ROW
    assert len(assets.asset("inbox.js").compressed) <= SCRIPT


def test_rows_take_the_same_few_statements_however_many(anna: Browser) -> None:
    few = _statements(anna, 1, STATEMENTS)
    many = _statements(anna, ROWS, len(few))
    assert anna.last.status == 200
    assert len(many) <= len(few) <= STATEMENTS, many


def _statements(browser: Browser, count: int, most: int) -> list[str]:
    numbers = ",".join(map(str, range(1, count + 1)))
    return _fewest(browser, f"/ui/rows?n={numbers}&list=mine&q={quote('is:open sort:due')}", most)


def _fewest(browser: Browser, address: str, most: int) -> list[str]:
    """With the counts beside the lists."""

    def ask() -> None:
        framing.forget()
        browser.get(address)

    return fewest(ask, most)
