"""The wizard's file: looked at, its columns mapped, and made into a batch; or refused, and nothing of it kept."""

import pytest

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


def test_files_have_a_bound(desk: Desk) -> None:
    browser = desk.browser("carla")
    answer = uploaded(browser, b"id\n" + b"1\n" * (2 * MIB))
    assert (answer.status, "The file is larger than 4 MiB." in answer.text) == (413, True)
    answer = uploaded(browser, b"id\n" + b"1\n" * (5 * MIB))
    assert (answer.status, "<h1>Too large</h1>" in answer.text) == (413, True)
    assert answer.headers["connection"] == "close"
    answer = uploaded(browser, b"entry\n" + b"1\n" * 100_001)
    assert answer.status == 303
    home = answer.headers["location"].removesuffix("/choose")
    answer = go(browser, f"{home}/choose", choose="file", column__0="id")
    assert (answer.status, "At most 100,000 entries." in answer.text) == (413, True)
    assert go(browser, NEW, choose="file").status == 422
