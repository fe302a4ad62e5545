"""A browser without a screen, the real server, and a tenant whose things are all named by an attacker."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from dragoman.runtime.application import Application
from dragoman.settings import load
from tests.security.authorization.indoors import Household
from tests.support.databases import Databases
from tests.support.server import Server

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--no-first-run", "--no-pings",
)  # fmt: skip


class Outdoors(Server):
    """The real server, and beside it the application that commands would open on its database."""

    app: Application

    def start(self) -> None:
        super().start()
        self.app = Application(load(overrides={"database": self.database_url}, environ={})).open()

    def stop(self) -> None:
        self.app.close()
        super().stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of the system. It reaches nothing but this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def house(databases: Databases) -> Iterator[Household]:
    """A tenant of a server that listens."""
    with databases.lent("sqlite") as url, Outdoors(url) as server:
        assert isinstance(server, Outdoors)
        yield Household(server)
