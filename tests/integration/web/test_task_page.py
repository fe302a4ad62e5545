"""The page of one task: what it shows, and to whom."""

import re
from html import unescape

import pytest
import sqlalchemy as sa

from dragoman.domain.clock import Moment, to_datetime
from dragoman.domain.digest import hour_of
from dragoman.store import tables
from tests.support.browser import Browser
from tests.support.statements import fewest
from tests.support.tenant import PASSWORD, Tenant

STATEMENTS = 9
H = tables.history.c
TAGS = re.compile(r"<[^>]+>")


@pytest.fixture
def anna(tenant: Tenant, browser: Browser) -> Browser:
    """A browser in which anna is signed in."""
    browser.sign_in(tenant.login("anna"), PASSWORD)
    return browser


def made(tenant: Tenant, person: str = "anna", **fields: object) -> int:
    """A new task of this person's."""
    number: int = tenant.native("POST", "/v1/tasks", {"title": "Refund two tyres", **fields}, person=person)["number"]
    return number


def main_of(text: str) -> str:
    """What stands in `main`, without tags."""
    return " ".join(unescape(TAGS.sub(" ", text[text.index("<main") : text.index("</main>")])).split())


def test_the_page_shows_the_task(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant, description="See https://example.com/a?b=1.", priority=7, properties={"color": "red"})
    page = anna.get(f"/ui/tasks/{number}")
    assert page.status == 200
    assert "<title>Refund two tyres · Dragoman</title>" in page.text
    assert f'data-task="{number}" data-revision="1" data-state="ready" data-read="false"' in page.text
    assert '<a href="https://example.com/a?b=1" rel="noopener noreferrer nofollow">https://example.com/a?b=1</a>.' in (
        page.text
    )
    headings = re.findall(
        r"<h2[^>]*>(?:<[^>]+>)*([^<]+)", page.text[page.text.index("<main") : page.text.index("</main>")]
    )
    assert [heading for heading in headings if heading != "Facts"] == [
        *("Description", "Extensions", "Messages", "Properties", "Subtasks", "Reminders and times", "People"),
        *("History", "As seen by"),
    ]
    text = main_of(page.text)
    assert "No extensions yet." in text
    assert "No subtasks." in text
    for field in ("Title", "Description", "Assignee", "Due", "Priority", "Category", "Case", "Contact", "Parent"):
        assert f"Edit {field}" in text
    assert re.search(r'<li data-history="1">.*?<ins dir="auto">Refund two tyres</ins>', page.text, re.DOTALL)


def test_a_due_time_that_was_chosen_in_another_zone_shows_that_zone(tenant: Tenant, anna: Browser) -> None:
    due = {"due_local": "2031-05-04T23:30:00", "due_zone": "Asia/Tokyo"}
    page = anna.get(f"/ui/tasks/{made(tenant, **due)}").text
    assert re.search(r'title="[^"]* 23:30:00 JST">4 May 2031</time></span> <span class="soft">Asia/Tokyo</span>', page)
    here = {**due, "due_zone": tenant.native("GET", "/v1/tenant")["zone"]}
    assert '<span class="soft">Asia/Tokyo</span>' not in anna.get(f"/ui/tasks/{made(tenant, **here)}").text


def test_a_uuid_leads_to_the_number(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant)
    uid = tenant.native("GET", f"/v1/tasks/{number}")["id"]
    answer = anna.get(f"/ui/tasks/{uid}")
    assert (answer.status, answer.headers["location"]) == (303, f"/ui/tasks/{number}")


def test_a_hidden_task_is_like_one_that_is_not_there(tenant: Tenant, anna: Browser) -> None:
    contact = tenant.native("POST", "/v1/contacts", {"kind": "person", "first_name": "Ida", "is_private": True})[
        "number"
    ]
    hidden = made(tenant, contact=contact)
    bert = Browser(anna.server)
    bert.sign_in(tenant.login("bert"), PASSWORD)
    answers = [bert.get(f"/ui/tasks/{ref}") for ref in (hidden, 999_999, "nothing", 10**30)]
    assert {answer.status for answer in answers} == {404}
    assert len({main_of(answer.text) for answer in answers}) == 1
    assert "No task has this number." in answers[0].text
    assert anna.get(f"/ui/tasks/{hidden}").status == 200


def test_a_deleted_task_is_gone_and_has_its_history(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant)
    tenant.native("DELETE", f"/v1/tasks/{number}")
    page = anna.get(f"/ui/tasks/{number}")
    assert page.status == 410
    assert "Refund two tyres" in main_of(page.text)
    assert 'data-history="1"' in page.text
    assert re.findall('data-act="([a-z]+)"', page.text) == ["restore"]


def test_a_change_says_which_digest_covers_it(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant)
    assert "Checked by the digest" not in anna.get(f"/ui/tasks/{number}").text
    found = sa.select(sa.func.max(H.at)).where(H.tenant == tenant.key)
    with tenant.server.app.store.engine.raw.begin() as connection:
        until = connection.execute(found).scalar_one()
        digest = {"tenant": tenant.key, "sequence": 1, "from_at": 0, "until_at": until, "heads": "[]", "hash": "x"}
        connection.execute(sa.insert(tables.digest), digest)
    said = f"{to_datetime(hour_of(Moment(until))):%H:%M}</p>"
    assert said in anna.get(f"/ui/tasks/{number}").text.partition("Checked by the digest of ")[2]


