"""Whatever a client stores, no browser runs it: every address that can be read is opened in a browser, with everything
in the tenant named by an attacker (RELIABILITY 11)."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Dialog, Page, Response

from dragoman.dialects.kit import Dialect
from tests.support.authorization_requests import ASKED, PLACE, request
from tests.support.given import HTM
from tests.support.operation_rows import DIALECTS
from tests.support.samples import CRM, Samples
from tests.support.tenant import Tenant
from tests.web.payloads import DOCUMENTS, TEXTS, TITLE

INERT = ("application/json", "application/problem+json", "text/plain")
"""Media types that no browser runs, given `nosniff`."""
LISTS = ("/v1/tasks?limit=100", f"{CRM}/task/filter.xml?count=100", f"{CRM}/contact/filter.xml")
BY_HAND = """() => {
  const made = document.createElement("div");
  try {
    made.innerHTML = "<img src=x onerror=trap()>";
  } catch (refused) {
    return null;  // by Trusted Types: nothing can be made of text
  }
  const told = new Promise(done => made.firstChild.addEventListener("error", done));
  document.body.append(made);
  return told.then(() => null);
}"""
"""What a page's own script would do wrong."""
ROOTS = {"native": "/tasks/", "genesys": "/services/", "ibm_htm": "/task/", "onlyoffice_crm": "/people/"}


class Trap:
    """A page of a browser in which whatever runs is noticed."""

    def __init__(self, browser: Browser, token: str) -> None:
        context = browser.new_context(extra_http_headers={"Authorization": f"Bearer {token}"})
        self.sprung: list[str] = []
        self.page: Page = context.new_page()
        context.expose_function("trap", lambda: self.sprung.append(self.page.url))
        self.page.on("dialog", self._answer)

    def _answer(self, dialog: Dialog) -> None:
        self.sprung.append(dialog.message)
        dialog.dismiss()

    def open(self, address: str) -> Response:
        """Go there, and wait until nothing is left to run. In a sandbox nothing runs, not even what would wait."""
        response = self.page.goto(address, wait_until="commit")
        assert response is not None
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            return response  # it never ends; the media type is inert
        self.page.wait_for_load_state("load")
        if "sandbox" not in response.headers.get("content-security-policy", ""):
            self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        return response


@pytest.fixture(scope="module")
def trap(browser: Browser, tenant: Tenant) -> Trap:
    """A page of somebody who may read all of the tenant."""
    return Trap(browser, tenant.token("*"))


@pytest.fixture(autouse=True)
def forgetful(trap: Trap) -> None:
    """What another test found is not found again."""
    trap.sprung.clear()


@pytest.fixture(scope="module")
def samples(tenant: Tenant) -> Samples:
    """What the attacker made."""
    return Samples(tenant, TITLE)


@pytest.fixture
def unsafe() -> Iterator[Callable[[str, str], str]]:
    """A server that shows what it is given as whatever it is said to be: what ours must not be."""
    shown = {"type": "text/html", "text": ""}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", shown["type"])
            self.end_headers()
            self.wfile.write(shown["text"].encode())

        def log_message(self, *_: object) -> None:
            pass

    def show(media_type: str, text: str) -> str:
        shown.update(type=media_type, text=text)
        return f"http://127.0.0.1:{server.server_port}/"

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever).start()
        yield show
        server.shutdown()


def check(response: Response) -> None:
    """The answer's own protection, whatever a browser makes of it."""
    headers, address = response.headers, response.url
    assert response.status < 500, address
    assert headers.get("x-content-type-options") == "nosniff", address
    media_type = headers.get("content-type", "text/plain").partition(";")[0]
    policy = headers.get("content-security-policy", "")
    assert media_type in INERT or "default-src 'none'" in policy or "default-src 'self'" in policy, address
    assert "unsafe" not in policy, address


def test_the_trap_works(unsafe: Callable[[str, str], str], trap: Trap) -> None:
    for media_type, text in (("text/html", TITLE), *(("application/xml", text) for text in DOCUMENTS[:5])):
        trap.sprung.clear()
        trap.open(unsafe(media_type, text))
        assert trap.sprung, text


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_nothing_stored_runs_at_any_address(dialect: Dialect, trap: Trap, samples: Samples) -> None:
    base = samples.tenant.server.base_url
    for operation in (operation for operation in dialect.operations if operation.method == "GET"):
        row = ASKED[dialect.name][operation.name]
        target, _ = request(row, operation, {kind: samples[kind] for kind in PLACE.findall(row[0])})
        check(trap.open(base + dialect.prefixes[0] + target))
    assert trap.sprung == []


@pytest.mark.parametrize("address", LISTS)
def test_nothing_runs_in_lists(address: str, trap: Trap, samples: Samples) -> None:
    for text in TEXTS:
        samples.post("/v1/tasks", {"title": text, "description": text})
    check(trap.open(samples.tenant.server.base_url + address))
    assert trap.sprung == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_messages_kept_as_they_were_sent_run_nowhere(document: str, trap: Trap, samples: Samples) -> None:
    address = f"{HTM}/task/{samples.htm(mode='')}/input"
    headers = {"Authorization": samples.tenant.basic("anna"), "Content-Type": "application/xml"}
    assert samples.tenant.server.call("PUT", address, document.encode(), headers).status == 200
    response = trap.open(samples.tenant.server.base_url + address)
    check(response)
    assert response.headers["content-type"].startswith("application/xml")
    assert trap.sprung == []


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_what_is_refused_is_not_run_either(dialect: Dialect, trap: Trap, tenant: Tenant) -> None:
    for text in (TITLE, *DOCUMENTS[:3]):
        path = dialect.prefixes[0] + ROOTS.get(dialect.name, "/batch/tasks/") + quote(text, safe="")
        for address in (path, f"{path}?action={quote(text)}&filter={quote(text)}"):
            check(trap.open(tenant.server.base_url + address))
    assert trap.sprung == []


@pytest.mark.parametrize("page", ["/ui/", "/v1/docs"])
def test_our_own_pages_run_only_files_of_ours(page: str, trap: Trap, tenant: Tenant) -> None:
    response = trap.open(tenant.server.base_url + page)
    policy = response.headers["content-security-policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    trap.page.evaluate(BY_HAND)
    assert trap.sprung == []
