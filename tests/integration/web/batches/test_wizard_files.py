"""The wizard's file: looked at, its columns mapped, and made into a batch; or refused, and nothing of it kept."""

import pytest
import sqlalchemy as sa

from dragoman.store import tables
from tests.integration.web.batches.conftest import Desk
from tests.integration.web.batches.test_wizard import NEW, go, sent
from tests.support.browser import Browser
from tests.support.server import Answer

MIB = 1024 * 1024


def uploaded(browser: Browser, content: bytes, name: str = "changes.csv", target: str = NEW, **fields: str) -> Answer:
    """Choose a file."""
    browser.get(target)
    return browser.upload(target, {"csrf": browser.csrf(), "choose": "file", "q": "", **fields}, name, content)


def kept(browser: Browser, content: bytes, name: str = "changes.csv") -> str:
    """The address of a draft with this file."""
    answer = uploaded(browser, content, name)
    assert answer.status == 303, answer.text
    return answer.headers["location"].removesuffix("/choose")


def test_the_columns_of_a_file_become_a_batch(desk: Desk) -> None:
    one, two = desk.task("One"), desk.task("Two")
    browser = desk.browser("carla")
    rows = f'No.,Colour,Wave\r\n{one["number"]},<b>red</b>,3\r\n{two["id"].upper()},"blue, pale",4\r\n'
    home = kept(browser, rows.encode(), "<i>März.csv")
    page = browser.get(f"{home}/choose").text
    assert "&lt;i&gt;März.csv" in page
    assert "<td>blue, pale</td>" in page
    assert "&lt;b&gt;red&lt;/b&gt;" in page
    assert browser.get(f"{home}/change").headers["location"] == f"{home}/choose"
    columns = {"choose": "file", "column__0": "id", "column__1": "title", "column__2": "priority"}
    refused = go(browser, f"{home}/choose", **{**columns, "column__2": "title"})
    assert (refused.status, "Two columns hold the same field." in refused.text) == (422, True)
    assert go(browser, f"{home}/choose", **columns).headers["location"] == f"{home}/change"
    assert 'value="columns" checked' in browser.get(f"{home}/change").text
    assert go(browser, f"{home}/change", change="columns").headers["location"] == f"{home}/check"
    page = browser.get(f"{home}/check").text
    assert "title, priority as in the file" in page
    assert "2 tasks" in page
    made = sent(desk, go(browser, f"{home}/check", title="By file", go="run"))
    assert (made["status"], made["counts"]["success"]) == ("completed", 2)
    after = [desk.tenant.native("GET", f"/v1/tasks/{task['number']}") for task in (one, two)]
    assert [(task["title"], task["priority"]) for task in after] == [("<b>red</b>", 3), ("blue, pale", 4)]
    assert browser.get(f"{home}/choose").status == 404


def test_lines_of_json_become_a_batch(desk: Desk) -> None:
    one, two = desk.task("One"), desk.task("Two", priority=5)
    browser = desk.browser("carla")
    lines = f'{{"entry": {one["number"]}, "data": {{"priority": 7}}}}\n{{"entry": "{two["number"]}"}}\n'
    home = kept(browser, lines.encode(), "rows.ndjson")
    assert '<th scope="col" hx-ignore>priority</th>' in browser.get(f"{home}/choose").text
    assert go(browser, f"{home}/choose", choose="file").status == 303
    assert go(browser, f"{home}/change", change="delete").status == 303
    made = sent(desk, go(browser, f"{home}/check", title="", go="send"))
    assert (made["method"], made["summary"]["will_change"]) == ("DELETE", 2)


