"""What people come for, from sign-in to the end, in a browser: in English with script, in German bert without."""

import re

from playwright.sync_api import expect

from tests.support.tenant import Tenant
from tests.support.visitor import Visitor


def test_a_task_is_found_claimed_completed_and_open_again(bert: Visitor, tenant: Tenant, language: str) -> None:
    title = f"Refund the tyres {language}"
    number = tenant.native("POST", "/v1/tasks", {"title": title})["number"]
    bert.open("/ui/inbox/available")
    bert.page.locator("#q").fill(f'"Refund the tyres {language}"')
    bert.page.keyboard.press("Enter")
    bert.page.get_by_role("link", name=title, exact=True).click()
    expect(bert.page.get_by_role("heading", level=1)).to_have_text(title)
    bert.page.get_by_role("button", name=re.compile(f"^{bert.say('Claim')}\\b")).first.click()
    bert.said().to_contain_text(bert.say("Task %(number)s claimed.", number=number))
    assert tenant.native("GET", f"/v1/tasks/{number}")["assignee"] == tenant.uids["bert"]
    bert.open(f"/ui/tasks/{number}/complete")
    bert.page.get_by_label(bert.say("Outcome code")).fill("refunded")
    bert.press("Complete")
    bert.said().to_contain_text(bert.say("Task %(number)s completed.", number=number))
    assert tenant.native("GET", f"/v1/tasks/{number}")["outcome"]["code"] == "refunded"
    bert.page.get_by_role("button", name=re.compile(f"^{bert.say('Undo')}")).click()
    bert.said().to_contain_text(bert.say("Undone: task %(number)s is as it was.", number=number))
    assert tenant.native("GET", f"/v1/tasks/{number}")["state"] == "claimed"


def test_a_batch_is_made_by_one_approved_by_another_and_taken_back(
    bert: Visitor, anna: Visitor, tenant: Tenant, language: str
) -> None:
    word = f"winter{language}"
    numbers = [
        tenant.native("POST", "/v1/tasks", {"title": f"{word} {place}", "priority": 1}, person="bert")["number"]
        for place in range(3)
    ]
    bert.open(f"/ui/batches/new?q={word}")
    expect(bert.page.get_by_label(bert.say("By filter"))).to_be_checked()
    bert.press("Next")
    bert.page.get_by_label(bert.say("Field"), exact=True).select_option("priority")
    bert.page.get_by_label(bert.say("Set to"), exact=True).fill("9")
    bert.press("Next")
    bert.page.get_by_label(bert.say("Purpose")).fill("Before the snow.")
    bert.press("Send to review")
    bert.page.wait_for_url(re.compile(r"/ui/batches/\d+$"))
    batch = bert.page.url.rpartition("/")[2]

    anna.open(f"/ui/batches/{batch}")
    decision = anna.page.get_by_role("complementary", name=anna.say("Decision"))
    approve = decision.locator("[name=decision][value=approve]")
    for _ in range(200):  # without script a page is loaded again
        if approve.count():
            break
        anna.page.reload()
    if language == "en":
        expect(approve).to_have_accessible_name("Approve 3 changes")
    approve.click()
    ended = anna.page.locator("[data-status=completed]")
    for _ in range(200):
        if ended.count():
            break
        anna.page.reload()
    expect(ended.first).to_be_attached()
    assert [tenant.native("GET", f"/v1/tasks/{number}")["priority"] for number in numbers] == [9, 9, 9]

    anna.page.get_by_role("link", name=anna.say("Undo this batch…")).click()
    expect(anna.page.get_by_role("radio").first).to_be_visible()
