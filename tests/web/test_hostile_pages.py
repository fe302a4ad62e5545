"""Pages in a tenant where everything is named by an attacker, or is longer than anybody needs, or is written from right
to left: nothing of it runs, nothing is refused by the policy, and no page scrolls sideways."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from dragoman.web.views import PAGES
from tests.support.tenant import Tenant
from tests.web.payloads import TITLE

ARABIC = "مرحبا \u202egpj.exe"
LONG, TOO_LONG = "Ä" * 255, "Ä" * 2_000
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FILE = "<img src=x onerror=trap()>.csv"


class Hostile:
    """What was made in the tenant, and a page of its administrator's that notes what goes wrong."""

    def __init__(self, tenant: Tenant, page: Page) -> None:
        self.tenant, self.page, self.wrong = tenant, page, list[str]()
        page.context.expose_function("trap", lambda: self.wrong.append("it ran"))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", self._closed)
        page.on("console", lambda said: self.wrong.append(said.text) if "Security Policy" in said.text else None)

    def _closed(self, dialog: Dialog) -> None:
        self.wrong.append(dialog.message)
        dialog.dismiss()

    def open(self, address: str) -> None:
        """Go there, and let its script finish."""
        self.page.goto(self.tenant.server.base_url + address)
        if self.page.locator("script").count():
            self.page.locator("html[data-ready]").wait_for(state="attached")


def filled(tenant: Tenant) -> dict[str, str]:
    """A tenant's things, all named by an attacker; the variables of addresses by name."""

    def post(path: str, **content: Any) -> Any:
        return tenant.native("POST", path, content)

    category = post("/v1/categories", title=f"{TITLE[:40]}c", description=TITLE)["number"]
    contact = post("/v1/contacts", kind="person", first_name=TITLE, last_name=TITLE, about=TITLE, job_title=TITLE)
    case = post("/v1/cases", title=TITLE, description=TITLE, contact=contact["number"])
    fields = {"title": TITLE, "description": TITLE, "type": TITLE[:60], "category": category, "priority": 5}
    links = {"contact": contact["number"], "case": case["number"], "assignee": tenant.uids["anna"]}
    values = {"properties": {TITLE: TITLE}, "extensions": {"Parcel": {TITLE: TITLE}, "Many": [{"a": TITLE}]}}
    task = post("/v1/tasks", **fields, **links, **values)["number"]
    tenant.native("PATCH", f"/v1/tasks/{task}", {"title": f"{TITLE}2", "extensions": {"Parcel": {"b": TITLE}}})
    post("/v1/tasks", title=TITLE, parent=task)
    post(f"/v1/tasks/{task}/assign", assignee=tenant.uids["anna"], note=TITLE)
    group = post("/v1/groups", name=TITLE[:100])["id"]
    tenant.native("PATCH", f"/v1/users/{tenant.uids['anna']}", {"display_name": TITLE[:100], "title": TITLE[:60]})
    change = {
        "method": "PATCH",
        "type": "task",
        "field": "id",
        "entries": [task, TITLE],
        "data": {"title": f"{TITLE}3"},
    }
    batch = post("/v1/batches", **change, title=TITLE, purpose=TITLE)
    tenant.native("GET", f"/v1/batches/{batch['number']}?wait=30")
    document = {"title": "Parcel", "type": "object", "properties": {"a": {"type": "string", "default": TITLE}}}
    post("/v1/schemas/contact", **document)
    headers = {"Authorization": tenant.basic("anna"), "User-Agent": TITLE, "X-Request-Id": TITLE, "Accept": TITLE}
    tenant.server.call("GET", "/v1/tasks?q=%3Cscript%3Etrap()%3C/script%3E", None, headers)
    return {
        "n": str(task), "number": str(task), "list": "all", "dialect": "native", "batch": str(batch["number"]),
        "person": tenant.uids["anna"], "group": str(group), "kind": "contact", "name": "Parcel",
        "category": str(category), "contacts": str(contact["number"]), "cases": str(case["number"]),
    }  # fmt: skip


@pytest.fixture(scope="module")
def hostile(browser: Browser, tenant: Tenant) -> Iterator[tuple[Hostile, dict[str, str]]]:
    known = filled(tenant)
    headers = {"Authorization": f"Bearer {tenant.token('*')}", "Referer": TITLE}
    context = browser.new_context(extra_http_headers=headers, reduced_motion="reduce")
    yield Hostile(tenant, context.new_page()), known
    context.close()


