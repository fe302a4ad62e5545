"""Further things that people come for, in English with script, in German bert without and anna with (INBOX.md 10)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.databases import Databases
from tests.support.server import Server
from tests.support.tenant import Tenant
from tests.support.visitor import Visitor

LOOKS = 300
"""Times that a page without script is loaded again until it shows something."""


def until(visitor: Visitor, selector: str) -> None:
    """Load the page again until it has this."""
    for _ in range(LOOKS):
        if visitor.page.locator(selector).count():
            return
        visitor.page.reload()
    raise AssertionError(selector)


def new(tenant: Tenant, title: str, **fields: Any) -> int:
    number: int = tenant.native("POST", "/v1/tasks", {"title": title, **fields}, person="bert")["number"]
    return number


def batch(tenant: Tenant, tasks: list[Any], **fields: Any) -> int:
    """A batch of bert's, once it waits for a decision."""
    body = {"method": "PATCH", "type": "task", "field": "id", "data": {"priority": 9}, "entries": tasks, **fields}
    number: int = tenant.native("POST", "/v1/batches", body, person="bert")["number"]
    tenant.native("GET", f"/v1/batches/{number}?wait=30")
    return number


@pytest.fixture(params=["en-GB", "de-DE"])
def newcomer(request: pytest.FixtureRequest, browser: Browser, databases: Databases) -> Iterator[tuple[Page, Server]]:
    """A browser at a server without any user."""
    with databases.lent("sqlite") as url, Server(url) as server:
        context = browser.new_context(locale=request.param, java_script_enabled=request.param == "en-GB")
        yield context.new_page(), server
        context.close()


def test_the_first_user_is_made_and_led_to_connect(newcomer: tuple[Page, Server]) -> None:
    page, server = newcomer
    page.goto(server.base_url + "/ui/")
    page.wait_for_url("**/ui/first-run*")
    page.locator("[name=login]").fill("olga")
    page.locator("[name=display_name]").fill("Olga Lind")
    page.locator("[name=password]").fill("correct horse battery staple")
    page.locator("[name=zone]").fill("Europe/Riga")
    page.locator("main form button:not([type=button])").last.click()
    page.wait_for_url("**/ui/connect")
    expect(page.locator("article[data-dialect]")).to_have_count(5)
    page.goto(server.base_url + "/ui/first-run")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Not found|Nicht gefunden"))


def test_an_extension_is_edited_by_its_schema(bert: Visitor, tenant: Tenant, language: str) -> None:
    name = f"Parcel{language}"
    document = {
        "title": name, "type": "object", "required": ["carrier"], "additionalProperties": False,
        "properties": {"carrier": {"type": "string", "maxLength": 9}, "weight": {"type": "number"}},
    }  # fmt: skip
    tenant.native("POST", "/v1/schemas/task", document)
    number = new(tenant, "parcel", extensions={name: {"carrier": "Harbour", "weight": 2.5}})
    bert.open(f"/ui/tasks/{number}/edit")
    field = bert.page.locator(f'[name="extensions.{name}.weight"]')
    expect(field).to_have_value("2.5")
    bert.page.locator(f'[name="extensions.{name}.carrier"]').fill("DHL")
    field.fill("x")
    bert.press("Save")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("4")
    bert.press("Save")
    bert.said().to_contain_text(bert.say("Saved."))
    assert tenant.native("GET", f"/v1/tasks/{number}")["extensions"][name] == {"carrier": "DHL", "weight": 4}


def test_two_browsers_merge_and_clash(bert: Visitor, anna: Visitor, tenant: Tenant) -> None:
    number = new(tenant, "Before", priority=1)
    bert.open(f"/ui/tasks/{number}/edit")
    anna.open(f"/ui/tasks/{number}/edit")
    anna.page.get_by_label(anna.say("Priority"), exact=True).fill("7")
    anna.press("Save")
    anna.page.wait_for_url(re.compile(rf"/ui/tasks/{number}$"))
    bert.page.get_by_label(bert.say("Title"), exact=True).fill("By Bert")
    bert.press("Save")
    bert.said().to_contain_text("Anna")
    shown = tenant.native("GET", f"/v1/tasks/{number}")
    assert (shown["title"], shown["priority"]) == ("By Bert", 7)

    bert.open(f"/ui/tasks/{number}/edit")
    anna.open(f"/ui/tasks/{number}/edit")
    anna.page.get_by_label(anna.say("Title"), exact=True).fill("By Anna")
    anna.press("Save")
    anna.page.wait_for_url(re.compile(rf"/ui/tasks/{number}$"))
    bert.page.get_by_label(bert.say("Title"), exact=True).fill("Bert again")
    bert.press("Save")
    expect(bert.page.locator(".clash")).to_contain_text("By Anna")
    expect(bert.page.locator(".clash")).to_contain_text("Bert again")
    for radio in bert.page.get_by_role("radio").all():
        expect(radio).not_to_be_checked()
    bert.page.get_by_role("radio", name=bert.say("Theirs")).check()
    bert.press("Save choices")
    bert.page.wait_for_url(re.compile(rf"/ui/tasks/{number}$"))
    assert tenant.native("GET", f"/v1/tasks/{number}")["title"] == "By Anna"


