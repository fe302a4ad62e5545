"""Takes the pictures of docs/guide/inbox.md: every page of the demonstration, light and dark.

python -m tools.screenshots            all of them, into docs/assets/inbox
python -m tools.screenshots inbox task only these
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "assets" / "inbox"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")
PROGRAM = Path(sys.executable).parent / "dragoman"
SETTLED_MILLISECONDS = 400  # a stream is open on some pages, so that the network is never idle
SIZE = {"width": 1_280, "height": 800}
CONFIG = """
[[dialects.genesys.business_attribute]]
name = "ServiceType"
dbid = 101
cv_attributes = ["Service.service_type"]
values = [
    { name = "Repair", dbid = 7, display_name = "Repair of a bicycle" },
    { name = "Sale", dbid = 8 },
    { name = "Rental", dbid = 9, display_name = "Rental by the day" },
]

[[dialects.genesys.business_attribute]]
name = "MediaType"
dbid = 102
cv_attributes = ["Service.media_type"]
values = [{ name = "voice", dbid = 1, display_name = "Phone call" }, { name = "email", dbid = 2 }]
"""
ANNA = ("anna", "dragoman")
ENDED = "Call first whoever asked for a spare part"
"""The title of a batch that has ended, which is made for its picture."""


def stay(page: Page) -> None:
    """Nothing is done before the picture is taken."""


def peek(page: Page) -> None:
    """Choose three rows, and look at one at the side."""
    page.get_by_role("checkbox", name=re.compile("^Select task")).nth(0).check()
    page.get_by_role("checkbox", name=re.compile("^Select task")).nth(2).check()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    page.locator("aside").wait_for()


def first_task(page: Page) -> None:
    """Open the first task of a list that has extensions."""
    page.locator("[data-task] a").first.click()
    page.wait_for_url("**/ui/tasks/*")


def palette(page: Page) -> None:
    """Open the palette."""
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").wait_for()


def waiting_batch(page: Page) -> None:
    """Open the batch that waits for a decision."""
    page.get_by_role("link", name="Priority 9 for the open returns").first.click()
    page.wait_for_url("**/ui/batches/*")


def running_batch(page: Page) -> None:
    """Open the batch that runs."""
    page.get_by_role("link", name="Mark the tasks of the winter season").first.click()
    page.wait_for_url("**/ui/batches/*")


def a_contact(page: Page) -> None:
    """Open a contact with a journey."""
    page.get_by_role("link", name="Otto Lind").first.click()
    page.wait_for_url("**/ui/contacts/*")


def a_journey(page: Page) -> None:
    """Open a contact, and scroll to the journey."""
    a_contact(page)
    page.get_by_role("heading", name="Journey").evaluate(
        "heading => scrollBy(0, heading.closest('section').getBoundingClientRect().y - 16)"
    )


def as_seen(page: Page) -> None:
    """Look at a task of a service as Genesys shows it."""
    page.locator("[data-task] a").first.click()
    page.wait_for_url("**/ui/tasks/*")
    page.goto(re.sub(r"\?.*", "", page.url) + "/as/genesys")


def ended_batch(page: Page) -> None:
    """Open the batch of which some entries failed."""
    page.get_by_role("link", name=ENDED).first.click()
    page.wait_for_url("**/ui/batches/*")


def a_request(page: Page) -> None:
    """Open the last request that was refused."""
    page.locator("[data-dialect] a[href^='/ui/traffic/']").first.click()
    page.wait_for_url("**/ui/traffic/*")


class Shot(NamedTuple):
    """A picture: its name, where it begins, and what is done there."""

    name: str
    address: str
    prepare: Callable[[Page], None] = stay
    width: int = SIZE["width"]


SHOTS = (
    Shot("inbox", "/ui/inbox/mine", peek, 1_440),
    Shot("all", "/ui/inbox/all?q=is:open"),
    Shot("palette", "/ui/inbox/all", palette),
    Shot("phone", "/ui/inbox/mine", stay, 390),
    Shot("phone-review", "/ui/inbox/review", waiting_batch, 390),
    Shot("task", "/ui/inbox/all?q=ext.Parcel:any+is:open", first_task),
    Shot("new-task", "/ui/tasks/new"),
    Shot("batches", "/ui/batches"),
    Shot("wizard", "/ui/batches/new?q=category:Returns"),
    Shot("review", "/ui/inbox/review", waiting_batch),
    Shot("run", "/ui/batches", running_batch),
    Shot("contacts", "/ui/contacts"),
    Shot("contact", "/ui/contacts?q=Otto", a_contact),
    Shot("journey", "/ui/contacts?q=Otto", a_journey),
    Shot("case", "/ui/cases/2"),
    Shot("schemas", "/ui/schemas"),
    Shot("schema-form", "/ui/schemas/task/Parcel/edit"),
    Shot("as-seen", "/ui/inbox/all?q=dialect:genesys", as_seen),
    Shot("ended", "/ui/batches", ended_batch),
    Shot("traffic", "/ui/traffic"),
    Shot("request", "/ui/traffic?q=status:>=400", a_request),
    Shot("overview", "/ui/overview"),
    Shot("connect", "/ui/connect"),
    Shot("people", "/ui/admin/people"),
    Shot("groups", "/ui/admin/groups"),
    Shot("categories", "/ui/admin/categories"),
    Shot("attributes", "/ui/admin/attributes"),
    Shot("settings", "/ui/profile"),
)


@contextmanager
def demonstration(folder: str) -> Iterator[tuple[str, str]]:
    """A demonstration: where it is, and the link that signs in."""
    config = Path(folder, "dragoman.toml")
    config.write_text(CONFIG)
    arguments = [str(PROGRAM), "demo", "--port", "0"]
    variables = {"TMPDIR": folder, "PATH": "/usr/bin:/bin", "DRAGOMAN_CONFIG": str(config)}
    process = subprocess.Popen(arguments, env=variables, stdout=subprocess.PIPE, text=True)
    said = ""
    try:
        while process.stdout is not None and "dragoman ready" not in said:
            line = process.stdout.readline()
            if not line:
                raise SystemExit(f"the demonstration did not start: {said}")
            said += line
        [entry], [base_url] = re.findall(r"Signed in +(\S+)", said), re.findall(r"dragoman ready (\S+)", said)
        yield base_url, entry
    finally:
        process.terminate()
        process.wait()


def make_ended_batch(base_url: str) -> None:
    """A batch of which two entries name no task."""
    change = {
        "method": "PATCH",
        "type": "task",
        "field": "id",
        "data": {"priority": 7},
        "title": ENDED,
        "review": False,
    }
    made = httpx.post(f"{base_url}/v1/batches", json=change | {"entries": [*range(1, 31), 98_001, 98_002]}, auth=ANNA)
    httpx.get(f"{base_url}/v1/batches/{made.json()['number']}?wait=30", auth=ANNA, timeout=60)


def take(browser: Browser, base_url: str, entry: str, shots: tuple[Shot, ...]) -> None:
    """Take pictures in light and in dark."""
    context = browser.new_context()
    context.new_page().goto(entry)
    state = context.storage_state()
    context.close()
    for call in ("/v1/tasks?limit=5", "/api/2.0/crm/task/filter.json?count=3", "/v1/tasks/999999", "/v1/tasks?stat=x"):
        httpx.get(base_url + call, auth=ANNA)
    make_ended_batch(base_url)
    for shot in shots:
        for scheme in ("light", "dark"):
            context = browser.new_context(
                storage_state=state,
                color_scheme="light" if scheme == "light" else "dark",
                viewport={"width": shot.width, "height": SIZE["height"]},
                locale="en-GB",
                reduced_motion="reduce",
            )
            page = context.new_page()
            page.goto(base_url + shot.address)
            page.locator("html[data-ready]").wait_for()
            shot.prepare(page)
            page.wait_for_timeout(SETTLED_MILLISECONDS)
            page.screenshot(path=FOLDER / f"{shot.name}-{scheme}.png")
            context.close()


def main(names: list[str]) -> int:
    """Take the pictures with these names, or all; the exit code."""
    shots = tuple(shot for shot in SHOTS if not names or shot.name in names)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, demonstration(folder) as (base_url, entry), sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        take(browser, base_url, entry, shots)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
