"""Two servers on one PostgreSQL at work: batches and timers on both, while people change the very same tasks."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from tests.conftest import PASSWORD, add_user
from tests.support.server import Answer, Server, basic, command
from tests.support.sizes import sized

HEADERS = basic("anna", PASSWORD) | {"Content-Type": "application/json"}
SHARED, TIMED, NEW = sized((40, 10, 20), (120, 20, 40))
BATCHES = 4
CLIENTS = 4
PATIENCE_SECONDS = 120.0


class Nodes:
    """Both servers, asked in turn; whoever asks doesn't know which answers."""

    def __init__(self, *servers: Server) -> None:
        self.servers = servers
        self._turns = count()

    def ask(self, method: str, target: str, content: object = None, **headers: str) -> Answer:
        """What one of them answers."""
        server = self.servers[next(self._turns) % len(self.servers)]
        body = None if content is None else json.dumps(content)
        return server.call(method, target, body, HEADERS | {name.replace("_", "-"): headers[name] for name in headers})

    def tell(self, method: str, target: str, content: object = None) -> Any:
        """What one of them answers to what must succeed."""
        answer = self.ask(method, target, content)
        assert answer.status < 300, f"{method} {target}: {answer.status} {answer.text}"
        return answer.json()

    def task(self, **members: object) -> Any:
        """A new task."""
        return self.tell("POST", "/v1/tasks", {"title": "Sweep the yard"} | members)

    def batch(self, **members: object) -> str:
        """A batch that runs at once."""
        sent = {"type": "task", "review": False} | members
        return str(self.tell("POST", "/core/v2/batch/tasks", sent)["task_sid"])

    def history(self, task: str) -> list[Any]:
        """Every change of a task."""
        rows: list[Any] = self.tell("GET", f"/v1/tasks/{task}/history?limit=1000")["items"]
        return rows


@pytest.fixture
def nodes(postgres_url: str) -> Iterator[Nodes]:
    add_user(postgres_url, "anna", admin=True)
    with Server(postgres_url) as one, Server(postgres_url) as two:
        yield Nodes(one, two)


class People:
    """Clients that count one higher on tasks, read and written with If-Match, until they are told to stop."""

    def __init__(self, nodes: Nodes, tasks: list[str]) -> None:
        self.nodes = nodes
        self.counts = dict.fromkeys(tasks, 0)
        self.made: list[int] = []
        self._stop = threading.Event()
        self._clients = ThreadPoolExecutor(CLIENTS)
        self._running = [self._clients.submit(self._work, task) for task in tasks]

    def _work(self, task: str) -> None:
        while not self._stop.is_set():
            seen = self.nodes.ask("GET", f"/v1/tasks/{task}")
            change = {"priority": (seen.json()["priority"] or 0) + 1}
            done = self.nodes.ask("PATCH", f"/v1/tasks/{task}", change, If_Match=seen.headers["etag"])
            assert done.status == 200, done.text  # nobody else changes this field: a batch is in nobody's way
            self.counts[task] += 1
            if self.counts[task] % 5 == 0:
                self.made.append(self.nodes.task()["number"])

    def stop(self) -> None:
        """What one of them came upon is raised here."""
        self._stop.set()
        for client in self._running:
            client.result()
        self._clients.shutdown()


def soon() -> str:
    """A moment that comes while the batches run."""
    return f"{datetime.now(UTC) + timedelta(seconds=3):%Y-%m-%dT%H:%M:%SZ}"


def wait_until_completed(nodes: Nodes, batches: list[str]) -> list[Any]:
    """The batches when all of them are through."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.2)):
        seen = [nodes.tell("GET", f"/core/v2/batch/tasks/{batch}?exclude_fields=data,entries") for batch in batches]
        if all(batch["status"] == "completed" for batch in seen):
            return seen
        pause.wait(0.2)
    raise AssertionError(f"not completed: {seen}")


def wait_until_over(nodes: Nodes, tasks: list[str]) -> None:
    """Until each of these has expired or goes on."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.2)):
        seen = [nodes.tell("GET", f"/v1/tasks/{task}") for task in tasks]
        if not any(task["suspended"] or (task["expires_at"] and task["state"] == "ready") for task in seen):
            return
        pause.wait(0.2)
    raise AssertionError("timers that have not fired")


def test_batches_timers_and_people_on_two_nodes_lose_nothing(nodes: Nodes) -> None:
    tasks = [nodes.task()["id"] for _ in range(SHARED)]
    expiring = [nodes.task(expires_at=soon())["id"] for _ in range(TIMED)]
    waking = [nodes.task()["id"] for _ in range(TIMED)]
    for task in waking:
        nodes.tell("POST", f"/v1/tasks/{task}/suspend", {"until": soon()})

    people = People(nodes, tasks[:CLIENTS])
    changing = [
        nodes.batch(method="PATCH", field="id", entries=tasks, data={"properties": {f"batch-{index}": "was here"}})
        for index in range(BATCHES)
    ]
    making = nodes.batch(method="POST", data=[{"title": f"New {index}"} for index in range(NEW)])
    completed = wait_until_completed(nodes, [*changing, making])
    wait_until_over(nodes, expiring + waking)
    people.stop()

    assert [(batch["success"], batch["failure"]) for batch in completed] == [(SHARED, 0)] * BATCHES + [(NEW, 0)]
    for task in tasks:
        seen = nodes.tell("GET", f"/v1/tasks/{task}")
        assert seen["properties"] == {f"batch-{index}": "was here" for index in range(BATCHES)}
        assert seen["revision"] == 1 + BATCHES + people.counts.get(task, 0)
        assert seen["priority"] == people.counts.get(task)
    assert min(people.counts.values()) > 0  # or nobody met
    for task, field in [(task, "state") for task in expiring] + [(task, "suspended") for task in waking]:
        fired = [row for row in nodes.history(task) if row["operation"].startswith("timer.")]
        assert len(fired) == 1, fired
        assert field in fired[0]["changes"]
    assert_no_gap(nodes, SHARED + 2 * TIMED + NEW + BATCHES + 1 + len(people.made))
    assert command(nodes.servers[0].database_url, "verify")


def assert_no_gap(nodes: Nodes, last: int) -> None:
    """The numbers of tasks go from 1 to the last."""
    numbers = [task["number"] for task in nodes.tell("GET", "/v1/tasks?limit=1000")["items"]]
    assert sorted(numbers) == list(range(1, last + 1))
