"""Every page and dialog is looked through by axe-core, in light and on a narrow dark screen; no page scrolls sideways
or does what the policy refuses."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from dragoman.web.views import PAGES
from tests.support.databases import Databases
from tests.support.demonstration import Demonstration
from tests.support.pages import ENDLESS, FILES, STATUS, Filled
from tests.support.server import Server
from tests.support.sizes import sized
from tests.support.tenant import Tenant

NODE = Path(__file__).parent / "node"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOK = """async (rules) => {
  const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
  return found.violations.map(each => `${each.id}: ${each.nodes.map(node => node.html.slice(0, 200)).join(" | ")}`);
}"""
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SHOWN = {
    "/ui/inbox/{list}": tuple(
        f"/ui/inbox/{name}" for name in ("mine", "available", "all", "review", "overdue", "done")
    ),
    "/ui/tasks/{n}": ("/ui/tasks/2",),
    "/ui/tasks/{n}/edit": ("/ui/inbox/all?q=ext.Parcel:any > /ui/tasks/N/edit",),
    **{f"/ui/tasks/{{n}}/{act}": (f"/ui/inbox/mine > /ui/tasks/N/{act}",) for act in ("assign", "suspend", "complete")},
    **{f"/ui/tasks/{{n}}/{act}": (f"/ui/inbox/mine > /ui/tasks/N/{act}",) for act in ("fail", "terminate", "delete")},
    "/ui/tasks/{number}/as/{dialect}": ("/ui/tasks/2/as/genesys",),
    "/ui/batches/{batch}": ("/ui/inbox/review > /ui/batches/N", "/ui/batches?q=status:running > /ui/batches/N"),
    "/ui/batches/{batch}/options": ("/ui/inbox/review > /ui/batches/N/options",),
    "/ui/contacts/{n}": ("/ui/contacts/2",),
    "/ui/contacts/{n}/edit": ("/ui/contacts/2/edit",),
    "/ui/cases/{n}": ("/ui/cases/2",),
    "/ui/schemas/{kind}/new": ("/ui/schemas/task/new",),
    "/ui/schemas/{kind}/{name}": ("/ui/schemas/task/Parcel",),
    "/ui/schemas/{kind}/{name}/edit": ("/ui/schemas/task/Parcel/edit",),
    "/ui/schemas/{kind}/{name}/delete": ("/ui/schemas/task/Parcel/delete",),
    "/ui/admin/people/{person}": ("/ui/admin/people > /ui/admin/people/N",),
    "/ui/admin/groups/{group}": ("/ui/admin/groups > /ui/admin/groups/N",),
    "/ui/admin/templates/{template}": ("/ui/admin/templates > /ui/admin/templates/N",),
}
"""Addresses of pages of the demonstration whose path has variables. With ` > ` N is what the first link of that shape
on the first page has in its place."""
BATCH = "/ui/batches/{batch}"
IN_A_TENANT = {
    "batches": ("/ui/batches/drafts/{draft}/{step}", f"{BATCH}/stop", f"{BATCH}/undo", f"{BATCH}/retry"),
    "acts": tuple(f"/ui/tasks/{{n}}/{act}" for act in ("start", "claim", "release", "resume", "reopen", "amend")),
    "administration": (
        "/ui/admin/categories/{number}", "/ui/admin/webhooks/{webhook}", "/ui/views/{number}", "/ui/traffic/{request}",
        "/ui/admin/webhooks/{webhook}/deliveries/{delivery}", "/ui/cases/{n}/edit",
    ),
}  # fmt: skip
"""Pages that are looked at in a tenant which has something for each, several by one test."""
SAME = {f"{BATCH}/{act}": BATCH for act in ("decide", "preview", "pause", "resume", "unusual")}
"""Addresses of forms whose GET shows another page."""
NO_PAGES = {
    *("/ui/enter", "/ui/first-run", "/ui/complete", "/ui/batches/count", "/ui/rows", "/ui/peek/{n}", ENDLESS, *FILES),
    *("/ui/sign-in/{name}", "/ui/sign-in/{name}/callback"),
}
"""Parts, files, ways to a page, and what only a server without users has, which has its own test."""


def addresses() -> list[str]:
    """Of every page of the demonstration that a GET shows."""
    paths = [page.path for page in PAGES if page.show is not None and page.path not in NO_PAGES]
    return [address for path in paths for address in SHOWN.get(path, () if "{" in path else (path,))]


def test_every_page_is_looked_at() -> None:
    variable = {page.path for page in PAGES if page.show is not None and "{" in page.path}
    assert variable - NO_PAGES == {*SHOWN, *SAME, *(path for some in IN_A_TENANT.values() for path in some)}


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core."""
    folder = tmp_path_factory.mktemp("npm") / "node"
    shutil.copytree(NODE, folder)
    install = ["npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(install, cwd=folder, check=True, capture_output=True)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


class Reader:
    """A page of a browser in which anna is signed in, and what it complained of."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.base_url = base_url
        self.refused: list[str] = []
        page.on("console", lambda said: self.refused.append(said.text) if "Security Policy" in said.text else None)
        page.on("pageerror", lambda error: self.refused.append(str(error)))

    def faults(self, axe: str, address: str, status: int = 200) -> list[str]:
        """What axe finds on a page, that it scrolls sideways, and what went wrong on it."""
        answer = self.page.goto(self.base_url + self._found(address))
        assert answer is not None
        found = [] if answer.status == status else [f"status {answer.status}"]
        return found + self.seen(axe)

    def seen(self, axe: str) -> list[str]:
        """The same of the page as it is now."""
        found: list[Any] = []
        self.page.evaluate(axe)
        found += self.page.evaluate(LOOK, RULES)
        found += ["it scrolls sideways"] if self.page.evaluate(SIDEWAYS) else []
        found += self.refused
        self.refused.clear()
        return found

    def _found(self, address: str) -> str:
        """The address itself, or the one that a link on another page leads to."""
        where, follows, wanted = address.partition(" > ")
        if not follows:
            return where
        root, _, rest = wanted.partition("/N")
        self.page.goto(self.base_url + where)
        links = [link.get_attribute("href") or "" for link in self.page.locator(f"main a[href^='{root}/']").all()]
        shape = re.compile(re.escape(root) + r"/(?!new\b)([\w-]+)(?=$|[?#])")
        return next(found[0] for link in links if (found := shape.match(link))) + rest


@pytest.fixture(scope="module")
def session(browser: Browser, shop: Demonstration) -> Any:
    """The cookies of a browser in which anna is signed in."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(shop.entry)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(scope="module", params=["light", "dark"])
def reader(request: pytest.FixtureRequest, browser: Browser, shop: Demonstration, session: Any) -> Iterator[Reader]:
    width = 1_440 if request.param == "light" else 390
    context = browser.new_context(
        storage_state=session,
        color_scheme=request.param,
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
    )
    yield Reader(context.new_page(), shop.base_url)
    context.close()


OPENED = {
    "palette": (["Control+k"], "dialog#commands"),
    "shortcuts": (["?"], "dialog#shortcuts"),
    "question": (["j", "a"], "dialog#question"),
    "peek": (["j", "Space"], "aside.peek"),
    "selection": (["j", "x"], ".bar.shown, .bar:has([data-selected])"),
}
"""What keys open in a list, and where it is found."""


@pytest.mark.parametrize("name", OPENED)
def test_what_keys_open_is_without_faults(reader: Reader, axe: str, name: str) -> None:
    page, (keys, place) = reader.page, OPENED[name]
    page.goto(reader.base_url + "/ui/inbox/mine")
    page.locator("html[data-ready]").wait_for()
    for key in keys:
        page.keyboard.press(key)
    page.locator(place).first.wait_for()
    page.evaluate(axe)
    assert page.evaluate(LOOK, RULES) == []
    assert reader.refused == []


@pytest.mark.parametrize("address", addresses())
@pytest.mark.parametrize("reader", ["light"], indirect=True)
def test_a_page_is_without_faults(reader: Reader, axe: str, address: str) -> None:
    assert reader.faults(axe, address) == []


@pytest.mark.parametrize("address", sized(addresses()[::2], addresses()))
@pytest.mark.parametrize("reader", ["dark"], indirect=True)
def test_a_narrow_dark_page_is_without_faults(reader: Reader, axe: str, address: str) -> None:
    assert reader.faults(axe, address) == []


@pytest.fixture(scope="module")
def filled(tenant: Tenant) -> Filled:
    return Filled(tenant, "Refund two tyres")


@pytest.fixture(scope="module", params=["light", "dark"])
def keeper(request: pytest.FixtureRequest, browser: Browser, filled: Filled) -> Iterator[Reader]:
    """A page of anna's in that tenant."""
    width, base_url = 1_440 if request.param == "light" else 390, filled.tenant.server.base_url
    context = browser.new_context(
        color_scheme=request.param, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    context.add_cookies(
        [{"name": name, "value": each, "url": base_url} for name, each in filled.browser.cookies.items()]
    )
    yield Reader(context.new_page(), base_url)
    context.close()


def without(reader: Reader, axe: str, *addresses: str, status: int = 200) -> None:
    """None of these pages has faults."""
    assert {address: found for address in addresses if (found := reader.faults(axe, address, status))} == {}


@pytest.mark.parametrize("name", IN_A_TENANT)
def test_pages_of_what_the_demonstration_lacks_are_without_faults(
    keeper: Reader, axe: str, filled: Filled, name: str
) -> None:
    for path in IN_A_TENANT[name]:
        address = filled.addresses[path]
        steps = [address.replace("/check", f"/{step}") for step in ("choose", "change", "check")]
        without(keeper, axe, *dict.fromkeys(steps), status=STATUS.get(path, 200))


def test_what_went_wrong_is_shown_without_faults(keeper: Reader, axe: str, filled: Filled) -> None:
    without(keeper, axe, f"/ui/tasks/{filled.deleted}", status=410)
    without(keeper, axe, "/ui/tasks/999999", "/ui/none", status=404)
    edit = f"/ui/tasks/{filled.ready}/edit"
    changes = (
        ("/ui/tasks/new", "title", "x" * 2_000, 422),
        (edit, "title", "mine", 409),
        ("/ui/profile", "csrf", "of another page", 403),
    )
    for address, field, text, status in changes:
        keeper.page.goto(keeper.base_url + address)
        if status == 409:
            title = keeper.page.locator("[name=title]").input_value()
            filled.tenant.native("PATCH", f"/v1/tasks/{filled.ready}", {"title": f"{title}!"})
        form = keeper.page.locator("main form", has=keeper.page.locator(f"[name={field}]")).first
        with keeper.page.expect_navigation() as answered:
            form.evaluate("(form, [field, text]) => { form[field].value = text; form.submit() }", [field, text])
        assert answered.value.status == status, address
        assert keeper.seen(axe) == [], address


def test_what_opens_on_a_page_is_without_faults(keeper: Reader, axe: str, filled: Filled) -> None:
    page = keeper.page
    page.goto(f"{keeper.base_url}/ui/inbox/mine")
    page.locator("html[data-ready]").wait_for()
    page.get_by_role("button", name="Actions for task").first.click()
    page.locator("[popover]:popover-open").wait_for()
    assert keeper.seen(axe) == []
    page.goto(f"{keeper.base_url}/ui/tasks/{filled.task}")
    page.locator("html[data-ready]").wait_for()
    page.get_by_role("link", name="Edit Priority").click()
    page.get_by_label("Priority", exact=True).wait_for()
    page.get_by_role("navigation", name="As seen by").get_by_role("link", name="Native").click()
    page.locator(".as-seen").wait_for()
    assert keeper.seen(axe) == []


def test_who_is_not_signed_in_sees_no_faults(browser: Browser, filled: Filled, databases: Databases, axe: str) -> None:
    page = browser.new_page()
    without(Reader(page, filled.tenant.server.base_url), axe, "/ui/sign-in")
    with databases.lent("sqlite") as url, Server(url) as server:
        without(Reader(page, server.base_url), axe, "/ui/first-run")
    page.close()