def test_a_run_is_paused_ended_retried_and_undone(bert: Visitor, anna: Visitor, tenant: Tenant) -> None:
    numbers = [new(tenant, f"run {place}", priority=1) for place in range(4)]
    waiting = batch(tenant, [*numbers, 999_997, 999_998, 999_999], rate_per_second=1)
    anna.open(f"/ui/batches/{waiting}")
    anna.page.locator("[name=decision][value=approve]").click()
    until(anna, "main[data-status=running]")
    anna.press("Pause")
    anna.page.locator("main[data-status=paused]").wait_for(state="attached")
    anna.press("Resume")
    until(anna, "main[data-status=completed]")
    expect(anna.page.get_by_role("heading", name=anna.say("Failures"))).to_be_visible()
    bert.open(f"/ui/batches/{waiting}")
    bert.page.locator("form[action$='/retry'] button").first.click()
    bert.page.wait_for_url(another := re.compile(rf"/ui/batches/(?!{waiting}$)\d+$"))
    bert.open(f"/ui/batches/{waiting}")
    bert.page.get_by_role("link", name=bert.say("Undo this batch…")).click()
    bert.page.get_by_role("radio").first.check()
    bert.press("Undo")
    bert.page.wait_for_url(another)
    undoing = int(bert.page.url.rpartition("/")[2])
    tenant.native("GET", f"/v1/batches/{undoing}?wait=30")
    anna.open(f"/ui/batches/{undoing}")
    until(anna, "[name=decision][value=approve]")
    anna.page.locator("[name=decision][value=approve]").click()
    until(anna, "main[data-status=completed]")
    assert [tenant.native("GET", f"/v1/tasks/{number}")["priority"] for number in numbers] == [1] * 4


def test_a_stale_preview_is_refused_and_what_was_typed_stays(anna: Visitor, tenant: Tenant) -> None:
    number = new(tenant, "stale")
    waiting = batch(tenant, [number])
    anna.open(f"/ui/batches/{waiting}")
    if anna.has_script:
        anna.page.route("**/ui/live*", lambda route: route.abort())
        anna.page.reload()
        anna.page.locator("html[data-ready]").wait_for()
    anna.page.get_by_label(anna.say("Reason")).fill("as agreed")
    tenant.native("PATCH", f"/v1/batches/{waiting}", {"purpose": "another"}, person="bert")
    tenant.native("POST", f"/v1/batches/{waiting}/preview", {}, person="bert")
    tenant.native("GET", f"/v1/batches/{waiting}?wait=30")
    anna.page.locator("[name=decision][value=approve]").click()
    expect(anna.page.get_by_label(anna.say("What differs"))).to_be_visible()
    expect(anna.page.get_by_label(anna.say("Reason"))).to_have_value("as agreed")
    assert tenant.native("GET", f"/v1/batches/{waiting}")["status"] == "pending_review"


def test_a_schema_is_checked_and_saved(anna: Visitor, language: str) -> None:
    anna.open("/ui/schemas/task/new")
    anna.page.get_by_label(anna.say("Name"), exact=True).fill(f"Checked{language}")
    anna.page.locator('[name="attributes.0.name"]').fill("size")
    anna.press("Check what would break")
    expect(anna.page.get_by_role("heading", name=anna.say("What would break"))).to_be_visible()
    anna.press(anna.say("Save version %(number)s", number=1))
    anna.page.wait_for_url(f"**/ui/schemas/task/Checked{language}")
    anna.page.get_by_role("link", name=anna.say("New version")).click()
    anna.page.locator('[name="attributes.0.length"]').fill("5")
    anna.press("Check what would break")
    anna.press(anna.say("Save version %(number)s", number=2))
    anna.said().to_contain_text(anna.say("Version %(version)s saved.", version=2))
    anna.page.get_by_role("link", name=anna.say("Compare version %(older)s and %(newer)s", older=1, newer=2)).click()
    expect(anna.page.locator("ins").filter(has_text="maxLength")).to_contain_text("5")


def test_a_filter_is_shared_as_its_address(bert: Visitor, anna: Visitor, tenant: Tenant, language: str) -> None:
    numbers = [new(tenant, f"shared{language} {place}", priority=place) for place in range(3)]
    bert.open("/ui/inbox/all")
    bert.page.locator("#q").fill(f"shared{language} priority:>=1 sort:-priority")
    bert.page.keyboard.press("Enter")
    bert.page.wait_for_url("**q=shared*")
    shown = [row.get_attribute("data-task") for row in bert.page.locator("#rows > tr").all()]
    anna.open(bert.page.url.removeprefix(bert.base_url))
    assert [row.get_attribute("data-task") for row in anna.page.locator("#rows > tr").all()] == shown
    assert shown == [str(numbers[2]), str(numbers[1])]


def test_a_token_made_on_connect_opens_its_calls(bert: Visitor, tenant: Tenant) -> None:
    bert.open("/ui/connect")
    bert.press("Make a token")
    token = bert.page.get_by_label(bert.say("New token"), exact=True)
    text = token.text_content() or ""
    calls = bert.page.locator('article[data-dialect="native"] pre').all_text_contents()
    assert len(calls) == 3
    assert all(text in call for call in calls)
    target = re.search(r"'?http://[^/]+(/v1/[^' ]+)", calls[0])
    assert target is not None
    answer = tenant.server.call("GET", target[1], headers={"Authorization": f"Bearer {text}"})
    assert answer.status == 200
