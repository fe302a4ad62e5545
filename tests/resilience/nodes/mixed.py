"""Mixed operations of all dialects by many clients on one or two servers, which are frozen and thawed at random.

What is recorded of each request is enough to decide afterwards: was every acknowledged write kept, was any reply a 500,
was each request answered in time.
"""

import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.conftest import PASSWORD
from tests.cross_dialect.names import tkiid
from tests.support.server import Answer, Server, basic

CLIENTS = 16
SHARED = 6
DEADLINE_SECONDS = 25.0
MARGIN_SECONDS = 5.0
"""Beside the server's own deadline: two cores also run the clients."""
HEADERS = basic("anna", PASSWORD) | {"Content-Type": "application/json"}
FORM = HEADERS | {"Content-Type": "application/x-www-form-urlencoded"}
CRM, HTM, BATCHES = "/api/2.0/crm/task", "/rest/bpm/htm/v1/task", "/core/v2/batch/tasks"


@dataclass
class Record:
    """What all clients saw."""

    kept: dict[str, Callable[[Any], bool]] = field(default_factory=dict)
    """Path -> whether what is read there at the end holds what was acknowledged."""
    counts: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """Task and property -> the last value that was acknowledged, and the last that was sent."""
    faults: list[str] = field(default_factory=list)
    answered: dict[str, int] = field(default_factory=dict)
    """Operation -> how many of it succeeded."""


class Frozen:
    """Freezes a random server for a moment, again and again."""

    def __init__(self, servers: Sequence[Server], seed: int, longest_seconds: float) -> None:
        self.seconds = 0.0
        self.times = 0
        self._servers = servers
        self._chance = random.Random(seed)
        self._longest = longest_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Frozen":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._chance.uniform(0.1, 1.0)):
            pid, began = self._chance.choice(self._servers).pid, time.monotonic()
            os.kill(pid, signal.SIGSTOP)
            self._stop.wait(self._chance.uniform(0.05, self._longest))
            os.kill(pid, signal.SIGCONT)
            self.seconds += time.monotonic() - began
            self.times += 1


class Client:
    """Sends random operations; each client has its own property on the shared tasks."""

    def __init__(self, number: int, servers: Sequence[Server], tasks: list[Any], record: Record, seed: int) -> None:
        self._name = f"client{number}"
        self._servers = servers
        self._tasks = tasks
        self._record = record
        self._chance = random.Random(f"{seed}-{number}")
        self._serial = 0
        self.slowest = 0.0

    def run(self, stop: threading.Event) -> None:
        operations = [self._count, self._count, self._create, self._crm_create, self._crm_change, self._genesys]
        operations += [self._htm, self._batch, self._read]
        while not stop.is_set():
            self._chance.choice(operations)()

    def _ask(self, method: str, path: str, content: object = None, form: str | None = None) -> Answer | None:
        body = form if form is not None else None if content is None else json.dumps(content)
        began = time.monotonic()
        try:
            server = self._chance.choice(self._servers)
            answer = server.call(method, path, body, HEADERS if form is None else FORM)
        except OSError as error:
            self._record.faults.append(f"{method} {path}: no answer: {error!r}")
            return None
        self.slowest = max(self.slowest, time.monotonic() - began)
        if answer.status >= 500 and answer.status != 503:
            self._record.faults.append(f"{method} {path}: {answer.status} {answer.text[:500]}")
        return answer

    def _done(self, operation: str, answer: Answer | None) -> bool:
        if answer is None or answer.status >= 300:
            return False
        self._record.answered[operation] = self._record.answered.get(operation, 0) + 1
        return True

    def _new(self) -> str:
        self._serial += 1
        return f"{self._name} {self._serial}"

    def _count(self) -> None:
        task = self._chance.choice(self._tasks)["id"]
        acknowledged, sent = self._record.counts.get((task, self._name), (0, 0))
        value = sent + 1
        self._record.counts[task, self._name] = (acknowledged, value)
        answer = self._ask("PATCH", f"/v1/tasks/{task}", {"properties": {self._name: str(value)}})
        if self._done("native patch", answer):
            self._record.counts[task, self._name] = (value, value)

    def _create(self) -> None:
        title = self._new()
        answer = self._ask("POST", "/v1/tasks", {"title": title})
        if answer is not None and self._done("native create", answer):
            self._record.kept[f"/v1/tasks/{answer.json()['id']}"] = lambda shown: bool(shown["title"] == title)

    def _crm_create(self) -> None:
        title = self._new()
        answer = self._ask("POST", f"{CRM}.json", {"title": title, "deadline": "2031-01-20T17:00:00Z", "categoryId": 1})
        if answer is not None and self._done("crm create", answer):
            number = answer.json()["response"]["id"]
            self._record.kept[f"{CRM}/{number}.json"] = lambda shown: bool(shown["response"]["title"] == title)

    def _crm_change(self) -> None:
        number, verb = self._chance.choice(self._tasks)["number"], self._chance.choice(["close", "reopen"])
        self._done(f"crm {verb}", self._ask("PUT", f"{CRM}/{number}/{verb}.json"))

    def _genesys(self) -> None:
        answer = self._ask("POST", "/genesys/1/cs/services/start", {"contact_key": self._new()})
        if answer is not None and self._done("genesys service", answer):
            service = answer.json()["service_id"]
            self._record.kept[f"/genesys/1/cs/services/{service}"] = lambda shown: bool(shown["service_id"] == service)
            started = self._ask("POST", f"/genesys/1/cs/services/{service}/tasks/start", {"task_type": "call"})
            self._done("genesys task", started)

    def _htm(self) -> None:
        task, action = self._chance.choice(self._tasks)["id"], self._chance.choice(["claim", "cancelClaim"])
        self._done(f"htm {action}", self._ask("PUT", f"{HTM}/{tkiid(task)}?action={action}"))

    def _batch(self) -> None:
        order = {"method": "PATCH", "type": "task", "field": "id", "review": False, "data": {"priority": 5}}
        entries = [task["id"] for task in self._chance.sample(self._tasks, 2)]
        answer = self._ask("POST", BATCHES, order | {"entries": entries})
        if answer is not None and self._done("batch", answer):
            sid = answer.json()["task_sid"]
            self._record.kept[f"{BATCHES}/{sid}"] = lambda shown: bool(shown["task_sid"] == sid)

    def _read(self) -> None:
        path = self._chance.choice(["/v1/tasks?limit=20", f"{CRM}/filter.json?count=20", f"{BATCHES}?limit=5"])
        self._done("list", self._ask("GET", path))


