"""Overview: each number of a figure is that of the list to which it leads."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from tests.support.browser import Browser
from tests.support.tenant import PASSWORD, Tenant

OVERVIEW = "/ui/overview"
FIGURE = re.compile(
    r'<figure .*?<figcaption>([^<]+)</figcaption>.*?<svg role="img" aria-label="([^"]+)".*?</figure>', re.S
)
NUMBER = re.compile(r'<td class="num"><a href="([^"]+)">([0-9,]+)</a></td>')
BAR = re.compile(r'<a href="([^"]+)" aria-label="[^"]*: ([0-9,]+)">')
ROW = re.compile(r"<tr[^>]* data-(?:task|request)=")


@pytest.fixture
def anna(tenant: Tenant, browser: Browser) -> Browser:
    """A browser in which the administrator anna is signed in, where some work was done."""
    late = f"{datetime.now(UTC) - timedelta(days=10):%Y-%m-%dT12:00:00Z}"
    for fields in ({}, {"due_at": late}, {"assignee": tenant.login("bert"), "due_at": late}):
        tenant.native("POST", "/v1/tasks", {"title": "Work", **fields})
    for _ in range(2):
        number = tenant.native("POST", "/v1/tasks", {"title": "Done"})["number"]
        tenant.native("POST", f"/v1/tasks/{number}/claim", person="bert")
        tenant.native("POST", f"/v1/tasks/{number}/complete", person="bert")
    tenant.server.call("GET", "/services/99", headers={"Authorization": tenant.basic("bert")})
    browser.sign_in(tenant.login("anna"), PASSWORD)
    return browser


def figures(page: str) -> dict[str, str]:
    return {found[1]: found[2] for found in FIGURE.finditer(page)}


def test_four_figures_with_a_sentence_each(anna: Browser) -> None:
    page = anna.get(OVERVIEW).text
    assert figures(page) == {
        "Open by state and age": "Open: 3, 0 of them older than 30 days",
        "Done per day": "Done per day, 0 to 2, today 2",
        "Overdue": "Overdue: 2 now, 0 of them since a week at most",
        "Requests a dialect": "Requests: 10 of the last 10,000, 1 of them failed",
    }
    assert page.count("<summary>Numbers</summary>") == 4
    assert re.search(r"As of \d\d:\d\d\.", page)


@pytest.mark.parametrize("person", ["anna", "bert"])
def test_every_number_is_that_of_its_list(tenant: Tenant, anna: Browser, person: str) -> None:
    browser = Browser(anna.server)
    browser.sign_in(tenant.login(person), PASSWORD)
    page = browser.get(OVERVIEW).text
    found = [(unescape(href), int(count.replace(",", ""))) for href, count in NUMBER.findall(page)]
    assert sorted(set(found)) == sorted({(unescape(href), int(count)) for href, count in BAR.findall(page)})
    assert len(found) >= 3
    for href, count in found:
        answer = browser.get(href)
        assert (href, answer.status, len(ROW.findall(answer.text))) == (href, 200, count)


def test_others_see_their_own_figures(tenant: Tenant, anna: Browser) -> None:
    bert = Browser(anna.server)
    bert.sign_in(tenant.login("bert"), PASSWORD)
    page = bert.get(OVERVIEW).text
    assert "Your own tasks and requests." in page
    assert figures(page)["Open by state and age"] == "Open: 1, 0 of them older than 30 days"
    assert figures(page)["Requests a dialect"] == "Requests: 5 of the last 10,000, 1 of them failed"
    assert "/ui/traffic" not in page


def test_the_days_are_chosen(anna: Browser) -> None:
    page = anna.get(f"{OVERVIEW}?days=7").text
    assert page.count('<tr><th scope="row">') == 4 + 7 + 5 + 5
    for days in ("0", "367", "x", "-1", ""):
        assert anna.get(f"{OVERVIEW}?days={days}").status == 400


def test_without_anything_it_says_so(tenant: Tenant, browser: Browser) -> None:
    other = Tenant(tenant.server)
    browser.sign_in(other.login("anna"), PASSWORD)
    assert "Nothing happened in these days." in browser.get(OVERVIEW).text


def test_the_figures_are_kept_for_a_minute(tenant: Tenant, anna: Browser) -> None:
    before = figures(anna.get(OVERVIEW).text)["Open by state and age"]
    tenant.native("POST", "/v1/tasks", {"title": "New"})
    assert figures(anna.get(OVERVIEW).text)["Open by state and age"] == before
