"""The HTTP layer on a real socket: the server in a thread of this process, and bytes to and from it."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection

import msgspec

from dragoman import settings
from dragoman.http.endpoints.metrics import Metrics
from dragoman.http.server.gateway import Gateway
from dragoman.http.server.listeners import bind
from dragoman.http.server.process import Server, Service, config_of
from dragoman.logs import RequestLog
from dragoman.settings import Settings
from tests.support.plain_dialect import PAGES, TOKEN, PlainApplication

AUTH = f"Authorization: Bearer {TOKEN}\r\n"


@dataclass
class Running:
    """A server that runs: its port, and the lines of its log."""

    port: int
    server: Server
    requests: RequestLog
    lines: list[bytes]

    def log(self) -> list[dict[str, object]]:
        self.requests.flush()
        return [msgspec.json.decode(line) for text in self.lines for line in text.splitlines()]


@dataclass
class Live(Running):
    """The same of the plain dialect's application."""

    app: PlainApplication


@contextmanager
def serving(base: Settings | None = None) -> Iterator[Live]:
    """A server of the plain dialect."""
    app = PlainApplication(base or settings.load(environ={}))
    with running(app) as it:
        yield Live(it.port, it.server, it.requests, it.lines, app)


@contextmanager
def running(app: Service) -> Iterator[Running]:
    """A server of an application; it is stopped at the end, and must end well."""
    lines: list[bytes] = []
    requests = RequestLog(lines.append)
    listener = bind("127.0.0.1", 0)
    ready = threading.Event()
    mounts = {**PAGES, **Metrics(app, requests.counted).mounts()}
    server = Server(config_of(Gateway(app, requests=requests, mounts=mounts)), app, ready.set)
    factory = server.config.get_loop_factory()

    def run() -> None:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(server.serve([listener]))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(10)
        yield Running(listener.getsockname()[1], server, requests, lines)
    finally:
        server.stop()
        thread.join(15)
    assert not thread.is_alive()


def shorter(**seconds: float) -> Settings:
    """The settings with other timeouts."""
    base = settings.load(environ={})
    return msgspec.structs.replace(base, timeouts=msgspec.structs.replace(base.timeouts, **seconds))


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def read_all(connection: socket.socket) -> bytes:
    """Everything until the server closes."""
    got = b""
    while part := connection.recv(65536):
        got += part
    return got


def read_answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """One answer with a Content-Length."""
    got = b""
    while b"\r\n\r\n" not in got:
        part = connection.recv(65536)
        assert part, got
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return int(lines[0].split()[1]), headers, body


def exchange(port: int, text: str | bytes) -> list[int]:
    """Send bytes and read to the end; the statuses that came back."""
    with connect(port) as connection:
        connection.sendall(text.encode("latin-1") if isinstance(text, str) else text)
        return statuses(read_all(connection))


def statuses(text: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", text)]


def seconds_until_closed(connection: socket.socket) -> tuple[float, bytes]:
    """How long the server takes to close, and what it says before."""
    began = time.monotonic()
    got = read_all(connection)
    return time.monotonic() - began, got


@dataclass
class Answer:
    """What came back; names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        decoded: dict[str, object] = msgspec.json.decode(self.body)
        return decoded


def call(live: Live, line: str, body: bytes | None = None, *, token: str | None = TOKEN, **headers: str) -> Answer:
    """One request ("PUT /path") on a connection of its own. `X_Request_Id=…` is the header X-Request-Id."""
    method, _, path = line.partition(" ")
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if token is not None:
        given.setdefault("Authorization", f"Bearer {token}")
    connection = HTTPConnection("127.0.0.1", live.port, timeout=10)
    try:
        connection.request(method, path, body, given)
        response = connection.getresponse()
        once = {name.lower(): str(response.getheader(name)) for name, _ in response.getheaders()}  # or all its values
        return Answer(response.status, once, response.read())
    finally:
        connection.close()
