"""The inbox by script: keys, the selection, what changes elsewhere, the palette."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from dragoman.web.live.shortcuts import SHORTCUTS
from tests.support.browser import Browser
from tests.support.tenant import PASSWORD, Tenant


def shown(page: Page, tenant: Tenant, address: str) -> Page:
    """The page, once its script is set up."""
    page.goto(tenant.server.base_url + address)
    page.wait_for_selector("html[data-ready]")
    return page


def new(tenant: Tenant, title: str, *, person: str = "anna", **fields: Any) -> int:
    number: int = tenant.native("POST", "/v1/tasks", {"title": title, **fields}, person=person)["number"]
    return number


def change(tenant: Tenant, number: int, **fields: Any) -> None:
    tenant.native("PATCH", f"/v1/tasks/{number}", fields)


def test_by_keys_alone_through_a_list(page: Page, tenant: Tenant) -> None:
    numbers = [new(tenant, f"keys {place}", priority=9 - place) for place in range(3)]
    shown(page, tenant, "/ui/inbox/all?q=keys%20sort:-priority")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="keys 0")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Shift+J")
    expect(page.get_by_role("region", name="Selection")).to_contain_text("2 selected")
    expect(page.get_by_label(f"Select task {numbers[2]}")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Selection")).to_be_hidden()
    page.keyboard.press("k")
    page.keyboard.press("c")
    expect(page.get_by_role("status", name="Done")).to_contain_text(f"Task {numbers[1]} claimed.")
    expect(page.locator(f"#task-{numbers[1]}")).to_have_attribute("data-state", "claimed")
    expect(page.get_by_role("link", name="keys 1")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("complementary", name=f"Task {numbers[1]}")).to_contain_text("Bert")
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_label("Filter tasks")).to_be_focused()
    page.keyboard.type("j")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Commands")).to_be_visible()
    page.keyboard.type(str(numbers[0]))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/ui/tasks/{numbers[0]}")


def test_a_claim_elsewhere_is_seen_and_what_is_typed_stays(page: Page, tenant: Tenant) -> None:
    one, other = new(tenant, "live one"), new(tenant, "live other")
    shown(page, tenant, "/ui/inbox/all?q=live%20is:unassigned%20sort:number")
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "on")
    page.get_by_label("Filter tasks").fill("half a wo")
    page.get_by_label(f"Select task {other}").check()
    tenant.native("POST", f"/v1/tasks/{one}/claim", {})
    change(tenant, other, priority=9)
    row = page.locator(f"#task-{one}")
    expect(row).to_contain_text("No longer in this list")
    expect(page.locator(f"#task-{other}").get_by_label("Priority 9")).to_be_visible()
    expect(page.get_by_label("Filter tasks")).to_have_value("half a wo")
    expect(page.get_by_label(f"Select task {other}")).to_be_checked()
    third = new(tenant, "live third")
    expect(page.get_by_role("button", name="1 new")).to_be_visible()
    expect(page.locator(f"#task-{third}")).to_have_count(0)
    page.locator("h1").click()
    page.keyboard.press(".")
    expect(page.locator(f"#task-{third}")).to_be_visible()
    expect(row).to_have_count(0)
    expect(page.get_by_label(f"Select task {other}")).to_be_checked()


def test_the_selection_and_the_place_outlive_paging(page: Page, tenant: Tenant) -> None:
    numbers = [new(tenant, f"paged {place:02}") for place in range(27)]
    shown(page, tenant, "/ui/inbox/all?q=paged%20sort:number&limit=25")
    page.get_by_label(f"Select task {numbers[0]}", exact=True).check()
    page.get_by_role("link", name="Next 25").click()
    expect(page.locator(f"#task-{numbers[26]}")).to_be_visible()
    page.get_by_label(f"Select task {numbers[26]}").check()
    bar = page.get_by_role("region", name="Selection")
    expect(bar).to_contain_text("2 selected")
    expect(bar.get_by_role("button", name="Claim")).to_be_visible()
    expect(bar.get_by_role("button", name="Release")).to_be_hidden()
    page.get_by_role("link", name="paged 26").click()
    page.wait_for_url(f"**/ui/tasks/{numbers[26]}?from=*")
    page.go_back()
    page.wait_for_selector("html[data-ready]")
    expect(page.get_by_role("link", name="paged 26")).to_be_focused()
    expect(page.get_by_role("region", name="Selection")).to_contain_text("2 selected")


def test_what_is_being_edited_stays_and_is_marked(page: Page, tenant: Tenant) -> None:
    number = new(tenant, "Before", person="bert", priority=1)
    shown(page, tenant, f"/ui/tasks/{number}/edit")
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "on")
    title = page.get_by_label("Title", exact=True)
    title.fill("Mine")
    change(tenant, number, title="Theirs", priority=7)
    mark = page.locator(".meanwhile")
    expect(mark).to_contain_text('Anna changed this to "Theirs"')
    expect(title).to_have_value("Mine")
    expect(page.get_by_label("Priority", exact=True)).to_have_value("7")
    mark.get_by_role("button", name="Take theirs").click()
    expect(title).to_have_value("Theirs")


def test_keys_can_be_switched_off_and_need_no_frame(page: Page, tenant: Tenant) -> None:
    new(tenant, "quiet")
    shown(page, tenant, "/ui/inbox/all?q=quiet")
    page.evaluate("document.documentElement.dataset.keys = 'off'")
    page.keyboard.press("?")
    page.keyboard.press("x")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("checkbox", name="Select task")).not_to_be_checked()


def test_the_list_to_review_is_live(page: Page, tenant: Tenant) -> None:
    tenant.native("PATCH", f"/v1/users/{tenant.uids['bert']}", {"roles": ["reviewer"]})
    shown(page, tenant, "/ui/inbox/review")
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "on")
    body = {"method": "PATCH", "type": "task", "field": "id", "data": {"priority": 9}, "title": "Nine for one"}
    tenant.native("POST", "/v1/batches", {**body, "entries": [new(tenant, "reviewed")]})
    expect(page.get_by_role("link", name="Nine for one")).to_be_visible(timeout=20_000)


def test_what_was_done_stays_said_while_the_page_changes(page: Page, tenant: Tenant) -> None:
    number = new(tenant, "said", read=True)
    shown(page, tenant, f"/ui/tasks/{number}")
    page.get_by_role("button", name="Claim").first.click()
    expect(page.get_by_role("status", name="Done")).to_contain_text(f"Task {number} claimed.")
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "on")
    change(tenant, number, title="said anew")
    expect(page.get_by_role("heading", level=1)).to_have_text("said anew")
    expect(page.get_by_role("status", name="Done")).to_contain_text(f"Task {number} claimed.")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


FOLLOWED = """() => {
  delete document.documentElement.dataset.led;
  document.addEventListener("click", (event) => {
    event.preventDefault();
    document.documentElement.dataset.led = event.target.closest("a")?.pathname ?? "";
  }, { capture: true, once: true });
}"""
SIGNS = {"↓": "ArrowDown", "↑": "ArrowUp", "Esc": "Escape", "⇧J": "Shift+J", "⇧K": "Shift+K", "⇧E": "Shift+E"}
SIGNS |= {"⌃A": "Control+a", "⌃K": "Control+k"}
"""Keys as the dialog of shortcuts shows them, and as a test presses them."""
LIST = "/ui/inbox/all?q=each%20is:open%20sort:-priority"
PLACES = {"m": "inbox/mine", "v": "inbox/available", "l": "inbox/all", "r": "inbox/review", "o": "inbox/overdue"}
PLACES |= {"b": "batches", "c": "contacts", "s": "schemas", "t": "traffic", "w": "overview", "a": "admin"}


def documented() -> set[str]:
    """The keys of the dialog; of two that are pressed one after the other both as one."""
    found = set[str]()
    for keys, _ in SHORTCUTS:
        found |= {keys} if keys.startswith("g ") else {SIGNS.get(key, key) for key in keys.split(" ")}
    return found


class Hand:
    """Presses keys on anna's page, and knows which."""

    def __init__(self, page: Page, tenant: Tenant) -> None:
        self.page, self.tenant = page, tenant
        self.pressed = set[str]()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.pressed.add(" ".join(keys))

    def to(self, address: str) -> None:
        shown(self.page, self.tenant, address)

    def leads_to(self, place: str, *keys: str) -> None:
        """The keys follow a link to that page, which is not loaded: the present one stays."""
        self.page.evaluate(FOLLOWED)
        self.press(*keys)
        expect(self.page.locator("html")).to_have_attribute("data-led", re.compile(f"^/ui/{place}$"))

    def asks(self, key: str, heading: str) -> None:
        """The key opens the question with this heading, which Escape leaves, and the selection after it."""
        self.press(key)
        dialog = self.page.get_by_role("dialog", name=re.compile(heading))
        expect(dialog).to_be_visible()
        self.press("Escape")
        expect(dialog).to_have_count(0)

    def focus(self, name: str) -> Any:
        return expect(self.page.get_by_role("link", name=name, exact=True))

    def chosen(self) -> Any:
        return expect(self.page.get_by_role("region", name="Selection"))

    def said(self) -> Any:
        return expect(self.page.get_by_role("status", name="Done", exact=True))


