"""The page of a batch that runs, and of one that has ended: control, results, retry and undo."""

import re
from typing import Any

from tests.integration.web.batches.conftest import Desk
from tests.support.server import Answer

RESULT = re.compile(r'<tr id="entry-(\d+)"[^>]*data-outcome="(\w+)"')
REVISION = re.compile(r'name="revision" value="(\d+)"')


def act(desk: Desk, person: str, number: int, verb: str, **fields: str) -> Answer:
    """A form of the page as it is now."""
    browser = desk.browser(person)
    page = browser.get(f"/ui/batches/{number}").text
    found = REVISION.findall(page)
    revision = {"revision": found[-1]} if found else {}
    return browser.post(f"/ui/batches/{number}/{verb}", {"csrf": browser.csrf(), **revision, **fields})


def made(answer: Answer) -> int:
    """The batch that an answer leads to."""
    assert answer.status == 303, answer.text
    return int(answer.headers["location"].rpartition("/")[2])


def ended(desk: Desk, **options: Any) -> int:
    """A batch of two tasks and two numbers that no task has."""
    tasks = [desk.task(f"Task {n}", priority=n)["number"] for n in (1, 2)]
    entries = [tasks[0], 88_001, tasks[1], 88_002]
    return desk.batch(entries, {"priority": 9}, review=False, **options)


def test_what_became_of_each_entry_is_shown_in_input_order(desk: Desk) -> None:
    number = ended(desk)
    page = desk.browser("carla").get(f"/ui/batches/{number}").text
    assert "Completed, 2 failed" in page
    assert "4 of 4, 100 %" in page
    assert '<h2 id="h-fail">Failures</h2>' in page
    assert re.search(r'<tr data-code="not_found">.*href="\?after=1#entry-1">88001</a>, <a [^>]*>88002</a>', page)
    assert RESULT.findall(page) == [("0", "success"), ("1", "failure"), ("2", "success"), ("3", "failure")]
    assert ">Retry 2 failed</button>" in page
    assert "Undo this batch…" in page
    assert "Can be undone until" in page
    some = desk.browser("carla").get(f"/ui/batches/{number}?outcome=failure").text
    assert RESULT.findall(some) == [("1", "failure"), ("3", "failure")]
    assert RESULT.findall(desk.browser("carla").get(f"/ui/batches/{number}?code=conflict").text) == []
    text = desk.browser("carla").get(f"/ui/batches/{number}/results.ndjson").text
    assert len(text.splitlines()) == 4


def test_failed_entries_are_retried_and_the_batches_name_each_other(desk: Desk) -> None:
    number = ended(desk)
    key = re.search(r'name="key" value="([^"]+)"', desk.browser("carla").get(f"/ui/batches/{number}").text)
    assert key is not None
    again = made(act(desk, "carla", number, "retry", key=key[1]))
    assert made(act(desk, "carla", number, "retry", key=key[1])) == again
    batch = desk.rested(again)
    assert (batch["status"], batch["counts"]["total"], batch["origin"]["kind"]) == ("pending_review", 2, "retry")
    assert f'<a href="/ui/batches/{again}">{again}</a>' in desk.browser("carla").get(f"/ui/batches/{number}").text
    page = desk.browser("carla").get(f"/ui/batches/{again}").text
    assert f'<a href="/ui/batches/{batch["origin"]["batch"]}">the original batch</a>' in page
    assert desk.browser("carla").get(f"/ui/batches/{batch['origin']['batch']}").status == 200


def test_a_batch_is_undone_after_a_question(desk: Desk) -> None:
    number = ended(desk)
    question = desk.browser("carla").get(f"/ui/batches/{number}/undo").text
    assert f"<h1>Undo batch {number}</h1>" in question
    assert "Where a task changed since" in question
    key = re.findall(r'name="key" value="([^"]+)"', question)[-1]
    undo = made(act(desk, "carla", number, "undo", on_conflict="merge", key=key))
    assert made(act(desk, "carla", number, "undo", on_conflict="merge", key=key)) == undo
    assert desk.rested(undo)["origin"]["kind"] == "undo"
    page = desk.browser("carla").get(f"/ui/batches/{number}").text
    assert "Another batch undoes this one" in page
    assert "Undo this batch…" not in page
    refused = act(desk, "carla", number, "undo")
    assert refused.status == 409
    assert "Another batch undoes this one already." in refused.text


def test_a_run_is_paused_resumed_and_stopped(desk: Desk) -> None:
    number = ended(desk, not_before="2027-06-01T00:00:00Z")
    browser = desk.browser("carla")
    page = browser.get(f"/ui/batches/{number}").text
    assert "0 of 4, 0 %" in page
    assert "It begins:" in page
    assert act(desk, "carla", number, "pause").status == 303
    page = browser.get(f"/ui/batches/{number}").text
    assert f"Batch {number} paused." in page
    assert 'data-status="paused"' in page
    assert act(desk, "carla", number, "resume").status == 303
    assert f"<h1>Stop batch {number}</h1>" in browser.get(f"/ui/batches/{number}/stop").text
    assert act(desk, "carla", number, "stop", reason="enough").status == 303
    page = browser.get(f"/ui/batches/{number}").text
    assert "Stopped" in page
    assert [outcome for _, outcome in RESULT.findall(page)] == ["skipped"] * 4
    assert ">Retry 4 skipped</button>" in page
    late = act(desk, "carla", number, "pause", revision="1")
    assert late.status == 412


def test_the_others_of_a_canary_wait_for_a_second_decision(desk: Desk) -> None:
    number = ended(desk, canary=1)
    page = desk.browser("bert").get(f"/ui/batches/{number}").text
    assert 'data-status="canary_review"' in page
    assert RESULT.findall(page) == [("0", "success")]
    assert 'value="approve">Go on with 3</button>' in page
    assert ">Stop here</button>" in page
    assert act(desk, "bert", number, "decide", decision="approve").status == 303
    assert desk.rested(number)["status"] == "completed"
    other = ended(desk, canary=1)
    assert act(desk, "bert", other, "decide", decision="stop").status == 303
    assert desk.rested(other)["status"] == "stopped"


def test_script_gets_the_progress_alone(desk: Desk) -> None:
    number = ended(desk)
    browser = desk.browser("carla")
    browser.headers["HX-Request"] = "true"
    answer = browser.get(f"/ui/batches/{number}?part=live")
    del browser.headers["HX-Request"]
    assert "<html" not in answer.text
    assert "4 of 4, 100 %" in answer.text


def test_script_that_replaces_the_page_itself_is_told_where_an_act_leads(desk: Desk) -> None:
    number = ended(desk, not_before="2027-06-01T00:00:00Z")
    browser = desk.browser("carla")
    browser.get(f"/ui/batches/{number}")
    headers = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true", "HX-Target": "main"}
    fields = {"csrf": browser.csrf(), "revision": "999"}
    refused = browser.post(f"/ui/batches/{number}/pause", fields, headers)
    assert refused.status == 412
    assert 'id="main"' in refused.text
    fields["revision"] = str(desk.tenant.native("GET", f"/v1/batches/{number}")["revision"])
    answer = browser.post(f"/ui/batches/{number}/pause", fields, headers)
    assert (answer.status, answer.headers["hx-redirect"]) == (204, f"/ui/batches/{number}")
    assert f"Batch {number} paused." in browser.get(f"/ui/batches/{number}").text
