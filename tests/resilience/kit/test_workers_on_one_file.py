"""Several processes that serve one SQLite file: killed together, or one of them while it is its turn to write."""

import json
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from tests.conftest import add_user
from tests.integration.http.test_server import children
from tests.resilience.kit.conftest import ANNA, JSON, PREPARATIONS, RunKit
from tests.support.server import PROGRAM, Server, command
from tests.support.sizes import sized

KILLS = int(sized("4", "100"))
CLIENTS = 6
PATIENCE_SECONDS = 30.0


@pytest.mark.parametrize("workers", ["2", "4"])
@pytest.mark.parametrize("backend", ["sqlite"])
def test_nothing_acknowledged_is_lost_when_all_are_killed(backend: str, workers: str, run_kit: RunKit) -> None:
    rounds = ("--rounds", sized("2", "200"), "--kill-max", "2", "--check-cmd", f"{PROGRAM} verify")
    few = ("--workers", "2", "--objects", "2", "--create-share", "0.02", "--min-acks", sized("5", "100"))
    serve = f"{PROGRAM} serve --workers {workers} --port $PORT"
    run_kit("ledgers.py", tuple(PREPARATIONS), *rounds, *few, serve=serve)


class Clients:
    """Clients that make tasks without a pause; `made` are the titles that were acknowledged."""

    def __init__(self, port: int) -> None:
        self.made: list[str] = []
        self._port = port
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(CLIENTS)]

    @contextmanager
    def asking(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join()

    def _ask(self, number: int) -> None:
        turn = 0
        while not self._over.is_set():
            turn += 1
            title = f"{number}-{turn}"
            connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
            try:
                connection.request("POST", "/v1/tasks", json.dumps({"title": title}), ANNA | JSON)
                if connection.getresponse().status == 201:
                    self.made.append(title)
            except (OSError, HTTPException):
                pass  # nobody said that it was applied
            finally:
                connection.close()

    def go_on(self, count: int = 5) -> float:
        """Wait until so many more were made; the seconds that it took."""
        began, before = time.monotonic(), len(self.made)
        while len(self.made) < before + count:
            assert time.monotonic() < began + PATIENCE_SECONDS, "nothing was made any more"
            time.sleep(0.01)
        return time.monotonic() - began


def workers_of(server: Server) -> list[int]:
    """The processes that serve."""
    return children(server.pid)


def whose_turn(database: Path, pids: list[int]) -> int:
    """The process that holds the turn at this moment."""
    inode = Path(f"{database}-turn").stat().st_ino
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        for line in Path("/proc/locks").read_text().splitlines():
            fields = line.split()
            if "->" not in fields and fields[5].endswith(f":{inode}") and int(fields[4]) in pids:
                return int(fields[4])
    raise AssertionError("nobody has the turn")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_the_others_go_on_when_the_one_whose_turn_it_is_is_killed(backend: str, tmp_path: Path) -> None:
    database = tmp_path / "dragoman.db"
    url = f"sqlite:///{database}"
    add_user(url, "anna", admin=True)
    slowest = 0.0
    with Server(url, options=("--workers", "2")) as server:
        clients = Clients(server.port)
        with clients.asking():
            for _ in range(KILLS):
                clients.go_on()
                pids = workers_of(server)
                os.kill(whose_turn(database, pids), signal.SIGKILL)
                slowest = max(slowest, clients.go_on())
        acknowledged = set(clients.made)
    with sqlite3.connect(database) as connection:
        stored = {title for (title,) in connection.execute("SELECT title FROM task")}
    assert acknowledged <= stored
    command(url, "verify")
    print(f"{KILLS} kills, {len(acknowledged)} made, the longest silence {slowest:.2f} s")  # noqa: T201  # for the report
