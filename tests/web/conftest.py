"""A browser without a screen, the real server, and a tenant whose samples are all named by an attacker."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.databases import Databases
from tests.support.demonstration import Demonstration, demonstration
from tests.support.server import Server
from tests.support.tenant import PASSWORD, Tenant
from tests.support.visitor import Visitor

REFUSED = ("Content Security", "TrustedHTML", "Trusted Type", "trusted-types")
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--no-first-run", "--no-pings",
)  # fmt: skip
expect.set_options(timeout=30_000)  # the machine may have other work


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of the system. It reaches nothing but this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def tenant(databases: Databases) -> Iterator[Tenant]:
    """A tenant of a server that listens."""
    with databases.lent("sqlite") as url, Server(url) as server:
        tenant = Tenant(server)
        tenant.login("anna")  # without any user all leads to first run
        yield tenant


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """The demonstration: three hundred tasks, a batch to review and one that runs. For looking; whoever changes it
    changes it for all."""
    with demonstration(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture(params=["en", "de"])
def language(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def bert(browser: Browser, tenant: Tenant, language: str) -> Iterator[Visitor]:
    visitor = Visitor(browser, tenant, "bert", language, has_script=language == "en")
    yield visitor
    visitor.context.close()


@pytest.fixture
def anna(browser: Browser, tenant: Tenant, language: str) -> Iterator[Visitor]:
    visitor = Visitor(browser, tenant, "anna", language)
    yield visitor
    visitor.context.close()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, tenant: Tenant) -> Iterator[BrowserContext]:
    """A browser in which bert is signed in, with script."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{tenant.server.base_url}/ui/sign-in")
    page.get_by_label("Login").fill(tenant.login("bert"))
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/ui/inbox/mine")
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(signed_in: BrowserContext) -> Iterator[Page]:
    """A page that reports what the policy refused, and what its script threw."""
    page = signed_in.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if any(word in said.text for word in REFUSED) else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    page.close()
    assert wrong == []