@pytest.mark.parametrize(
    ("content", "places"),
    [
        (b"id,title\n1,a\n2\n3,b,c\n", ["Line 3, column 2: The row has", "Line 4, column 5: The row has"]),
        (b"id,title\n1,\xff\n", ["Line 2, column 3: The text isn&#39;t UTF-8."]),
        (b"id,t\xfftle\n1,x\n", ["Line 1, column 5: The text isn&#39;t UTF-8."]),
        (b'id,title\n1,"a\n', ["Line 2, column 3: A quote is where none may be"]),
        (b"id,title\n", ["The file has no entries."]),
        (b"id;title\n1;2\n", ["separated by commas"]),
        (b"", ["The file has no entries."]),
    ],
)  # fmt: skip
def test_nothing_of_a_wrong_file_is_kept(desk: Desk, content: bytes, places: list[str]) -> None:
    answer = uploaded(desk.browser("carla"), content)
    assert answer.status == 422
    assert [place for place in places if place not in answer.text] == []
    assert "/ui/batches/drafts/" not in answer.text


def test_a_draft_keeps_its_file_when_another_one_is_refused(desk: Desk) -> None:
    browser = desk.browser("carla")
    home = kept(browser, b"id,priority\n1,high\n", "first.csv")
    answer = uploaded(browser, b"{", "second.ndjson", f"{home}/choose")
    assert (answer.status, "Line 1, column" in answer.text) == (422, True)
    page = browser.get(f"{home}/choose").text
    assert "first.csv" in page
    answer = go(browser, f"{home}/choose", choose="file", column__0="id", column__1="priority")
    assert (answer.status, "Line 2, column 3: The value isn" in answer.text) == (422, True)
    assert go(browser, f"{home}/choose", choose="file", column__0="title").status == 422
    assert go(browser, f"{home}/choose", choose="numbers", numbers="1").status == 303
    assert "first.csv" not in browser.get(f"{home}/choose").text


def test_a_form_with_a_file_has_bounds(desk: Desk) -> None:
    browser = desk.browser("carla")
    answer = uploaded(browser, b"entry\n" + b"1\n" * 100_001)
    assert (answer.status, "At most 100,000 entries." in answer.text) == (413, True)
    assert "up to 100,000 entries" in answer.text
    answer = uploaded(browser, b"id\n1\n", more="x" * 8 * MIB)
    assert (answer.status, "<h1>Too large</h1>" in answer.text) == (413, True)
    assert answer.headers["connection"] == "close"
    assert go(browser, NEW, choose="file").status == 422


def test_a_file_is_no_field_of_a_form_that_takes_none(desk: Desk) -> None:
    browser = desk.browser("carla")
    answer = uploaded(browser, b"x" * 9 * MIB, target="/ui/profile")
    assert (answer.status, "<h1>Too large</h1>" in answer.text) == (413, True)


@pytest.mark.parametrize("csrf", ["", "wrong", None])
def test_nothing_of_a_file_is_read_before_its_form_is_known_to_be_ours(desk: Desk, csrf: str | None) -> None:
    browser = desk.browser("carla")
    before = kept_pieces(desk)
    fields = {"choose": "file"} if csrf is None else {"csrf": csrf, "choose": "file"}
    answer = browser.upload(NEW, fields, "a.csv", b"id\n1,2\n")
    assert (answer.status, "This form is out of date" in answer.text) == (403, True)
    assert answer.headers["connection"] == "close"
    assert kept_pieces(desk) == before


def test_discarding_a_draft_discards_its_file(desk: Desk) -> None:
    browser = desk.browser("carla")
    before = kept_pieces(desk)
    home = kept(browser, b"id\n1\n")
    assert kept_pieces(desk) == before + 1
    browser.get(f"{home}/choose")
    assert browser.post(f"{home}/discard", {"csrf": browser.csrf()}).status == 303
    assert kept_pieces(desk) == before


def kept_pieces(desk: Desk) -> int:
    """How many pieces of files the tenant has."""
    mine = sa.select(sa.func.count()).where(tables.batch_draft_file.c.tenant == desk.tenant.key)
    with desk.tenant.server.app.store.engine.reader() as connection:
        return int(connection.execute(mine).scalar_one())
