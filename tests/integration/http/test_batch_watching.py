"""Waiting for batches and streams of their events, over HTTP on both engines."""

import json
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest

from dragoman.dialects.kit.batch_watching import MOST_STREAMS
from tests.conftest import PASSWORD, add_user
from tests.support.databases import BACKENDS, Databases
from tests.support.server import Server, basic

ANNA = basic("anna", PASSWORD)
JSON = {**ANNA, "Content-Type": "application/json"}
ORDER = {"method": "PATCH", "type": "task", "field": "id", "entries": [1], "data": {"priority": 9}}
PATIENCE_SECONDS = 30.0


OFTEN = """
import sys
from dragoman.cli.main import main
from dragoman.dialects.kit import batch_watching
batch_watching.SILENCE_SECONDS = 0.5
del sys.argv[0]
main()
"""
"""Runs a command with comments twice a second instead of four times a minute."""


@pytest.fixture(scope="module", params=BACKENDS)
def server(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Server]:
    """For all tests, each of which makes its own batches."""
    with databases.lent(request.param) as url:
        yield from serving(url)


@pytest.fixture(scope="module")
def chatty(databases: Databases) -> Iterator[Server]:
    """The same where comments decide, and the engine can't matter."""
    with databases.lent("sqlite") as url:
        yield from serving(url, sys.executable, "-c", OFTEN)


def serving(url: str, *within: str) -> Iterator[Server]:
    add_user(url, "anna", admin=True)
    with Server(url, config="[timeouts]\nstop_seconds = 300\n", within=within) as running:
        make(running, "/v1/tasks", {"title": "One"})
        yield running


def make(server: Server, path: str, content: object = None) -> Any:
    body = None if content is None else json.dumps(content).encode()
    answer = server.call("POST", path, body, JSON)
    assert answer.status in (200, 201), answer.text
    return answer.json()


def new_batch(server: Server, **options: Any) -> str:
    made: str = make(server, "/v1/batches", {**ORDER, **options})["id"]
    return made


def at_rest(server: Server, batch: str, **headers: str) -> Any:
    answer = server.call("GET", f"/v1/batches/{batch}?wait=60", headers=ANNA | headers)
    assert answer.status == 200, answer.text
    return answer.json()


class Events:
    """A client of the stream of a batch's events."""

    def __init__(self, server: Server, batch: str) -> None:
        self.connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
        self.connection.request("GET", f"/v1/batches/{batch}/events", headers=ANNA)
        self.response: HTTPResponse = self.connection.getresponse()

    def next(self) -> tuple[str, int, Any]:
        """The next event: its name, id and data."""
        fields = {}
        while line := self.response.readline().decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            fields[name] = value
        return fields["event"], int(fields["id"]), json.loads(fields["data"])

    def rest(self) -> bytes:
        return self.response.read()

    def close(self) -> None:
        self.response.close()
        self.connection.close()

    def __enter__(self) -> "Events":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def test_waiting_ends_with_the_rest_behind_the_named_version(server: Server) -> None:
    batch = new_batch(server)
    assert at_rest(server, batch)["status"] == "pending_review"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(at_rest, server, batch, **{"If-None-Match": '"2-0"'})
        make(server, f"/v1/batches/{batch}/approve")
        assert waiting.result(PATIENCE_SECONDS)["status"] == "completed"


def test_those_who_wait_hold_up_nobody(server: Server) -> None:
    batch = new_batch(server, review=False, rate_per_second=0.001, canary=1, entries=[1, 2, 3])
    paused = at_rest(server, batch)
    assert paused["status"] == "canary_review"
    seen = {"If-None-Match": f'"{paused["revision"]}-1"'}
    with ThreadPoolExecutor(40) as pool:
        waiting = [pool.submit(at_rest, server, batch, **seen) for _ in range(40)]
        for _ in range(20):
            assert server.call("GET", "/v1/tasks/1", headers=ANNA).status == 200
        make(server, f"/v1/batches/{batch}/stop")
        assert {each.result(PATIENCE_SECONDS)["status"] for each in waiting} == {"stopped"}


