"""Clients that change tasks for a while, all at once or at a pace, and what they were answered, when."""

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count

from tests.support.server import Server

PATIENCE_SECONDS = 30.0
TASKS = 200


@dataclass
class Seen:
    """What a run came to."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[tuple[float, float, int]] = field(default_factory=list)
    """When it was asked (since the begin), how long it took, and the status; 0 when there was no answer."""

    @property
    def done(self) -> int:
        """How many changes were taken."""
        return sum(number for status, number in self.statuses.items() if 200 <= status < 300)

    @property
    def per_second(self) -> float:
        """Changes a second."""
        return self.done / self.seconds

    def p99(self, start: float = 0.0, end: float = float("inf")) -> float:
        """In seconds, of the changes that were taken and asked for between two moments."""
        taken = sorted(took for at, took, status in self.latencies if start <= at < end and 200 <= status < 300)
        return taken[int(len(taken) * 0.99)] if taken else 0.0


def make_tasks(server: Server, headers: dict[str, str], number: int = TASKS) -> list[int]:
    """Numbers of new tasks."""
    made = []
    for index in range(number):
        answer = server.call("POST", "/v1/tasks", json.dumps({"title": f"Task {index}"}), headers)
        if answer.status != 201:
            raise AssertionError(answer.text)
        made.append(answer.json()["number"])
    return made


def change(
    server: Server,
    headers: dict[str, str],
    tasks: list[int],
    seconds: float,
    *,
    clients: int = 8,
    per_second: float | None = None,
) -> Seen:
    """Change these tasks for so long, as fast as it goes or at a pace."""
    seen, guard, turns = Seen(), threading.Lock(), count()
    began = time.monotonic()

    def client() -> None:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
        while (at := time.monotonic() - began) < seconds:
            with guard:
                turn = next(turns)
            if per_second is not None and (wait := turn / per_second - at) > 0:
                time.sleep(wait)
            at = time.monotonic() - began
            status = patch(connection, headers, tasks[turn % len(tasks)], turn)
            took = time.monotonic() - began - at
            with guard:
                seen.statuses[status] += 1
                seen.latencies.append((at, took, status))
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen.seconds = time.monotonic() - began
    return seen


def patch(connection: HTTPConnection, headers: dict[str, str], task: int, turn: int) -> int:
    """One change; its status, or 0 without an answer."""
    try:
        connection.request("PATCH", f"/v1/tasks/{task}", json.dumps({"priority": turn % 1_000}), headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException):
        connection.close()
        return 0
    return answer.status
