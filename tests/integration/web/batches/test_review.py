"""The page of a batch under review: what would happen, entry by entry, and the decision, bound to what was seen."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from dragoman.store.engine import driver
from tests.integration.web.batches.conftest import Desk
from tests.support.server import Answer

ROW = re.compile(r'<tr id="entry-(\d+)"[^>]*data-effect="(\w+)"')
REVISION = re.compile(r'name="revision" value="(\d+)"')


def decided(desk: Desk, person: str, number: int, **fields: str) -> Answer:
    """Fill in the form of the page as it is, and send it."""
    browser = desk.browser(person)
    page = browser.get(f"/ui/batches/{number}").text
    revision = REVISION.findall(page)[-1]
    return browser.post(f"/ui/batches/{number}/decide", {"csrf": browser.csrf(), "revision": revision, **fields})


def test_each_entry_shows_what_would_become_of_it(desk: Desk) -> None:
    tyres, paint = desk.task("Order <b>tyres</b>", priority=5), desk.task("Order paint", priority=9)
    entries = [tyres["number"], paint["number"], 99_812]
    number = desk.batch(entries, {"priority": 9}, title="Nine for all", purpose="Spring <move>")
    page = desk.browser("bert").get(f"/ui/batches/{number}").text
    assert "<h1 hx-ignore>Nine for all</h1>" in page
    assert "Spring &lt;move&gt;" in page
    assert f'data-batch="{number}" data-status="pending_review"' in page
    assert ROW.findall(page) == [("0", "will_change"), ("1", "no_op"), ("2", "missing")]
    assert "Order &lt;b&gt;tyres&lt;/b&gt;" in page
    assert re.search(r"priority</span><del>5</del>.*<ins>9</ins>", page)
    assert '<span class="mono">99812</span>' in page
    assert "Not found: no task has this number." in page
    assert '<a class="k-missing" href="?effect=missing"><b>1</b> not found</a>' in page
    assert '<aside class="decide stack" aria-label="Decision">' in page
    assert "Needs 1 approval. 0 of 1." in page
    assert 'value="approve">Approve 1 change</button>' in page
    assert 'value="refuse">Refuse</button>' in page
    assert "Withdraw" not in page
    assert ROW.findall(desk.browser("bert").get(f"/ui/batches/{number}?effect=missing").text) == [("2", "missing")]
    assert ROW.findall(desk.browser("bert").get(f"/ui/batches/{number}?find=TYRES").text) == [("0", "will_change")]
    assert ROW.findall(desk.browser("bert").get(f"/ui/batches/{number}?find=9981").text) == [("2", "missing")]
    assert "No entry matches." in desk.browser("bert").get(f"/ui/batches/{number}?find=nowhere").text
    away = desk.browser("bert").get(f"/ui/batches/{number}/unusual?to=next&at=-1").headers["location"]
    assert away == f"/ui/batches/{number}?after=0#entry-2"
    assert desk.browser("dora").get(f"/ui/batches/{number}").status == 404


def test_people_and_categories_are_called_by_their_names(desk: Desk) -> None:
    category = desk.tenant.native("POST", "/v1/categories", {"title": "Calls & <more>"})["number"]
    tasks = [desk.task(f"Task {n}")["number"] for n in (1, 2)]
    data = {"category": category, "assignee": desk.tenant.login("bert")}
    page = desk.browser("bert").get(f"/ui/batches/{desk.batch(tasks, data)}").text
    assert page.count("<ins>Calls &amp; &lt;more&gt;</ins>") == 3
    assert page.count("<ins>Bert</ins>") == 3


def test_equal_changes_stand_together_and_lead_to_their_entries(desk: Desk) -> None:
    tasks = [desk.task(f"Task {n}", priority=n)["number"] for n in (3, 3, 4)]
    number = desk.batch(tasks, [{"priority": 9}, {"priority": 90}, {"priority": 9}])
    page = desk.browser("bert").get(f"/ui/batches/{number}").text
    assert "The same changes, together" in page
    assert "2 different values" in page
    links = re.findall(r'<td class="num"><a href="([^"]*field=[^"]*)">(\d+ tasks?)</a>', page)
    assert [words for _, words in links] == ["2 tasks", "1 task"]
    first, second = (link.replace("&amp;", "&") for link, _ in links)
    found = [ROW.findall(desk.browser("bert").get(f"/ui/batches/{number}{link}").text) for link in (first, second)]
    assert found == [[("0", "will_change"), ("2", "will_change")], [("1", "will_change")]]


def test_a_batch_made_by_one_is_approved_by_another(desk: Desk) -> None:
    task = desk.task("Order tyres")
    number = desk.batch([task["number"]], {"priority": 9}, policy={"creator_may_approve": False})
    own = desk.browser("carla").get(f"/ui/batches/{number}").text
    assert "Needs 1 approval by somebody other than Carla. 0 of 1." in own
    assert "Approve 1 change" not in own
    assert 'value="withdraw">Withdraw</button>' in own
    answer = decided(desk, "bert", number, decision="approve", reason="as <agreed>")
    assert (answer.status, answer.headers["location"]) == (303, f"/ui/batches/{number}")
    batch = desk.rested(number)
    assert (batch["status"], batch["decisions"][0]["reason"]) == ("completed", "as <agreed>")
    page = desk.browser("bert").get(f"/ui/batches/{number}").text
    assert f"Batch {number} approved." in page
    assert 'data-status="completed"' in page
    assert "as &lt;agreed&gt;" in page


def test_a_refusal_needs_a_reason_and_keeps_what_was_typed(desk: Desk) -> None:
    number = desk.batch([desk.task("Order tyres")["number"]], {"priority": 9})
    answer = decided(desk, "bert", number, decision="refuse", reason=" ")
    assert answer.status == 422
    assert re.search(r'id="reason"[^>]*aria-describedby="reason-hint reason-fault" aria-invalid="true"', answer.text)
    assert "Say why: a refusal needs a reason." in answer.text
    assert desk.rested(number)["status"] == "pending_review"
    assert decided(desk, "bert", number, decision="refuse", reason="not now").status == 303
    assert desk.rested(number)["ended_because"]["code"] == "refused"


def test_the_creator_withdraws_without_a_reason(desk: Desk) -> None:
    number = desk.batch([desk.task("Order tyres")["number"]], {"priority": 9})
    assert decided(desk, "carla", number, decision="withdraw").status == 303
    assert desk.rested(number)["status"] == "cancelled"


def test_deletions_are_approved_by_typing_their_number(desk: Desk) -> None:
    tasks = [desk.task(f"Task {n}")["number"] for n in range(2)]
    number = desk.batch(tasks, method="DELETE")
    page = desk.browser("bert").get(f"/ui/batches/{number}").text
    assert "Approve 2 deletions" in page
    assert '<label for="typed">Type 2 to approve</label>' in page
    assert decided(desk, "bert", number, decision="approve", typed="3").status == 422
    assert desk.rested(number)["status"] == "pending_review"
    assert decided(desk, "bert", number, decision="approve", typed="2").status == 303
    assert desk.rested(number)["counts"]["success"] == 2


def test_a_preview_that_is_not_the_one_seen_cannot_be_approved(desk: Desk) -> None:
    tasks = [desk.task(f"Task {n}") for n in range(2)]
    number = desk.batch([task["number"] for task in tasks], {"priority": 9})
    browser = desk.browser("bert")
    page = browser.get(f"/ui/batches/{number}").text
    seen = REVISION.findall(page)[-1]
    fields = {"csrf": browser.csrf(), "revision": seen, "seen": "2", "decision": "approve", "reason": "what I typed"}
    desk.tenant.native("PATCH", f"/v1/tasks/{tasks[0]['number']}", {"priority": 9}, person="carla")
    page = browser.get(f"/ui/batches/{number}").text
    assert "1 task changed since this preview was made." in page
    assert "They would be left out and counted as failed." in page
    assert re.search(r'data-entry="0" data-effect="will_change" data-stale="true"', page)
    assert "Changed since this preview by Carla, now. It will be left out." in page
    assert browser.send(f"/ui/batches/{number}/preview", f"/ui/batches/{number}", revision=seen).status == 303
    desk.rested(number)
    answer = browser.post(f"/ui/batches/{number}/decide", fields)
    assert answer.status == 412
    assert "Nothing was decided; look at it as it is now." in answer.text
    assert "what I typed</textarea>" in answer.text
    assert "2 entries would have changed, now 1." in answer.text
    assert "Bert asked for a new preview." in answer.text
    assert 'value="approve">Approve 1 change</button>' in answer.text
    assert desk.rested(number)["status"] == "pending_review"


def test_a_decision_that_comes_too_late_says_so(desk: Desk) -> None:
    number = desk.batch([desk.task("Order tyres")["number"]], {"priority": 9})
    browser = desk.browser("bert")
    browser.get(f"/ui/batches/{number}")
    fields = {"csrf": browser.csrf(), "decision": "refuse", "reason": "no, thanks"}
    decided(desk, "carla", number, decision="withdraw")
    revision = str(desk.rested(number)["revision"])
    answer = browser.post(f"/ui/batches/{number}/decide", {**fields, "revision": revision})
    assert answer.status in (303, 409)  # it was refused already: a second refusal changes nothing
    answer = browser.post(f"/ui/batches/{number}/decide", {**fields, "decision": "approve", "revision": revision})
    assert answer.status == 409
    assert "This batch doesn&#39;t wait for a decision any more." in answer.text
    assert "no, thanks" in answer.text


def test_what_one_may_not_see_is_hidden_with_the_names_of_its_changes(desk: Desk) -> None:
    contact = desk.tenant.native(
        "POST", "/v1/contacts", {"kind": "person", "first_name": "Pia", "last_name": "Secret", "is_private": True},
        person="carla",
    )  # fmt: skip
    task = desk.task("Call about the secret", contact=contact["number"])
    number = desk.batch([task["number"]], {"priority": 9})
    page = desk.browser("bert").get(f"/ui/batches/{number}").text
    assert "You may not see this task." in page
    assert '<span class="soft mono">priority</span>' in page
    assert "secret" not in page.partition("<main")[2]
    assert "No entry matches." in desk.browser("bert").get(f"/ui/batches/{number}?find=secret").text


def test_options_are_changed_and_void_approvals(desk: Desk) -> None:
    number = desk.batch([desk.task("Order tyres")["number"]], {"priority": 9}, policy={"approvals": 2})
    decided(desk, "bert", number, decision="approve")
    page = desk.browser("bert").get(f"/ui/batches/{number}").text
    assert "You have approved it; others have to approve as well." in page
    browser = desk.browser("carla")
    page = browser.get(f"/ui/batches/{number}/options").text
    assert "Approvals given so far will be void." in page
    revision = REVISION.findall(page)[-1]
    target = f"/ui/batches/{number}/options"
    faulty = browser.send(target, revision=revision, max_failures="many", canary="0")
    assert faulty.status == 422
    assert 'id="max_failures-fault"' in faulty.text
    assert 'id="canary-fault"' in faulty.text
    assert browser.send(target, revision=revision, max_failures="1 %", priority="7").status == 303
    batch = desk.rested(number)
    assert (batch["max_failures"], batch["priority"], batch["decisions"][0]["counted"]) == ("1%", 7, False)


def test_the_preview_is_downloaded_whole(desk: Desk) -> None:
    number = desk.batch([desk.task("Order tyres")["number"], 99_999], {"priority": 9})
    answer = desk.browser("bert").get(f"/ui/batches/{number}/preview.csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="batch-{number}-preview.csv"'
    assert answer.text.startswith("#index,#effect,#object,#changed,#code,#message,id,priority:json")
    assert len(desk.browser("bert").get(f"/ui/batches/{number}/preview.ndjson").text.splitlines()) == 2
    assert desk.browser("dora").get(f"/ui/batches/{number}/preview.csv").status == 404


class Heard:
    """A driver's cursor that notes its statements."""

    def __init__(self, cursor: Any, found: list[str]) -> None:
        self._cursor = cursor
        self._found = found

    def execute(self, text: str, values: Any) -> Any:
        self._found.append(text)
        return self._cursor.execute(text, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


@pytest.fixture
def statements(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is asked of the database meanwhile, past SQLAlchemy or not."""
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    known = driver._cursor
    monkeypatch.setattr(driver, "_cursor", lambda connection: Heard(known(connection), found))
    engine = desk.tenant.server.app.store.engine.raw
    sa.event.listen(engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(engine, "before_cursor_execute", note)


def test_a_page_asks_the_same_few_statements_whatever_the_size(desk: Desk, statements: list[str]) -> None:
    few = desk.batch([desk.task("Order tyres")["number"], 99_999], {"priority": 9})
    many = [desk.task(f"Task {n}")["number"] for n in range(30)]
    lot = desk.batch([*many, *range(90_000, 90_300)], {"priority": 9})

    def asked(address: str, most: int = 0) -> int:
        """The fewest of some tries, of which one with at most so many is the last: background work asks as well."""
        counts: list[int] = []
        while len(counts) < 12 or (most and len(counts) < 40 and min(counts) > most):
            del statements[:]
            assert desk.browser("bert").get(address).status == 200
            counts.append(len([text for text in statements if text.lstrip().upper().startswith("SELECT")]))
        return min(counts)

    fewest = asked(f"/ui/batches/{few}")
    assert fewest == asked(f"/ui/batches/{lot}", fewest) <= 10, statements
    decided(desk, "bert", lot, decision="approve")
    desk.rested(lot)
    assert asked(f"/ui/batches/{lot}") <= 10, statements
    assert asked("/ui/batches") <= 10, statements


def test_a_page_of_many_entries_is_as_long_as_one_of_a_hundred(desk: Desk) -> None:
    first, last = 900_000, 904_900
    few, many = (desk.batch([*range(first, end)], {"priority": 9}) for end in (first + 100, last))
    pages = [desk.browser("bert").get(f"/ui/batches/{address}").text for address in (few, many, f"{many}?after=4800")]
    assert [len(ROW.findall(page)) for page in pages] == [100, 100, 100]
    assert max(map(len, pages)) - len(pages[0]) < 1_000, [*map(len, pages)]
