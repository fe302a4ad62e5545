"""Acts on the page of a task or a batch, by script: what changed is replaced, and the page stays."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.tenant import Tenant


@pytest.fixture(scope="module", autouse=True)
def decides(signed_in: BrowserContext, tenant: Tenant) -> None:
    """Bert may decide batches."""
    tenant.native("PATCH", f"/v1/users/{tenant.uids['bert']}", {"roles": ["reviewer"]})


def shown(page: Page, tenant: Tenant, address: str) -> Page:
    """The page, once its script is set up; it is marked, so that a page that is loaded again can be told."""
    page.goto(tenant.server.base_url + address)
    page.wait_for_selector("html[data-ready]")
    page.evaluate("window.first = true")
    return page


def is_still_there(page: Page) -> bool:
    found: bool = page.evaluate("window.first === true")
    return found


def new(tenant: Tenant, title: str, **fields: Any) -> int:
    number: int = tenant.native("POST", "/v1/tasks", {"title": title, **fields}, person="bert")["number"]
    return number


def done(page: Page) -> Any:
    return expect(page.get_by_role("status", name="Done", exact=True))


def test_acts_change_the_page_without_a_jump(page: Page, tenant: Tenant) -> None:
    number = new(tenant, "in place", description="line\n\n" * 200)
    shown(page, tenant, f"/ui/tasks/{number}")
    page.set_viewport_size({"width": 1440, "height": 700})
    page.evaluate("scrollTo(0, 40)")
    before = page.evaluate("scrollY")
    page.keyboard.press("c")
    done(page).to_contain_text(f"Task {number} claimed.")
    expect(page.locator("main")).to_have_attribute("data-state", "claimed")
    expect(page.get_by_role("button", name="Complete…")).to_be_visible()
    page.keyboard.press("z")
    done(page).to_contain_text("is as it was")
    expect(page.locator("main")).to_have_attribute("data-state", "ready")
    assert page.evaluate("scrollY") == before
    assert is_still_there(page)


def test_a_question_keeps_its_faults_and_what_is_typed_elsewhere_stays(page: Page, tenant: Tenant) -> None:
    number = new(tenant, "asked")
    shown(page, tenant, f"/ui/tasks/{number}")
    page.get_by_role("link", name="Edit Priority").click()
    page.get_by_label("Priority", exact=True).fill("8")
    page.keyboard.press("Tab")
    page.locator("main").evaluate("node => node.focus()")
    page.get_by_role("button", name="Assign…").click()
    dialog = page.get_by_role("dialog", name=f"Assign task {number}")
    dialog.get_by_label("Assignee").fill("nobody-of-this-name")
    dialog.get_by_role("button", name="Assign").click()
    expect(dialog.get_by_label("Assignee")).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_label("Assignee")).to_be_focused()
    dialog.get_by_label("Assignee").fill(tenant.login("anna"))
    dialog.get_by_role("button", name="Assign").click()
    done(page).to_contain_text(f"Task {number} assigned.")
    expect(dialog).to_have_count(0)
    expect(page.get_by_label("Priority", exact=True)).to_have_value("8")
    assert is_still_there(page)


def test_a_field_is_saved_where_it_stands_and_a_put_back_too(page: Page, tenant: Tenant) -> None:
    number = new(tenant, "field", priority=1)
    shown(page, tenant, f"/ui/tasks/{number}")
    page.get_by_role("link", name="Edit Priority").click()
    page.get_by_label("Priority", exact=True).fill("7")
    page.keyboard.press("Enter")
    done(page).to_contain_text("Saved.")
    expect(page.locator('dd[data-field="priority"]')).to_contain_text("7")
    changed = page.locator("li[data-history]", has=page.locator('[data-field="priority"]'))  # it is read meanwhile
    changed.get_by_role("button", name="Put back").first.click()
    done(page).to_contain_text("put back")
    expect(page.locator('dd[data-field="priority"]')).to_contain_text("1")
    assert is_still_there(page)


def test_a_field_in_its_place_is_marked_when_somebody_else_changes_it(page: Page, tenant: Tenant) -> None:
    number = new(tenant, "Before")
    shown(page, tenant, f"/ui/tasks/{number}")
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "on")
    page.get_by_role("link", name="Edit Title").click()
    title = page.get_by_label("Title", exact=True)
    title.fill("Mine")
    tenant.native("PATCH", f"/v1/tasks/{number}", {"title": "Theirs"})
    tenant.native("PATCH", f"/v1/tasks/{number}", {"priority": 7}, person="bert")
    expect(page.locator('dd[data-field="priority"]')).to_contain_text("7")
    expect(page.locator(".meanwhile")).to_contain_text('Anna changed this to "Theirs"')
    expect(title).to_have_value("Mine")
    title.press("Enter")
    expect(page.get_by_role("radio", name="Theirs")).to_be_visible()
    page.get_by_role("radio", name="Yours").check()
    page.get_by_role("button", name="Save choices").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mine")


def test_an_act_whose_time_is_past_names_who_came_first(page: Page, tenant: Tenant) -> None:
    number = new(tenant, "late")
    shown(page, tenant, f"/ui/tasks/{number}")
    page.route("**/ui/live*", lambda route: route.abort())
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.evaluate("window.first = true")
    tenant.native("POST", f"/v1/tasks/{number}/claim", {})
    page.get_by_role("button", name="Claim").first.click()
    expect(page.get_by_role("alert")).to_contain_text("Anna claimed it")
    expect(page.locator("main")).to_have_attribute("data-state", "claimed")
    assert is_still_there(page)


def test_an_act_without_an_answer_is_tried_again(page: Page, tenant: Tenant) -> None:
    number = new(tenant, "again")
    shown(page, tenant, f"/ui/tasks/{number}")
    page.route("**/claim", lambda route: route.abort())
    page.get_by_role("button", name="Claim").first.click()
    done(page).to_contain_text("Not saved.")
    page.unroute("**/claim")
    page.get_by_role("button", name="Try again").click()
    done(page).to_contain_text(f"Task {number} claimed.")
    assert is_still_there(page)


def test_completing_leads_to_the_next_task_of_the_list(page: Page, tenant: Tenant) -> None:
    one, other = (new(tenant, f"follow {place}", priority=9 - place) for place in range(2))
    shown(page, tenant, "/ui/inbox/all?q=follow%20sort:-priority")
    page.get_by_role("link", name="follow 0").click()
    page.wait_for_url(f"**/ui/tasks/{one}?*")
    page.get_by_role("button", name="Complete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Complete").click()
    page.wait_for_url(f"**/ui/tasks/{other}?*")
    done(page).to_contain_text(f"Task {one} completed.")


def test_a_batch_is_decided_and_its_run_is_seen_to_its_end(page: Page, tenant: Tenant) -> None:
    tasks = [new(tenant, f"run {place}") for place in range(40)]
    body = {"method": "PATCH", "type": "task", "field": "id", "data": {"priority": 9}, "entries": tasks}
    made = tenant.native("POST", "/v1/batches", {**body, "rate_per_second": 10}, person="anna")
    tenant.native("GET", f"/v1/batches/{made['number']}?wait=30")
    shown(page, tenant, f"/ui/batches/{made['number']}")
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "on")
    page.get_by_role("button", name="Refuse").click()
    expect(page.get_by_label("Reason")).to_have_attribute("aria-invalid", "true")
    parts: list[str] = []
    page.on("request", lambda sent: parts.append(sent.url) if "part=live" in sent.url else None)
    page.get_by_role("button", name="Approve 40 changes").click()
    bar = page.get_by_role("progressbar")
    expect(bar).to_be_visible()
    page.wait_for_function("() => { const at = document.querySelector('progress')?.value; return at > 0 && at < 40 }")
    expect(page.locator("main")).to_have_attribute("data-status", "completed", timeout=20_000)
    assert parts
    assert is_still_there(page)


def test_a_task_is_seen_through_dialects_by_tabs_that_stay_open(page: Page, tenant: Tenant) -> None:
    number = new(tenant, "seen")
    shown(page, tenant, f"/ui/tasks/{number}")
    tabs, pane = page.get_by_role("navigation", name="As seen by"), page.locator(".as-seen")
    expect(pane).to_have_count(0)
    tabs.get_by_role("link", name="Native").click()
    expect(pane.get_by_label("Body of the reply")).to_contain_text('"title":"seen"')
    expect(tabs.get_by_role("link", name="Native")).to_be_focused()
    tabs.get_by_role("link", name="CRM").press("Enter")
    expect(tabs.locator("[aria-current]")).to_have_text("CRM")
    expect(pane).to_have_attribute("data-dialect", "onlyoffice_crm")
    tenant.native("PATCH", f"/v1/tasks/{number}", {"title": "seen again"})
    expect(pane.get_by_label("Body of the reply")).to_contain_text("seen again")
    assert is_still_there(page)
