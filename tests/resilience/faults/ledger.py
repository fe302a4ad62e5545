"""Clients that write all the time and keep a ledger of what was acknowledged, to be held against the server later."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from types import TracebackType

from tests.conftest import PASSWORD
from tests.support.server import Answer, Server, basic

HEADERS = basic("anna", PASSWORD) | {"Content-Type": "application/json"}
PATIENCE_SECONDS = 60.0


class Ledger:
    """What the clients were told, together. Every client has a task of its own, and counts it up by its priority."""

    def __init__(self, server: Server, clients: int = 3, *, filler: str = "", survives: bool = True) -> None:
        self.statuses: Counter[int] = Counter()
        self.refusals: list[Answer] = []
        self.faults: list[str] = []
        self.survives = survives
        self.filler = filler
        self.server = server
        self._told = threading.Condition()
        self._clients = [Client(self, server) for _ in range(clients)]

    def __enter__(self) -> "Ledger":
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Let what is under way be answered, and no more be sent."""
        for client in self._clients:
            client.ends = True
        for client in self._clients:
            client.join(PATIENCE_SECONDS)

    def tell(self, answer: Answer) -> None:
        """Note an answer."""
        with self._told:
            self.statuses[answer.status] += 1
            if answer.status >= 500:
                self.refusals.append(answer)
            self._told.notify_all()

    def fail(self, fault: str) -> None:
        """Note what must not be."""
        with self._told:
            self.faults.append(fault)
            self._told.notify_all()

    @property
    def acknowledged(self) -> int:
        """How many writes were answered with success."""
        return sum(count for status, count in self.statuses.items() if status < 300)

    def wait_for(self, enough: Callable[[], bool]) -> None:
        """Look after each answer, until it has come to pass."""
        with self._told:
            done = self._told.wait_for(lambda: enough() or self.faults, PATIENCE_SECONDS)
        assert not self.faults, self.faults
        assert done, f"it did not come to pass: {self.statuses}"

    def wait_for_more(self, writes: int = 30) -> None:
        """Wait for so many more that are acknowledged."""
        before = self.acknowledged
        self.wait_for(lambda: self.acknowledged >= before + writes)

    def wait_for_refusal(self, times: int = 1) -> Answer:
        """Wait for the next write that is refused, or for so many more."""
        wanted = len(self.refusals) + times
        self.wait_for(lambda: len(self.refusals) >= wanted)
        return self.refusals[-1]

    def wait_for_end(self) -> None:
        """Wait until the server has hung up on every client."""
        for client in self._clients:
            client.join(PATIENCE_SECONDS)
            assert not client.is_alive()
        assert not self.faults, self.faults

    def check(self) -> None:
        """Nothing that was acknowledged is lost, nothing stands there that was never sent."""
        assert not self.faults, self.faults
        assert self.acknowledged or not self.survives
        for client in self._clients:
            client.check()


class Client(threading.Thread):
    """One of them, on a connection of its own."""

    def __init__(self, ledger: Ledger, server: Server) -> None:
        super().__init__(daemon=True)
        self.ends = False
        self._ledger = ledger
        self._server = server
        self._task = ""
        self._sent = self._acknowledged = 0
        self._unsure: set[int] = set()

    def run(self) -> None:
        """Write until the end, or until the server ends where it may."""
        try:
            while not self.ends:
                self._converse()
        except Exception as bug:  # whatever it is, the test must hear of it
            self._ledger.fail(repr(bug))

    def _converse(self) -> None:
        """As many writes as a connection lasts."""
        connection = HTTPConnection("127.0.0.1", self._server.port, timeout=PATIENCE_SECONDS)
        try:
            while not self.ends:
                self._write(connection) if self._task else self._make(connection)
        except (OSError, HTTPException):
            if self._ledger.survives:
                raise
            self.ends = True
        finally:
            connection.close()

    def _make(self, connection: HTTPConnection) -> None:
        made = self._ask(connection, "POST", "/v1/tasks", {"title": "Ledger", "priority": 0})
        if made.status == 201:
            self._task = made.json()["id"]
        else:
            self._refused(made)

    def _write(self, connection: HTTPConnection) -> None:
        self._sent += 1
        self._unsure.add(self._sent)
        change = {"priority": self._sent, "description": self._ledger.filler}
        answer = self._ask(connection, "PATCH", f"/v1/tasks/{self._task}", change)
        if answer.status == 200:
            self._acknowledged, self._unsure = self._sent, set()
            self._ledger.tell(answer)
            return
        if answer.json()["code"] != "outcome_unknown":
            self._unsure.remove(self._sent)
        self._refused(answer)

    def _refused(self, answer: Answer) -> None:
        if answer.status not in (503, 507):
            self._ledger.fail(answer.text)
        self._ledger.tell(answer)

    def _ask(self, connection: HTTPConnection, method: str, path: str, body: object) -> Answer:
        connection.request(method, path, json.dumps(body), HEADERS)
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())

    def check(self) -> None:
        """The priority is the last that was acknowledged, or a later one of which nobody was told what became of it."""
        if not self._task:
            return
        found = self._server.call("GET", f"/v1/tasks/{self._task}", headers=HEADERS)
        assert found.status == 200, found.text
        assert found.json()["priority"] in self._unsure | {self._acknowledged}