SHOWN = [page.path for page in PAGES if page.show and page.path not in ("/ui/live", "/ui/enter", "/ui/first-run")]


@pytest.mark.parametrize("path", SHOWN)
def test_nothing_stored_runs_in_a_page(hostile: tuple[Hostile, dict[str, str]], path: str) -> None:
    visitor, known = hostile
    visitor.wrong.clear()
    place = path.split("/")[2] if path.startswith("/ui/c") else ""
    values = {**known, "n": known.get(place, known["n"])}
    address = re.sub(r"\{(\w+)[^}]*\}", lambda found: values.get(found[1], "1"), path)
    visitor.open(address)
    visitor.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    assert visitor.wrong == []


def test_the_name_and_the_cells_of_a_file_are_text(hostile: tuple[Hostile, dict[str, str]]) -> None:
    visitor, known = hostile
    visitor.wrong.clear()
    visitor.open("/ui/batches/new")
    content = f'id,"{TITLE.replace(chr(34), chr(34) * 2)}"\r\n{known["n"]},<img src=x onerror=trap()>\r\n'
    visitor.page.get_by_label("File", exact=True).set_input_files(
        {"name": FILE, "mimeType": "text/csv", "buffer": content.encode()}
    )
    visitor.page.get_by_role("button", name="Next").click()
    visitor.page.wait_for_url("**/choose")
    expect(visitor.page.get_by_text(FILE)).to_be_visible()
    assert visitor.wrong == []


@pytest.fixture(scope="module", params=[390, 1_440])
def wide_words(request: pytest.FixtureRequest, browser: Browser, tenant: Tenant) -> Iterator[tuple[Page, str, int]]:
    """A task whose words don't end, one from right to left, and a page of this width: the second one's number."""
    properties = {f"{place} {'k' * 60}": "v" * 500 for place in range(500)}
    fields = {"title": LONG, "description": LONG, "properties": properties, "assignee": tenant.uids["anna"]}
    first = tenant.native("POST", "/v1/tasks", fields)["number"]
    second = tenant.native("POST", "/v1/tasks", {"title": ARABIC, "assignee": tenant.uids["anna"]})["number"]
    headers = {"Authorization": f"Bearer {tenant.token('*')}"}
    context = browser.new_context(
        extra_http_headers=headers, viewport={"width": request.param, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page, f"{tenant.server.base_url}/ui/tasks/{first}", second
    context.close()


def test_long_words_and_many_properties_fit(wide_words: tuple[Page, str, int]) -> None:
    page, address, _ = wide_words
    for each in ("", "/edit", "/assign", "/delete", "/as/native", "/as/onlyoffice_crm"):
        page.goto(address + each)
        assert page.evaluate(SIDEWAYS) <= 0, each
    page.goto(address.rpartition("/tasks/")[0] + "/inbox/mine")
    assert page.evaluate(SIDEWAYS) <= 0


def test_a_title_of_two_thousand_letters_is_refused_and_kept(wide_words: tuple[Page, str, int]) -> None:
    page, address, _ = wide_words
    page.goto(address.rpartition("/")[0] + "/new")
    page.locator("html[data-ready]").wait_for()
    title = page.get_by_label("Title", exact=True)
    title.fill(TOO_LONG)
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.locator("#title-fault")).to_be_visible()
    expect(title).to_have_value(TOO_LONG)
    assert page.evaluate(SIDEWAYS) <= 0


def test_text_from_right_to_left_stays_within_its_element(wide_words: tuple[Page, str, int]) -> None:
    page, address, second = wide_words
    page.goto(f"{address.rpartition('/')[0]}/{second}")
    heading = page.get_by_role("heading", level=1)
    assert heading.evaluate("each => getComputedStyle(each).direction") == "rtl"
    page.goto(address.rpartition("/tasks/")[0] + "/inbox/mine")
    link = page.locator(f"#task-{second} .what a")
    assert link.evaluate("each => getComputedStyle(each).direction") == "rtl"
    assert link.evaluate("each => getComputedStyle(each.parentElement).direction") == "ltr"
