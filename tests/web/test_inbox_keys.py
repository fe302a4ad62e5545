"""The inbox by script: keys, the selection, what changes elsewhere, the palette."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.support.tenant import Tenant


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