def test_history_has_pages_and_words(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant, description="The parcel was opened by the customer and one tyre was already torn inside.")
    after = "The parcel was opened by the carrier and one tyre was already torn inside."
    tenant.native("PATCH", f"/v1/tasks/{number}", {"description": after, "extensions": {"Parcel": {"a": 1.10, "b": 2}}})
    tenant.native("PATCH", f"/v1/tasks/{number}", {"extensions": {"Parcel": {"b": 3}}})
    for priority in range(50):
        tenant.native("PATCH", f"/v1/tasks/{number}", {"priority": priority})
    page = anna.get(f"/ui/tasks/{number}").text
    assert re.findall(r'data-history="(\d+)"', page) == [str(revision) for revision in range(53, 3, -1)]
    older = re.search(r'href="([^"]+)#history">Older changes', page)
    assert older is not None
    page = anna.get(older[1]).text
    assert re.findall(r'data-history="(\d+)"', page) == ["3", "2", "1"]
    assert "<del>customer</del> <ins>carrier</ins>" in page
    changed = page[page.index('data-history="3"') : page.index('data-history="2"')]
    assert re.findall(r'data-field="([^"]+)"', changed) == ["extensions.Parcel.b"]


def test_a_large_task_takes_no_more_statements(tenant: Tenant, anna: Browser) -> None:
    contact = tenant.native("POST", "/v1/contacts", {"kind": "person", "first_name": "Ida"})["number"]
    case = tenant.native("POST", "/v1/cases", {"title": "Return 8123"})["number"]
    category = tenant.native("POST", "/v1/categories", {"title": "Returns"})["number"]
    for name in ("Parcel", "Other"):
        schema = {"title": name, "type": "object", "properties": {"carrier": {"type": "string"}}}
        tenant.native("POST", "/v1/schemas/task", schema)
    parent = made(tenant)
    number = made(
        tenant, contact=contact, case=case, category=category, parent=parent, assignee=tenant.login("bert"),
        extensions={"Parcel": {"carrier": "Post"}, "Other": {"carrier": "Post"}},
        properties={str(key): "x" for key in range(500)},
    )  # fmt: skip
    for title in range(60):
        made(tenant, parent=number, title=f"Part {title}")
        tenant.native("PATCH", f"/v1/tasks/{number}", {"priority": title})
    page = anna.get(f"/ui/tasks/{number}")
    assert page.status == 200
    assert "Return 8123" in page.text
    least = fewest(lambda: anna.get(f"/ui/tasks/{number}"), STATEMENTS)
    assert len(least) <= STATEMENTS, "\n".join(each[-150:] for each in least)


def test_five_thousand_changes_are_read_page_by_page(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant)
    tenant.native("PATCH", f"/v1/tasks/{number}", {"priority": 1})
    with tenant.server.app.store.engine.raw.begin() as connection:
        mine = (H.tenant == tenant.key, H.entity == "task", H.number == number, H.revision == 2)
        [change] = connection.execute(sa.select(tables.history).where(*mine)).mappings()
        rows = [{**change, "revision": revision} for revision in range(3, 5_001)]
        connection.execute(sa.insert(tables.history), rows)
    page, expected = anna.get(f"/ui/tasks/{number}").text, 5_000
    for _ in range(3):
        assert re.findall(r'data-history="(\d+)"', page) == [str(each) for each in range(expected, expected - 50, -1)]
        older = re.search(r'href="([^"]+)#history">Older changes', page)
        assert older is not None
        page, expected = anna.get(older[1]).text, expected - 50
    assert re.findall(r'data-history="(\d+)"', anna.get(f"/ui/tasks/{number}?before=3").text) == ["2", "1"]
    assert len(fewest(lambda: anna.get(f"/ui/tasks/{number}"), STATEMENTS)) <= STATEMENTS


def test_messages_are_shown_as_text_and_saved_as_files(tenant: Tenant, anna: Browser) -> None:
    number = made(tenant, assignee=tenant.login("anna"))
    tkiid = "_TKI:" + ".".join(
        f"{int(part, 16):x}" for part in words_of(tenant.native("GET", f"/v1/tasks/{number}")["id"])
    )
    note = "<script>1</script>" + "é" * 70_000
    body = f"<output><note>{note.replace('<', '&lt;')}</note></output>"
    headers = {"Authorization": tenant.basic("anna"), "Content-Type": "application/xml"}
    put = tenant.server.call("PUT", f"/rest/bpm/htm/v1/task/{tkiid}/output", body.encode(), headers)
    assert put.status < 300, put.text
    page = anna.get(f"/ui/tasks/{number}").text
    assert "<h3>Output</h3>" in page
    assert "&amp;lt;script" in page
    assert "This is how it begins; the whole is in the file." in page
    shown = re.search(r'<pre class="code"[^>]*aria-label="Output"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert shown is not None
    file = anna.get(f"/ui/tasks/{number}/messages/output")
    assert file.headers["content-disposition"] == f'attachment; filename="task-{number}-output.xml"'
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.text.startswith(unescape(shown[1]).lstrip("\n"))
    assert f"{len(file.body):,} bytes" in page
    assert anna.get(f"/ui/tasks/{number}/messages/input").status == 404
    assert anna.get(f"/ui/tasks/{number}/messages/other").status == 404
    least = fewest(lambda: anna.get(f"/ui/tasks/{number}"), STATEMENTS)
    assert len(least) <= STATEMENTS, "\n".join(each[-150:] for each in least)


def words_of(uid: str) -> list[str]:
    """A UUID in four parts of eight digits."""
    digits = uid.replace("-", "")
    return [digits[place : place + 8] for place in range(0, 32, 8)]
