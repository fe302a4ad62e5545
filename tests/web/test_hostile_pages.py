"""Pages in a tenant where everything is named by an attacker, or is longer than anybody needs, or is written from right
to left: nothing of it runs, nothing is refused by the policy, and no page scrolls sideways."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from dragoman.web.views import PAGES
from tests.support.pages import ENDLESS, FILES, STATUS, Filled
from tests.support.tenant import Tenant
from tests.web.payloads import TITLE

ARABIC = "مرحبا \u202egpj.exe"
LONG, TOO_LONG = "Ä" * 255, "Ä" * 2_000
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FILE = "<img src=x onerror=trap()>.csv"


class Hostile:
    """What was made in the tenant, and a page of its administrator's that notes what goes wrong."""

    def __init__(self, tenant: Tenant, page: Page) -> None:
        self.tenant, self.page, self.wrong = tenant, page, list[str]()
        page.context.expose_function("trap", lambda: self.wrong.append("it ran"))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", self._closed)
        page.on("console", lambda said: self.wrong.append(said.text) if "Security Policy" in said.text else None)

    def _closed(self, dialog: Dialog) -> None:
        self.wrong.append(dialog.message)
        dialog.dismiss()

    def open(self, address: str) -> int:
        """Go there, and let its script finish; the status."""
        answer = self.page.goto(self.tenant.server.base_url + address)
        if self.page.locator("script").count():
            self.page.locator("html[data-ready]").wait_for(state="attached")
        return answer.status if answer is not None else 0


@pytest.fixture(scope="module")
def filled(tenant: Tenant) -> Filled:
    """All that pages show, named by an attacker."""
    return Filled(tenant, TITLE)


@pytest.fixture(scope="module")
def hostile(browser: Browser, filled: Filled) -> Iterator[Hostile]:
    tenant = filled.tenant
    headers = {"Authorization": f"Bearer {tenant.token('*')}", "Referer": TITLE}
    context = browser.new_context(
        extra_http_headers=headers, reduced_motion="reduce", viewport={"width": 390, "height": 900}
    )
    yield Hostile(tenant, context.new_page())
    context.close()


LEFT_OUT = (ENDLESS, *FILES, "/ui/enter", "/ui/first-run")
SHOWN = [page.path for page in PAGES if page.show and page.path not in LEFT_OUT]


@pytest.mark.parametrize("path", SHOWN)
def test_nothing_stored_runs_in_a_page(hostile: Hostile, filled: Filled, path: str) -> None:
    hostile.wrong.clear()
    status = hostile.open(filled.addresses[path])
    hostile.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    assert hostile.wrong == []
    assert hostile.page.evaluate(SIDEWAYS) <= 0 or path == "/ui/peek/{n}"  # a part, which has no style of its own
    assert status == (200 if STATUS.get(path) == 303 else STATUS.get(path, 200))


def test_a_request_with_hostile_headers_and_file_name_is_shown_as_text(hostile: Hostile, filled: Filled) -> None:
    hostile.wrong.clear()
    hostile.open(f"/ui/traffic/{filled.request}")
    line = " ".join(TITLE.split())
    expect(hostile.page.locator("dd", has_text=line).first).to_be_visible()
    expect(hostile.page.locator("pre", has_text="filename=")).to_contain_text("onerror=trap()")
    assert hostile.wrong == []


def test_the_name_and_the_cells_of_a_file_are_text(hostile: Hostile, filled: Filled) -> None:
    hostile.wrong.clear()
    hostile.open("/ui/batches/new")
    content = f'id,"{TITLE.replace(chr(34), chr(34) * 2)}"\r\n{filled.task},<img src=x onerror=trap()>\r\n'
    hostile.page.get_by_label("File", exact=True).set_input_files(
        {"name": FILE, "mimeType": "text/csv", "buffer": content.encode()}
    )
    hostile.page.get_by_role("button", name="Next").click()
    hostile.page.wait_for_url("**/choose")
    expect(hostile.page.get_by_text(FILE)).to_be_visible()
    assert hostile.wrong == []


@pytest.fixture(scope="module", params=[390, 1_440])
def wide_words(request: pytest.FixtureRequest, browser: Browser, tenant: Tenant) -> Iterator[tuple[Page, str, int]]:
    """A task whose words don't end, one from right to left, and a page of this width: the second one's number."""
    properties = {f"{place} {'k' * 60}": "v" * 500 for place in range(500)}
    fields = {"title": LONG, "description": LONG, "properties": properties, "assignee": tenant.uids["anna"]}
    first = tenant.native("POST", "/v1/tasks", fields)["number"]
    second = tenant.native("POST", "/v1/tasks", {"title": ARABIC, "assignee": tenant.uids["anna"]})["number"]
    headers = {"Authorization": f"Bearer {tenant.token('*')}"}
    context = browser.new_context(
        extra_http_headers=headers, viewport={"width": request.param, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page, f"{tenant.server.base_url}/ui/tasks/{first}", second
    context.close()


def test_long_words_and_many_properties_fit(wide_words: tuple[Page, str, int]) -> None:
    page, address, _ = wide_words
    for each in ("", "/edit", "/assign", "/delete", "/as/native", "/as/onlyoffice_crm"):
        page.goto(address + each)
        assert page.evaluate(SIDEWAYS) <= 0, each
    page.goto(address.rpartition("/tasks/")[0] + "/inbox/mine")
    assert page.evaluate(SIDEWAYS) <= 0


def test_a_title_of_two_thousand_letters_is_refused_and_kept(wide_words: tuple[Page, str, int]) -> None:
    page, address, _ = wide_words
    page.goto(address.rpartition("/")[0] + "/new")
    page.locator("html[data-ready]").wait_for()
    title = page.get_by_label("Title", exact=True)
    title.fill(TOO_LONG)
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.locator("#title-fault")).to_be_visible()
    expect(title).to_have_value(TOO_LONG)
    assert page.evaluate(SIDEWAYS) <= 0


def test_text_from_right_to_left_stays_within_its_element(wide_words: tuple[Page, str, int]) -> None:
    page, address, second = wide_words
    page.goto(f"{address.rpartition('/')[0]}/{second}")
    heading = page.get_by_role("heading", level=1)
    assert heading.evaluate("each => getComputedStyle(each).direction") == "rtl"
    page.goto(address.rpartition("/tasks/")[0] + "/inbox/mine")
    link = page.locator(f"#task-{second} .what a")
    assert link.evaluate("each => getComputedStyle(each).direction") == "rtl"
    assert link.evaluate("each => getComputedStyle(each.parentElement).direction") == "ltr"
