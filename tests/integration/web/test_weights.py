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
from tests.support.pages import ENDLESS, FILES, STATUS, Filled
from tests.support.statements import fewest
from tests.support.tenant import Tenant

LOADED = re.compile(r'(?:href|src)="(/ui/static/[^"]+)"')
ANY_PAGE, INBOX, LATER_PAGE, ROW = 100_000, 50_000, 15_000, 1_000
SCRIPT = 12_000
REQUESTS = 6
STATEMENTS, STATEMENTS_OF_AN_INBOX, STATEMENTS_OF_A_TASK, STATEMENTS_OF_A_PAGE = 6, 8, 9, 10
STATEMENTS_BESIDE_A_PAGE = 3
ROWS = 50


@pytest.fixture(scope="module")
def filled(databases: Databases) -> Iterator[Filled]:
    """A tenant with something to show on each page, and as many tasks of anna's as a page shows."""
    with databases.lent("sqlite") as url, InProcessServer(url) as server:
        tenant = Tenant(server)
        filled = Filled(tenant, "Refund two tyres")
        for place in range(ROWS):
            title = f"Write to everybody who ordered chain CH-{place} in October and offer an exchange"
            fields = {"title": title, "assignee": tenant.login("anna"), "due_at": "2031-05-04T10:20:30Z"}
            filled.plain.append(filled.post("/v1/tasks", **fields, priority=place % 10)["number"])
        filled.browser.headers["Accept-Encoding"] = "gzip"
        yield filled


@pytest.fixture
def anna(filled: Filled) -> Browser:
    """Her browser, which takes compressed pages."""
    return filled.browser


def sizes(browser: Browser, address: str) -> tuple[str, int, int, int]:
    """The page's text, its own bytes, those of all that it loads, and how many requests that takes."""
    answer = browser.get(address)
    is_packed = answer.headers.get("content-encoding") == "gzip"
    text = (gzip.decompress(answer.body) if is_packed else answer.body).decode()
    files = [browser.get(each) for each in dict.fromkeys(LOADED.findall(text))]
    assert all(each.headers.get("content-encoding") == "gzip" for each in files)
    return text, len(answer.body), len(answer.body) + sum(len(each.body) for each in files), 1 + len(files)


PATHS = sorted(page.path for page in PAGES if page.show and page.path != ENDLESS)


@pytest.mark.parametrize("path", PATHS)
def test_no_page_is_heavy_or_takes_many_statements(filled: Filled, anna: Browser, path: str) -> None:
    address = filled.addresses[path]
    _, own, whole, requests = sizes(anna, address)
    assert anna.last.status < 400
    assert own <= LATER_PAGE
    assert whole <= ANY_PAGE
    assert requests <= REQUESTS
    if path in FILES:  # which are read in pieces while they are sent
        return
    most = STATEMENTS_OF_A_TASK if path.startswith("/ui/tasks/{n}") else STATEMENTS_OF_A_PAGE
    few = fewest(lambda: anna.get(address), most)
    assert anna.last.status == STATUS.get(path, 200)
    assert len(few) <= most, few


@pytest.mark.parametrize("name", ["mine", "available", "all", "review", "overdue", "done"])
def test_no_list_of_the_inbox_takes_many_statements(anna: Browser, name: str) -> None:
    few = fewest(lambda: anna.get(f"/ui/inbox/{name}"), STATEMENTS_OF_AN_INBOX)
    assert anna.last.status == 200
    assert len(few) <= STATEMENTS_OF_AN_INBOX, few
    with_counts = _fewest(anna, f"/ui/inbox/{name}", STATEMENTS_OF_A_PAGE)
    assert len(with_counts) <= STATEMENTS_OF_A_PAGE, with_counts


def test_what_stands_beside_every_page_takes_few_statements(anna: Browser) -> None:
    """Where it is older than it may be, a page takes these as well."""
    few = _fewest(anna, "/ui/connect", STATEMENTS_BESIDE_A_PAGE)
    beside = [each for each in few if each not in fewest(lambda: anna.get("/ui/connect"), 0, tries=3)]
    assert len(beside) <= STATEMENTS_BESIDE_A_PAGE, beside


def test_a_list_with_a_task_at_its_side_takes_two_more_statements(filled: Filled, anna: Browser) -> None:
    few = fewest(lambda: anna.get(f"/ui/inbox/mine?peek={filled.task}"), STATEMENTS_OF_AN_INBOX)
    assert 'class="peek"' in gzip.decompress(anna.last.body).decode()
    assert len(few) <= STATEMENTS_OF_AN_INBOX, few


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


def test_rows_take_the_same_few_statements_however_many(filled: Filled) -> None:
    few = _statements(filled, 1, STATEMENTS)
    many = _statements(filled, ROWS, len(few))
    assert filled.browser.last.status == 200
    assert len(many) <= len(few) <= STATEMENTS, many


def _statements(filled: Filled, count: int, most: int) -> list[str]:
    numbers = ",".join(map(str, filled.plain[:count]))
    return _fewest(filled.browser, f"/ui/rows?n={numbers}&list=mine&q={quote('is:open sort:due')}", most)


def _fewest(browser: Browser, address: str, most: int) -> list[str]:
    """With the counts beside the lists."""

    def ask() -> None:
        framing.forget()
        browser.get(address)

    return fewest(ask, most)