def run(servers: Sequence[Server], seconds: float, seed: int, longest_freeze: float = 1.0) -> Record:
    """Let the clients work for so long, then check everything. The record's faults say what did not hold."""
    record = Record()
    tasks = [_made(servers[0], f"shared {number}") for number in range(SHARED)]
    clients = [Client(number, servers, tasks, record, seed) for number in range(CLIENTS)]
    stop = threading.Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(client.run, stop) for client in clients]
        with Frozen(servers, seed, longest_freeze) as frozen:
            stop.wait(seconds)
        stop.set()
        for each in running:
            each.result()
    slowest = max(client.slowest for client in clients)
    if slowest > DEADLINE_SECONDS + MARGIN_SECONDS + longest_freeze:
        record.faults.append(f"a request was answered after {slowest:.1f} s")
    if not frozen.times:
        record.faults.append("no server was frozen")
    check(record, servers[-1], tasks)
    return record


def check(record: Record, server: Server, tasks: list[Any]) -> None:
    """Compare what was acknowledged with what is stored."""
    for path, holds in record.kept.items():
        answer = server.call("GET", path, headers=HEADERS)
        if answer.status != 200 or not holds(answer.json()):
            record.faults.append(f"{path}: acknowledged and not kept: {answer.status} {answer.text[:200]}")
    for (task, name), (acknowledged, sent) in record.counts.items():
        stored = int(server.call("GET", f"/v1/tasks/{task}", headers=HEADERS).json()["properties"].get(name, 0))
        if not acknowledged <= stored <= sent:
            record.faults.append(f"{task} {name}: {acknowledged} acknowledged, {sent} sent, {stored} stored")
    for task in tasks:
        record.faults.extend(f"{task['id']}: {fault}" for fault in faults_of_history(history(server, task["id"])))


def history(server: Server, task: str) -> list[Any]:
    """All revisions of a task, page by page."""
    path, rows = f"/v1/tasks/{task}/history?limit=200", []
    while path:
        page = server.call("GET", path, headers=HEADERS).json()
        rows += page["items"]
        path = page.get("next", "")
        path = path[path.find("/v1/") :] if path else ""
    return rows


def faults_of_history(rows: list[Any]) -> list[str]:
    """Where revisions have gaps, or time goes backwards."""
    revisions = [row["revision"] for row in rows]
    moments = [row["at"] for row in rows]
    found = []
    if revisions != list(range(revisions[0], revisions[0] + len(revisions))):
        found.append(f"revisions are not consecutive: {revisions}")
    found += [f"{later} follows {earlier}" for earlier, later in pairwise(moments) if later < earlier]
    return found


def _made(server: Server, title: str) -> Any:
    answer = server.call("POST", "/v1/tasks", json.dumps({"title": title}), HEADERS)
    assert answer.status == 201, answer.text
    return answer.json()
