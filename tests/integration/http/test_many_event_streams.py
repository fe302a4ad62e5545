"""Streams that are opened at one moment: each begins, or is refused in a way that tells when to come back."""

import json
import resource
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPResponse

from tests.conftest import PASSWORD, add_user
from tests.support.databases import Databases
from tests.support.event_client import PATIENCE_SECONDS
from tests.support.server import Server, basic

ANNA = basic("anna", PASSWORD)
FILES, MOST = 60, 60
"""The limit of open files that the server finds at its start, and the streams that it must bear all the same."""
LATE = 30
CONFIG = f"""
[limits]
queue = 20
[events]
streams_per_user = 1000
streams = {MOST}
"""


@contextmanager
def open_files(soft: int) -> Iterator[None]:
    """Limit the open files of this process and of what it starts, as shells and service managers do."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def asked(server: Server, count: int) -> list[HTTPConnection]:
    """Connections that have all asked for a stream before any answer is read."""
    connections = [HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS) for _ in range(count)]
    for connection in connections:
        connection.connect()
    for connection in connections:
        connection.request("GET", "/v1/events/stream", headers=ANNA)
    return connections


def first_line(response: HTTPResponse) -> str:
    """Of a stream, or the code of the refusal."""
    if response.status == 200:
        return response.readline().decode().strip()
    assert int(response.headers["Retry-After"]) > 0
    return f"{response.status} {json.loads(response.read())['code']}"


def test_streams_opened_at_one_moment_all_begin_or_are_told_when_to_come_back(databases: Databases) -> None:
    url = databases.new("sqlite")
    add_user(url, "anna", admin=True)
    with ExitStack() as running:
        with open_files(FILES):
            server = running.enter_context(Server(url, config=CONFIG))
        assert server.call("GET", "/v1/tasks", headers=ANNA).status == 200  # the password is known from here on
        early = asked(server, MOST)
        answers = [connection.getresponse() for connection in early]
        assert Counter(map(first_line, answers)) == {"retry: 2000": MOST}
        late = asked(server, LATE)
        assert Counter(first_line(connection.getresponse()) for connection in late) == {"503 streams_full": LATE}
        for connection in (*early, *late):
            connection.close()