def test_a_batch_that_is_deleted_meanwhile_is_not_found(server: Server) -> None:
    batch = new_batch(server)
    at_rest(server, batch)
    with ThreadPoolExecutor(1) as pool, Events(server, batch) as events:
        path = f"/v1/batches/{batch}?wait=60"
        waiting = pool.submit(server.call, "GET", path, None, ANNA | {"If-None-Match": '"2-0"'})
        assert events.next()[0] == "progress"
        assert server.call("DELETE", f"/v1/batches/{batch}", headers=ANNA).status == 204
        assert waiting.result(PATIENCE_SECONDS).status == 404
        assert events.next() == ("gone", 2, {})
        assert events.rest() == b""


def test_events_lead_from_the_present_to_the_end(server: Server) -> None:
    batch = new_batch(server)
    at_rest(server, batch)
    with Events(server, batch) as events:
        assert events.response.getheader("content-type") == "text/event-stream"
        name, number, first = events.next()
        assert (name, number, first["status"], first["revision"]) == ("progress", 1, "pending_review", 2)
        make(server, f"/v1/batches/{batch}/approve")
        found = [events.next()]
        while found[-1][0] == "progress":
            found.append(events.next())
        assert [number for _, number, _ in found] == list(range(2, len(found) + 2))
        assert found[-1][0] == "end"
        assert found[-1][2] == found[-2][2]
        assert found[-1][2]["counts"]["processed"] == 1
        assert events.rest() == b""


def test_a_credential_has_so_many_streams_at_once(chatty: Server) -> None:
    batch = new_batch(chatty)
    at_rest(chatty, batch)
    with ExitStack() as stack:
        for _ in range(MOST_STREAMS):
            assert stack.enter_context(Events(chatty, batch)).next()[0] == "progress"
        with Events(chatty, batch) as refused:
            assert refused.response.status == 429
            assert refused.response.getheader("retry-after") == "1"
            assert json.loads(refused.rest())["code"] == "too_many_streams"
        answer = chatty.call("GET", f"/core/v2/batch/tasks/{batch}/events", headers=ANNA)  # the same credential
        assert (answer.status, answer.headers["retry-after"]) == (429, "1")
        assert (answer.json()["message"], answer.json()["errors"][0]["type"]) == ("Too Many Requests", "rate_limited")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:  # clients that have left are noticed
        with Events(chatty, batch) as events:
            if events.response.status == 200:
                return
        assert time.monotonic() < deadline
        time.sleep(0.1)


def sent(server: Server, target: str, version: str = "1.1", **headers: str) -> socket.socket:
    """A connection with a request on it."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS)
    lines = [f"{name}: {value}" for name, value in (ANNA | headers).items()]
    connection.sendall("\r\n".join([f"GET {target} HTTP/{version}", "Host: x", *lines, "", ""]).encode())
    return connection


def test_a_server_that_stops_ends_waiting_and_streams(server: Server) -> None:
    batch = new_batch(server)
    at_rest(server, batch)
    seen = {"If-None-Match": '"2-0"'}
    with sent(server, f"/v1/batches/{batch}?wait=60", **seen) as waiting, Events(server, batch) as events:
        assert events.next()[0] == "progress"
        server.stop()
        assert events.rest() == b""
        assert waiting.recv(4096).startswith(b"HTTP/1.1 503 ")
    server.start()


def test_what_another_node_does_is_seen(databases: Databases) -> None:
    url = databases.new("postgresql")
    add_user(url, "anna", admin=True)
    with Server(url) as one, Server(url) as other:
        make(one, "/v1/tasks", {"title": "One"})
        batch = new_batch(one)
        at_rest(one, batch)
        with Events(one, batch) as events:
            assert events.next()[0] == "progress"
            make(other, f"/v1/batches/{batch}/refuse")
            assert events.next()[2]["status"] == "cancelled"
            assert events.next()[0] == "end"


def test_silence_is_broken_by_comments(chatty: Server) -> None:
    batch = new_batch(chatty)
    at_rest(chatty, batch)
    with sent(chatty, f"/v1/batches/{batch}/events", "1.0") as connection:
        got = b""
        while not got.endswith(b"\n\n: \n\n"):
            part = connection.recv(4096)
            assert part
            got += part
