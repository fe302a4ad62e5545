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
from tests.support.demonstration import Demonstration

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
    **dict.fromkeys(("/ui/enter", "/ui/first-run", "/ui/complete", "/ui/batches/count", "/ui/rows", "/ui/live"), ()),
}
"""Addresses of pages whose path has variables; of no others. With ` > ` N is what the first link of that shape on the
first page has in its place. Those without an address are no pages, or none of a server that is in use."""


def addresses() -> list[str]:
    """Of every page that a GET shows."""
    found: list[str] = []
    for page in PAGES:
        if page.show is not None:
            found += SHOWN.get(page.path, () if "{" in page.path else (page.path,))
    return found


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

    def faults(self, axe: str, address: str) -> list[str]:
        """What axe finds on a page, that it scrolls sideways, and what went wrong on it."""
        answer = self.page.goto(self.base_url + self._found(address))
        assert answer is not None
        if not answer.headers.get("content-type", "").startswith("text/html"):
            return []
        found: list[Any] = [] if answer.ok else [f"status {answer.status}"]
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
def test_a_page_is_without_faults(reader: Reader, axe: str, address: str) -> None:
    assert reader.faults(axe, address) == []
