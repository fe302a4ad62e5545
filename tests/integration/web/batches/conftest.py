"""One tenant for all tests of pages of batches: anna administers, bert reviews, carla makes batches."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.browser import Browser
from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.tenant import PASSWORD, Tenant

CONFIG = """
[limits]
upload_entries = 100_000
"""


class Desk:
    """A tenant, and a browser for each person who is signed in."""

    def __init__(self, server: InProcessServer) -> None:
        self.tenant = Tenant(server)
        self.tenant.login("bert")
        self.tenant.native("PATCH", f"/v1/users/{self.tenant.uids['bert']}", {"roles": ["reviewer"]})
        self._browsers: dict[str, Browser] = {}

    def browser(self, person: str) -> Browser:
        """The browser of a person."""
        if person not in self._browsers:
            self._browsers[person] = browser = Browser(self.tenant.server, User_Agent="Firefox")
            assert browser.sign_in(self.tenant.login(person), PASSWORD).status == 303
        return self._browsers[person]

    def task(self, title: str, *, person: str = "carla", **members: object) -> Any:
        """A task, as its own GET shows it. Only its creator and administrators may edit it."""
        return self.tenant.native("POST", "/v1/tasks", {"title": title, **members}, person=person)

    def batch(self, entries: list[Any], data: object = None, *, person: str = "carla", **members: object) -> int:
        """A batch of tasks that rests, or whose run begins at a set time; its number."""
        body = {"method": "PATCH", "type": "task", "field": "id", "entries": entries, "data": data, **members}
        if members.get("method") == "DELETE":
            del body["data"]
        made = self.tenant.native("POST", "/v1/batches", body, person=person)
        number = int(made["number"])
        if "not_before" in members:
            while self.found(number)["status"] == "created":
                pass  # it is prepared soon, and then queued until that time
        else:
            self.rested(number)
        return number

    def found(self, number: int) -> Any:
        """The batch as its document."""
        return self.tenant.native("GET", f"/v1/batches/{number}")

    def rested(self, number: int) -> Any:
        """The batch as its document, once it waits for somebody or has ended."""
        return self.tenant.native("GET", f"/v1/batches/{number}?wait=30")


@pytest.fixture(scope="module")
def desk(databases: Databases) -> Iterator[Desk]:
    with databases.lent("sqlite") as url, InProcessServer(url, config=CONFIG) as server:
        yield Desk(server)
