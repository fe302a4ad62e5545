"""Clients that ask again and again for what is new, beside writers and a batch that runs: they miss no last state.

Each goes on from the latest moment that it was shown, or from the moment of its own last request; so do clients of all
three APIs that have such a filter.
"""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from dragoman.domain.clock import SystemClock, to_datetime
from tests.conftest import PASSWORD, add_user
from tests.support.databases import Databases
from tests.support.server import Server, basic
from tests.support.sizes import sized

HEADERS = basic("anna", PASSWORD) | {"Content-Type": "application/json"}
NATIVE, CRM, BATCHES = "/v1/tasks", "/api/2.0/crm/task/filter.json", "/core/v2/batch/tasks"
TASKS = 20
WRITES = sized(64, 1_600)
"""By all writers of a round together."""
ENTRIES = sized(150, 2_000)
LONG_AGO = "2020-01-01T00:00:00Z"
PATIENCE_SECONDS = 120.0

View = dict[Any, Any]
Shown = tuple[Any, Any, str]
"""Key, state and moment of what was changed."""


class Nodes:
    """The servers of one database, asked in turn; what they refuse for a while is asked again."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self._servers = servers
        self._chance = random.Random(38)

    def ask(self, method: str, target: str, content: object = None) -> Any:
        body = None if content is None else json.dumps(content)
        pause = threading.Event()
        while True:
            found = self._chance.choice(self._servers).call(method, target, body, HEADERS)
            if found.status != 503:
                assert found.status < 300, found.text
                return found.json()
            pause.wait(0.1)

    def pages(self, target: str) -> list[Any]:
        found: list[Any] = []
        while target:
            page = self.ask("GET", target)
            found += page["items"]
            target = page.get("next", "")
        return found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def nodes(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Nodes]:
    """One server on SQLite, two on PostgreSQL."""
    with databases.lent(request.param) as url:
        add_user(url, "anna", admin=True)
        with Server(url) as one:
            if request.param == "sqlite":
                yield Nodes([one])
                return
            with Server(url) as two:
                yield Nodes([one, two])


class Poller:
    """What a client knows. `ask` gives what was changed since a moment."""

    def __init__(self, ask: Callable[[str], list[Shown]], by_request: bool) -> None:
        self.known: View = {}
        self._ask = ask
        self._by_request = by_request
        self._since = LONG_AGO

    def ask(self) -> None:
        asked_at = now()
        found = self._ask(self._since)
        self.known.update({key: state for key, state, _ in found})
        self._since = asked_at if self._by_request else max((moment for *_, moment in found), default=self._since)

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(0.01):
            self.ask()


Way = Callable[[Nodes, str], list[Shown]]


def now() -> str:
    """As all three APIs read it."""
    return to_datetime(SystemClock().now()).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def native(nodes: Nodes, since: str) -> list[Shown]:
    found = nodes.pages(f"{NATIVE}?limit=50&modified_from={since}")
    return [(task["number"], task["revision"], padded(task["modified_at"])) for task in found]


def padded(moment: str) -> str:
    """With all seven digits, so that text sorts."""
    whole, _, fraction = moment.rstrip("Z").partition(".")
    return f"{whole}.{fraction.ljust(7, '0')}Z"


def crm(nodes: Nodes, since: str) -> list[Shown]:
    found: list[Shown] = []
    while True:
        asked = {"updatedSince": since, "sortBy": "created", "count": 100, "startIndex": len(found)}
        page = nodes.ask("GET", f"{CRM}?{urlencode(asked)}")["response"]
        found += [(task["id"], True, task["created"]) for task in page]
        if len(page) < 100:
            return found


def carrierx(nodes: Nodes, since: str) -> list[Shown]:
    operator = "ge" if since == LONG_AGO else "gt"
    page = nodes.ask("GET", f"{BATCHES}?limit=100&filter={quote(f'date_modified {operator} {since}')}")
    return [(each["task_sid"], (each["status"], each["processed"]), each["date_modified"]) for each in page["items"]]


def write(nodes: Nodes, tasks: list[int], seed: int, count: int) -> None:
    """Change tasks at random, and make some."""
    chance = random.Random(seed)
    for turn in range(count):
        if turn % 4 == 3:
            nodes.ask("POST", NATIVE, {"title": f"made {seed}-{turn}"})
        else:
            nodes.ask("PATCH", f"{NATIVE}/{chance.choice(tasks)}", {"priority": seed * 10_000 + turn})


def batch(nodes: Nodes, order: dict[str, Any]) -> Any:
    """One that runs without a review, to its end."""
    sid = nodes.ask("POST", BATCHES, {"type": "task", "review": False, **order})["task_sid"]
    began = time.monotonic()
    while (found := nodes.ask("GET", f"{BATCHES}/{sid}?wait=5"))["status"] != "completed":
        assert time.monotonic() - began < PATIENCE_SECONDS, found
    assert (found["success"], found["failure"]) == (ENTRIES, 0), found
    return found


def run_batches(nodes: Nodes, mark: str) -> None:
    """Make tasks, and change them, in bulk."""
    batch(nodes, {"method": "POST", "data": [{"title": f"{mark} {entry}", "type": mark} for entry in range(ENTRIES)]})
    made = [task["id"] for task in nodes.pages(f"{NATIVE}?limit=1000&type={mark}")]
    batch(nodes, {"method": "PATCH", "field": "id", "entries": made, "data": {"priority": 7}})


def pollers_of(nodes: Nodes) -> dict[str, Poller]:
    ways: dict[str, Way] = {"native": native, "crm": crm, "carrierx": carrierx}
    return {
        f"{name}, {'its own request' if by_request else 'the latest shown'}": Poller(partial(ask, nodes), by_request)
        for name, ask in ways.items()
        for by_request in (False, True)
    }


@pytest.mark.parametrize("writers", [1, 4, 16])
def test_a_poller_misses_no_last_state(nodes: Nodes, writers: int) -> None:
    tasks = [nodes.ask("POST", NATIVE, {"title": f"Task {number}"})["number"] for number in range(TASKS)]
    pollers, stop = pollers_of(nodes), threading.Event()
    with ThreadPoolExecutor(writers + len(pollers) + 1) as threads:
        polling = [threads.submit(poller.run, stop) for poller in pollers.values()]
        writing = [threads.submit(write, nodes, tasks, seed, WRITES // writers) for seed in range(writers)]
        writing.append(threads.submit(run_batches, nodes, f"of{writers}"))
        try:
            for each in writing:
                each.result(PATIENCE_SECONDS)
        finally:
            stop.set()
        for each in polling:
            each.result(PATIENCE_SECONDS)

    every = {task["number"]: task["revision"] for task in nodes.pages(f"{NATIVE}?limit=1000")}
    batches = {key: state for key, state, _ in carrierx(nodes, LONG_AGO)}
    truth: dict[str, View] = {"native": every, "crm": dict.fromkeys(every, True), "carrierx": batches}
    missed = {}
    for name, poller in pollers.items():
        poller.ask()  # once more, from where it is
        shown = truth[name.partition(",")[0]]
        missed[name] = {key for key, state in shown.items() if poller.known.get(key) != state}
    assert not any(missed.values()), missed