@pytest.fixture
def hand(browser: Chromium, tenant: Tenant) -> Iterator[Hand]:
    signed = Browser(tenant.server)
    signed.sign_in(tenant.login("anna"), PASSWORD)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    cookies = signed.cookies.items()
    context.add_cookies([{"name": name, "value": each, "url": tenant.server.base_url} for name, each in cookies])
    yield Hand(context.new_page(), tenant)
    context.close()


def test_each_key_of_the_list_of_shortcuts_does_what_it_says(hand: Hand, tenant: Tenant) -> None:
    page = hand.page
    numbers = [new(tenant, f"each {place}", priority=9 - place) for place in range(4)]
    hand.to(LIST)
    for key, row_of in (("j", 0), ("ArrowDown", 1), ("k", 0), ("j", 1), ("ArrowUp", 0)):
        hand.press(key)
        hand.focus(f"each {row_of}").to_be_focused()
    hand.press("x")
    hand.press("Shift+J")
    hand.chosen().to_contain_text("2 selected")
    hand.press("Shift+K")
    hand.focus("each 0").to_be_focused()
    hand.press("Escape")
    hand.press("Control+a")
    hand.chosen().to_contain_text("4 selected")
    hand.press("Escape")
    hand.chosen().to_be_hidden()
    hand.press("Space")
    expect(page.get_by_role("complementary")).to_be_visible()
    hand.press("Escape")
    expect(page.get_by_role("complementary")).to_have_count(0)
    hand.press("/")
    expect(page.get_by_label("Filter tasks")).to_be_focused()
    hand.press("Escape")
    expect(page.get_by_label("Filter tasks")).not_to_be_focused()
    hand.press("f")
    expect(page.locator(".chip.add").first).to_be_focused()
    for key, heading in (("?", "Keyboard shortcuts"), ("Control+k", "Commands")):
        hand.asks(key, heading)
    for key, heading in (("a", "Assign"), ("h", "Suspend"), ("Shift+E", "Fail")):
        page.get_by_role("link", name="each 1", exact=True).focus()
        hand.asks(key, heading)
    for key, heading in (("d", "Due 1 task"), ("p", "Priority 1 task"), ("l", "Category 1 task")):
        page.get_by_role("link", name="each 1", exact=True).focus()
        hand.press(key)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        hand.to(LIST)
        hand.press("Escape")
        hand.chosen().to_be_hidden()
    for key, place in (
        ("Enter", f"tasks/{numbers[2]}"),
        ("o", f"tasks/{numbers[2]}"),
        ("n", "tasks/new"),
    ):
        page.get_by_role("link", name="each 2", exact=True).focus()
        hand.leads_to(place, key)
    page.get_by_role("link", name="each 2", exact=True).focus()
    hand.press("b")
    page.wait_for_url("**/ui/batches/new*")
    hand.to(LIST)
    hand.press("Escape")
    page.get_by_role("link", name="each 1", exact=True).focus()
    row = page.locator(f"#task-{numbers[1]}")
    for key, words, state in (
        ("c", f"Task {numbers[1]} claimed.", "claimed"),
        ("u", f"Task {numbers[1]} released.", "ready"),
        ("z", "Undone", "claimed"),
    ):
        hand.press(key)
        hand.said().to_contain_text(words)
        expect(row).to_have_attribute("data-state", state)
    page.get_by_role("link", name="each 1", exact=True).focus()
    hand.press("e")
    hand.said().to_contain_text(f"Task {numbers[1]} completed.")
    hand.focus("each 2").to_be_focused()

    expect(page.locator("[data-live]")).to_have_attribute("data-live", "on")
    fresh = new(tenant, "each fresh", priority=1)
    expect(page.get_by_role("button", name="1 new")).to_be_visible()
    hand.press(".")
    expect(page.locator(f"#task-{fresh}")).to_be_visible()
    hand.to(f"/ui/tasks/{fresh}")
    hand.press("y")
    page.wait_for_function(f"async () => (await navigator.clipboard.readText()).endsWith('/ui/tasks/{fresh}')")
    for key, place in PLACES.items():
        hand.leads_to(place, "g", key)
    hand.leads_to("profile", ",")

    order = {"method": "PATCH", "type": "task", "field": "id", "data": {"priority": 3}, "review": True}
    batch = tenant.native("POST", "/v1/batches", {**order, "entries": ["lost", numbers[0], "gone", numbers[2]]})[
        "number"
    ]
    tenant.native("GET", f"/v1/batches/{batch}?wait=30")
    hand.to(f"/ui/batches/{batch}")
    for key, entry in (("]", 0), ("]", 2), ("[", 0)):
        hand.press(key)
        expect(page.locator(f"tr[data-entry='{entry}']")).to_be_focused()
    assert documented() - hand.pressed == set()
