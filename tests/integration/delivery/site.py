"""A server of ours whose batches work on the tickets of another one."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from tests.integration.delivery.tickets import SECRET, TABLE
from tests.support.in_process_server import InProcessServer
from tests.support.outside_server import Tickets, serving
from tests.support.server import Answer, Server
from tests.support.tenant import Tenant

BATCHES = "/v1/batches"
SCOPES = "batch.manage crm_ticket.manage"


@dataclass
class Site:
    """Our server with one tenant, and the tickets. Requests are anna's."""

    tenant: Tenant
    tickets: Tickets
    scopes: str = SCOPES

    def ask(self, method: str, path: str, content: Any = None, **headers: str) -> Answer:
        """One request."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"Authorization": f"Bearer {self.tenant.token(self.scopes)}", "Content-Type": "application/json"}
        body = None if content is None else json.dumps(content)
        answer: Answer = self.tenant.server.call(method, path, body, named)
        return answer

    def asked(self, method: str, path: str, content: Any = None, **headers: str) -> Any:
        """The JSON of a reply that must be a good one."""
        answer = self.ask(method, path, content, **headers)
        assert answer.status < 300, answer.text
        return answer.json()

    def made(self, method: str, *, review: bool = False, **body: Any) -> str:
        """A new batch; its id."""
        made = self.asked("POST", BATCHES, {"method": method, "type": "crm_ticket", "review": review, **body})
        id_: str = made["id"]
        return id_

    def rested(self, id_: str, status: str = "completed") -> dict[str, Any]:
        """The batch when it waits for a person, or is over: it must have this status then."""
        found: dict[str, Any] = self.asked("GET", f"{BATCHES}/{id_}?wait=60")
        assert found["status"] == status, found
        return found

    def done(self, method: str, **body: Any) -> dict[str, Any]:
        """A batch without review, when it is over."""
        return self.rested(self.made(method, **body))

    def reviewed(self, method: str, **body: Any) -> str:
        """A batch that waits for its review; its id."""
        id_ = self.made(method, review=True, **body)
        self.rested(id_, "pending_review")
        return id_

    def approved(self, id_: str, **headers: str) -> dict[str, Any]:
        """A batch when it is over, after it was approved."""
        self.asked("POST", f"{BATCHES}/{id_}/approve", {}, **headers)
        return self.rested(id_)

    def eventually(self, id_: str, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The batch as soon as it is so."""
        for _ in range(600):
            found: dict[str, Any] = self.asked("GET", f"{BATCHES}/{id_}")
            if is_so(found):
                return found
            time.sleep(0.05)
        raise AssertionError(f"it stays {found}")

    def preview(self, id_: str) -> dict[str, Any]:
        """The preview, all rows at once."""
        found: dict[str, Any] = self.asked("GET", f"{BATCHES}/{id_}/preview?limit=1000")
        return found

    def results(self, id_: str) -> list[dict[str, Any]]:
        """What became of the entries."""
        items: list[dict[str, Any]] = self.asked("GET", f"{BATCHES}/{id_}/results?limit=1000")["items"]
        return items


def config(base: str, *, undo: bool = False, **http: Any) -> str:
    """The configuration of the type."""
    table = deepcopy(TABLE) | {"base": base, "undo": undo}
    table["http"] |= http
    return tomlkit.dumps({"jobs": {"lease_seconds": 1.0}, "batch": {"type": {"crm_ticket": table}}})


@contextmanager
def tickets() -> Iterator[tuple[str, Tickets]]:
    """The server of tickets with two of them, 1 and 2."""
    with serving() as (base, made):
        made.put("1", reference="A", title="one")
        made.put("2", reference="B", title="two")
        yield base, made


@contextmanager
def site(database: str, *, undo: bool = False, **http: Any) -> Iterator[Site]:
    """Our server in this process on a database, and the server of tickets."""
    environ = {"DRAGOMAN_SECRET_CRM_TOKEN": SECRET}
    with tickets() as (base, made):
        text = config(base, undo=undo, **http)
        with InProcessServer(database, config=text, environ=environ) as server:
            yield Site(Tenant(server), made)


@contextmanager
def apart(database: str, folder: Path, settings: str = "", **http: Any) -> Iterator[Site]:
    """The same with our server in a process of its own, which can be killed."""
    folder.mkdir(exist_ok=True)
    (folder / "crm_token").write_text(SECRET)
    with tickets() as (base, made):
        text = f'secrets.folder = "{folder}"\n{settings}\n{config(base, **http)}'
        with Server(database, config=text) as server:
            yield Site(Tenant(server), made)
