"""Pages in a language whose words are half as long again, with marks on their letters: nothing scrolls sideways, on a
phone or on a wide screen, and every text comes from a catalogue."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from babel.messages.pofile import read_po, write_po
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Route

from dragoman.web import drawing, words
from tests.support.browser import Browser
from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.tenant import PASSWORD, Tenant

WORD = re.compile(r"%\(\w+\)s|%%|<[^>]*>|&\w+;|`[^`]*`|([A-Za-zÀ-ÿ]{2,})")
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PAGES = (
    *("/ui/inbox/mine", "/ui/inbox/all", "/ui/inbox/all?peek=1", "/ui/inbox/all?edit=columns", "/ui/inbox/review"),
    *("/ui/inbox/done", "/ui/tasks/1", "/ui/tasks/1/edit", "/ui/tasks/1/assign", "/ui/tasks/1/delete", "/ui/tasks/new"),
    *("/ui/batches", "/ui/batches/new", "/ui/batches/BATCH", "/ui/contacts", "/ui/contacts/1", "/ui/contacts/1/edit"),
    *("/ui/schemas", "/ui/schemas/task/new", "/ui/schemas/task/Parcel", "/ui/traffic", "/ui/overview", "/ui/connect"),
    *(f"/ui/admin/{place}" for place in ("people", "groups", "tokens", "aliases", "templates", "categories")),
    *(f"/ui/admin/{place}" for place in ("webhooks", "settings", "tenant", "names", "views")),
    *("/ui/profile", "/ui/password", "/ui/nowhere"),
)


def longer(text: str) -> str:
    """The text with words that are half as long again; what is filled in stays."""
    return WORD.sub(lambda found: f"{found[1]}{'ü' * -(-len(found[1]) // 2)}" if found[1] else found[0], text)


@pytest.fixture(scope="module")
def long_words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """German as the language of long words: the catalogue is made of the English texts."""
    known, folder = words.FOLDER, tmp_path_factory.mktemp("locale")
    (folder / "de").mkdir()
    for file in sorted((known / "de").glob("*.po")):
        with file.open("rb") as opened:
            catalogue = read_po(opened, locale="de")
        for message in catalogue:
            if isinstance(message.id, str):
                message.string = longer(message.id)
            else:
                message.string = tuple(map(longer, message.id))
        with (folder / "de" / file.name).open("wb") as opened:
            write_po(opened, catalogue)
    words.FOLDER = folder
    _forget()
    yield
    words.FOLDER = known
    _forget()


def _forget() -> None:
    words.words.cache_clear()
    drawing._environment.cache_clear()
    drawing.row.cache_clear()


@pytest.fixture(scope="module")
def reader(long_words: None, databases: Databases) -> Iterator[Browser]:
    """The administrator of a tenant that has one of each, signed in."""
    with databases.lent("sqlite") as url, InProcessServer(url) as server:
        tenant = Tenant(server)
        tenant.login("anna")
        fill(tenant)
        browser = Browser(server, Accept_Language="de")
        browser.sign_in(tenant.login("anna"), PASSWORD)
        yield browser


def fill(tenant: Tenant) -> None:
    """One of each of what pages show."""
    tenant.native("POST", "/v1/contacts", {"kind": "person", "first_name": "Ida", "last_name": "Holm"})
    tenant.native("POST", "/v1/categories", {"title": "Returns"})
    schema = {"title": "Parcel", "type": "object", "properties": {"carrier": {"type": "string"}}}
    tenant.native("POST", "/v1/schemas/task", schema)
    whole = {"extensions": {"Parcel": {"carrier": "Post"}}, "properties": {"color": "red"}, "contact": 1}
    for place in range(30):
        more = whole if place == 0 else {}
        fields = {"title": f"Refund two tyres {place}", "due_at": "2026-01-01T00:00:00Z", "priority": place % 10}
        tenant.native("POST", "/v1/tasks", {**fields, "assignee": tenant.uids["anna"], **more})
    tenant.native("POST", "/v1/groups", {"name": "repair"})
    body = {"method": "PATCH", "type": "task", "field": "id", "entries": [1, 2, 99], "data": {"priority": 9}}
    number = tenant.native("POST", "/v1/batches", {**body, "title": "Nine for all"})["number"]
    tenant.native("GET", f"/v1/batches/{number}?wait=30")


@pytest.fixture(params=[390, 1_440])
def screen(request: pytest.FixtureRequest, browser: Chromium, reader: Browser) -> Iterator[Page]:
    """A page of Chromium whose requests the application answers in this process."""
    context = browser.new_context(viewport={"width": request.param, "height": 900}, reduced_motion="reduce")

    def answer(route: Route) -> None:
        parts = urlsplit(route.request.url)
        found = reader.get(f"{parts.path}{'?' if parts.query else ''}{parts.query}")
        headers = {name: value for name, value in found.headers.items() if name != "set-cookie"}
        route.fulfill(status=found.status, headers=headers, body=found.body)

    context.route("**/*", answer)
    context.route("**/ui/live*", lambda route: route.abort())
    page = context.new_page()
    yield page
    context.close()


def test_nothing_scrolls_sideways(screen: Page, reader: Browser) -> None:
    wide = []
    number = reader.get("/ui/batches").text.split('href="/ui/batches/')[1].split('"')[0]
    for address in PAGES:
        screen.goto(f"http://localhost{address.replace('BATCH', number)}")
        screen.locator("html[data-ready]").wait_for()
        if (over := screen.evaluate(SIDEWAYS)) > 0:
            wide.append(f"{address}: {over} px")
    assert wide == []


def test_every_text_of_a_page_is_translated(reader: Browser) -> None:
    shown = reader.get("/ui/inbox/mine").text
    heads = re.findall(r"<h[12][^>]*>([^<]+)</h[12]>|<button[^>]*>([A-Za-z][^<]+)", shown)
    assert heads
    for found in heads:
        assert "ü" in "".join(found), found
