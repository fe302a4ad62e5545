"""Claims and kill -9: whatever moment the server is killed at, a task has one owner at most, and whoever was told that
it is his has it."""

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from typing import Any

import pytest

from tests.conftest import PASSWORD, add_user
from tests.resilience.kit.conftest import prepare_ibm_htm
from tests.support.server import Server, basic, command
from tests.support.sizes import sized

KILLS = sized(3, 10)
MOST_KILLS = 4 * KILLS
EACH = 30
"""So many tasks are claimed in a round: more than the clients get through before the kill, as a rule."""
LONGEST_SECONDS = 0.25
"""From the first claim to the kill."""
USERS = ("anna", "ben", "carl", "dora")
CONNECTIONS = 2
"""Of each user: he, too, claims a task once."""
SETTLED_SECONDS = 0.3
"""A database server may still finish a dead client's commit."""
PATIENCE_SECONDS = 30.0
API = "/rest/bpm/htm/v1"


class Connection:
    """A user's connection, which stays open as long as the server lives."""

    def __init__(self, server: Server, user: str) -> None:
        self.user = user
        self._connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
        self._headers = basic(user, PASSWORD) | {"Accept": "application/json"}

    def call(self, method: str, path: str) -> tuple[int, Any]:
        """Status and body. OSError or HTTPException when the server dies over it."""
        self._connection.request(method, API + path, headers=self._headers)
        response = self._connection.getresponse()
        return response.status, json.loads(response.read() or b"null")

    def close(self) -> None:
        self._connection.close()


class Told:
    """What clients know of the tasks: for each, whose claims were acknowledged, refused, or left without an answer."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, list[str]] = {}
        self.refused: dict[str, list[str]] = {}
        self.unanswered: dict[str, list[str]] = {}
        self.odd: Counter[int] = Counter()

    def cut(self) -> int:
        """How many claims had no answer."""
        return sum(map(len, self.unanswered.values()))

    def claim_all(self, connection: Connection, tasks: list[str], start: threading.Barrier) -> None:
        """One after the other, until the server is gone."""
        connection.call("GET", f"/task/{tasks[0]}")  # so that the password is known to be right
        start.wait()
        try:
            for task in tasks:
                self._claim(connection, task)
        except (OSError, HTTPException):
            self.unanswered.setdefault(task, []).append(connection.user)
        finally:
            connection.close()

    def _claim(self, connection: Connection, task: str) -> None:
        status, _ = connection.call("PUT", f"/task/{task}?action=claim")
        if status in (200, 409):
            answers = self.acknowledged if status == 200 else self.refused
            answers.setdefault(task, []).append(connection.user)
        else:
            self.odd[status] += 1

    def faults(self, task: str, details: dict[str, Any], events: list[dict[str, str]]) -> Iterator[str]:
        """What the server says of a task against what it told its clients before it died."""
        owner = details.get("owner")
        acknowledged, refused = self.acknowledged.get(task, []), self.refused.get(task, [])
        claims = [event["principal"] for event in events if event["event"] == "TaskClaimed"]
        if acknowledged and acknowledged != [owner]:
            yield f"acknowledged to {acknowledged}, owned by {owner}"
        if owner is not None and owner not in acknowledged + self.unanswered.get(task, []):
            yield f"owned by {owner}, who did not claim it or was refused"
        if owner is None and refused:
            yield f"refused to {refused} as claimed, owned by nobody"
        if claims != ([] if owner is None else [owner]):
            yield f"owned by {owner}, history has claims of {claims}"
        is_claimed = (details["state"], "startTime" in details)
        if is_claimed != (("STATE_READY", False) if owner is None else ("STATE_CLAIMED", True)):
            yield f"half done: owned by {owner}, {is_claimed}"


class Round:
    """Tasks, clients that all want all of them, and a kill amid it."""

    def __init__(self, server: Server, template: str, told: Told) -> None:
        self.server = server
        self.told = told
        anna = Connection(server, "anna")
        made = [anna.call("POST", f"/task?taskTemplateID={template}&mode=async") for _ in range(EACH)]
        anna.close()
        self.tasks = [details["tkiid"] for _, details in made]

    def run_until_killed(self, after_seconds: float) -> None:
        """All claim in the same order, so that they meet at each task."""
        users = USERS * CONNECTIONS
        start = threading.Barrier(len(users) + 1, timeout=PATIENCE_SECONDS)
        clients = [
            threading.Thread(target=self.told.claim_all, args=(Connection(self.server, user), self.tasks, start))
            for user in users
        ]
        for client in clients:
            client.start()
        start.wait()
        threading.Event().wait(after_seconds)
        self.server.kill()
        for client in clients:
            client.join()


def owners(server: Server, told: Told, tasks: list[str]) -> dict[str, str | None]:
    """Who owns each task now. AssertionError unless all is as clients were told."""
    found: dict[str, str | None] = {}
    anna = Connection(server, "anna")
    for task in tasks:
        found_task, details = anna.call("GET", f"/task/{task}")
        found_events, history = anna.call("GET", f"/task/{task}/history")
        assert (found_task, found_events) == (200, 200), f"{task} is lost"
        assert list(told.faults(task, details, history["items"])) == [], task
        found[task] = details.get("owner")
    anna.close()
    return found


@pytest.mark.parametrize("seed", sized([1], range(1, 6)))
def test_a_killed_server_gives_no_task_to_two_and_keeps_every_claim_it_told_of(database_url: str, seed: int) -> None:
    chance, told, owned = random.Random(seed), Told(), dict[str, str | None]()
    for user in USERS:
        add_user(database_url, user, admin=user == "anna")
    with Server(database_url) as server:
        template = str(prepare_ibm_htm(server)["TEMPLATE"])
        for kill in range(MOST_KILLS):
            if kill >= KILLS and min(len(told.acknowledged), told.cut()) >= KILLS:
                break  # on a busy machine a kill may come before the first claim
            this = Round(server, template, told)
            this.run_until_killed(chance.random() * LONGEST_SECONDS)
            server.start()
            threading.Event().wait(SETTLED_SECONDS)
            owned |= owners(server, told, this.tasks)
        assert owners(server, told, list(owned)[::5]) == dict(list(owned.items())[::5])  # no later kill changed it
    command(database_url, "verify")
    assert not told.odd
    kept = [task for task, owner in owned.items() if owner is not None and task not in told.acknowledged]
    figures = f"{len(told.acknowledged)} claims told, {told.cut()} cut off, {len(kept)} of them kept"
    assert min(len(told.acknowledged), told.cut()) >= KILLS, f"it was not killed over claims: {figures}"
    print(figures)  # noqa: T201  # for `pytest -s` and the report
