"""The wizard: a draft that becomes a batch, by filter or by numbers."""

import re
from typing import Any

from dragoman.dialects.ibm_htm.wire.ids import task_id
from tests.integration.web.batches.conftest import Desk
from tests.support.browser import Browser
from tests.support.server import Answer

NEW = "/ui/batches/new"


def go(browser: Browser, target: str, **fields: str) -> Answer:
    """Fill in a step."""
    named = {name.replace("__", "."): value for name, value in fields.items()}
    browser.get(target)
    return browser.post(target, {"csrf": browser.csrf(), **named})


def begun(browser: Browser, **fields: str) -> str:
    """The address of a new draft."""
    answer = go(browser, NEW, **fields)
    assert answer.status == 303, answer.text
    return answer.headers["location"].removesuffix("/change")


def sent(desk: Desk, answer: Answer) -> Any:
    assert answer.status == 303, answer.text
    return desk.rested(int(answer.headers["location"].rpartition("/")[2]))


def test_a_filter_becomes_the_selection_of_a_batch(desk: Desk) -> None:
    for n in range(3):
        desk.task(f"Paint wall {n}", priority=n)
    browser = desk.browser("carla")
    page = browser.get(f"{NEW}?q=Paint+is:open").text
    assert "<h1>New batch</h1>" in page
    assert 'value="Paint is:open"' in page
    assert "3 tasks" in page
    home = begun(browser, choose="filter", q="Paint is:open")
    assert "Set fields" in browser.get(f"{home}/change").text
    assert go(browser, f"{home}/change", change="set", field__0="priority", value__0="high").status == 422
    answer = go(browser, f"{home}/change", change="set", field__0="priority", value__0="2")
    assert answer.headers["location"] == f"{home}/check"
    page = browser.get(f"{home}/check").text
    assert 'value="Set priority 2"' in page
    assert "Needs 1 approval." in page
    assert "Send to review" in page
    assert "Run now" in page
    fields = {"title": "Two for all", "purpose": "Spring", "on_change": "merge", "max_failures": "x", "go": "send"}
    refused = go(browser, f"{home}/check", **fields)
    assert refused.status == 422
    assert 'id="max_failures-fault"' in refused.text
    assert 'value="Two for all"' in refused.text
    made = sent(desk, go(browser, f"{home}/check", **{**fields, "max_failures": "1"}))
    assert (made["title"], made["purpose"], made["on_change"], made["max_failures"]) == (
        "Two for all", "Spring", "merge", 1,
    )  # fmt: skip
    assert made["select"] == {"filter": "Paint is:open"}
    assert (made["summary"]["will_change"], made["summary"]["no_op"]) == (2, 1)
    assert '<code class="tag">Paint is:open</code>' in browser.get(f"/ui/batches/{made['number']}").text
    assert browser.get(f"{home}/check").status == 404


def test_numbers_and_ids_are_taken_as_they_are_written(desk: Desk) -> None:
    one, two, three = (desk.task(title) for title in ("One", "Two", "Three"))
    browser = desk.browser("carla")
    written = f"{one['number']}, {two['id'].upper()}\nTASK-99812 {task_id(three['id'])}"
    home = begun(browser, choose="numbers", numbers=written)
    assert go(browser, f"{home}/change", change="do", do="assign").status == 422
    assert go(browser, f"{home}/change", change="do", do="complete").status == 303
    made = sent(desk, go(browser, f"{home}/check", title="Done", go="run"))
    assert (made["status"], made["counts"]["success"], made["counts"]["failure"]) == ("completed", 3, 1)


def test_a_draft_that_is_sent_twice_makes_one_batch(desk: Desk) -> None:
    task = desk.task("Once")
    browser = desk.browser("carla")
    home = begun(browser, choose="numbers", numbers=str(task["number"]))
    go(browser, f"{home}/change", change="do", do="complete")
    key = re.search('name="key" value="([^"]+)"', browser.get(f"{home}/check").text)
    assert key is not None
    form = {"csrf": browser.csrf(), "key": key[1], "title": "Once", "go": "send"}
    first, second = (browser.post(f"{home}/check", form) for _ in range(2))
    assert (first.status, second.status) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    assert sent(desk, first)["status"] == "pending_review"
    for other in ({**form, "key": "another"}, {**form, "title": "Twice"}):
        assert browser.post(f"{home}/check", other).status == 404


def test_a_draft_belongs_to_its_maker_and_is_discarded(desk: Desk) -> None:
    browser = desk.browser("carla")
    home = begun(browser, choose="numbers", numbers="1")
    assert desk.browser("bert").get(f"{home}/change").status == 404
    assert f'href="{home}/choose">Draft, changed now</a>' in browser.get("/ui/batches").text
    assert "draft of yours" not in desk.browser("bert").get("/ui/batches").text
    answer = browser.send(f"{home}/discard", f"{home}/change")
    assert (answer.status, answer.headers["location"]) == (303, "/ui/batches")
    assert browser.get(f"{home}/change").status == 404


def test_a_filter_with_faults_begins_no_draft(desk: Desk) -> None:
    browser = desk.browser("carla")
    answer = go(browser, NEW, choose="filter", q="stat:open")
    assert answer.status == 422
    assert 'id="q-fault"' in answer.text
    assert "Did you mean" in answer.text
    assert go(browser, NEW, choose="numbers", numbers=" ").status == 422


def test_everything_needs_a_review(desk: Desk) -> None:
    browser = desk.browser("carla")
    home = begun(browser, choose="filter", q="")
    go(browser, f"{home}/change", change="delete")
    page = browser.get(f"{home}/check").text
    assert "all that you may see" in page
    assert "Run now" not in page
    assert go(browser, f"{home}/check", title="", go="run").status == 422
