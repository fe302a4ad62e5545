"""A server of tickets on this machine, which batches change from outside; it can be told to misbehave."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Fault = Callable[["Handler"], None]
"""What is done in place of a reply."""


@dataclass
class Request:
    """A request as the server got it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any = None
    at: float = 0.0


@dataclass
class Tickets:
    """The objects, the requests so far, and the faults of the next requests, by method."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    done: dict[str, tuple[int, Any]] = field(default_factory=dict)  # replies by idempotency key
    remembers: bool = True  # whether a repeated key gets the first reply again
    has_etags: bool = True
    most_at_once: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    busy: int = 0
    hung: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))  # released by each that hangs

    def put(self, id_: str, **members: Any) -> None:
        """Store an object, as another client would."""
        with self.lock:
            self.objects[id_] = {"id": id_, **members}
            self.versions[id_] = self.versions.get(id_, 0) + 1

    def etag(self, id_: str) -> str:
        """The tag of an object's version."""
        return f'"v{self.versions[id_]}"'

    def fail(self, method: str, *faults: Fault) -> None:
        """Let the next requests of a method go wrong, one after the other."""
        self.faults.setdefault(method, []).extend(faults)

    def sent(self, method: str) -> list[Request]:
        """The requests of a method so far."""
        return [request for request in self.requests if request.method == method]


class Handler(BaseHTTPRequestHandler):
    """Serves the tickets."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    tickets: Tickets

    def log_message(self, *_: object) -> None:
        """Keep silent."""

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815

    def _serve(self) -> None:
        tickets = self.tickets
        text = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        content = json.loads(text) if text else None
        with tickets.lock:
            tickets.requests.append(
                Request(self.command, self.path, dict(self.headers.items()), content, time.monotonic())
            )
            faults = tickets.faults.get(self.command, [])
            fault = faults.pop(0) if faults else None
            tickets.busy += 1
            tickets.most_at_once = max(tickets.most_at_once, tickets.busy)
        try:
            if fault is not None:
                fault(self)
            else:
                self.act(content)
        finally:
            with tickets.lock:
                tickets.busy -= 1

    def act(self, content: Any) -> None:
        """Do what is asked and reply, once for each idempotency key."""
        key = self.headers.get("Idempotency-Key", "")
        with self.tickets.lock:
            if not key or key not in self.tickets.done or not self.tickets.remembers:
                self.tickets.done[key] = self._done(content)
            status, reply = self.tickets.done[key]
        self.reply(status, reply)

    def _done(self, content: Any) -> tuple[int, Any]:
        path = urlsplit(self.path)
        tickets, id_ = self.tickets, unquote(path.path.removeprefix("/api/tickets").strip("/"))
        if not id_ and self.command == "POST":
            number = str(content.get("id") or len(tickets.objects) + 100)
            tickets.put(number, **{name: value for name, value in content.items() if name != "id"})
            return 201, tickets.objects[number]
        if not id_:
            wanted = parse_qs(path.query).get("reference", [""])[0]
            return 200, {"results": [each for each in tickets.objects.values() if each.get("reference") == wanted]}
        if id_ not in tickets.objects:
            return 404, {"message": "no such ticket"}
        if self.headers.get("If-Match", tickets.etag(id_)) != tickets.etag(id_):
            return 412, {"message": "changed meanwhile"}
        if self.command == "DELETE":
            return 204, tickets.objects.pop(id_) and None
        if self.command in ("PATCH", "PUT"):
            before = tickets.objects[id_] if self.command == "PATCH" else {}
            after = {**before, **content}
            tickets.put(id_, **{name: value for name, value in after.items() if value is not None and name != "id"})
        return 200, tickets.objects[id_]

    def reply(self, status: int, content: Any = None, headers: Mapping[str, str] | None = None) -> None:
        """Send a reply; of an object, with the tag of its version."""
        body = b"" if content is None else content if isinstance(content, bytes) else json.dumps(content).encode()
        given = dict(headers or {})
        if isinstance(content, dict) and content.get("id") in self.tickets.versions and self.tickets.has_etags:
            given.setdefault("Etag", self.tickets.etag(content["id"]))
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **given}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def status(code: int, content: Any = None, **headers: str) -> Fault:
    """Reply with a status and do nothing. `retry_after="1"` is a header."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return lambda handler: handler.reply(code, content, named)


def drop(handler: Handler) -> None:
    """Reset the connection without a reply."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()
    handler.rfile = handler.wfile = _Closed()  # type: ignore[assignment]


def act_then_drop(handler: Handler) -> None:
    """Do what is asked, and lose the reply."""
    text = handler.tickets.requests[-1].body
    with handler.tickets.lock:
        handler.tickets.done[handler.headers.get("Idempotency-Key", "")] = handler._done(text)
    drop(handler)


def act_then_hang(handler: Handler) -> None:
    """Do what is asked, and reply only when the client has gone."""
    text = handler.tickets.requests[-1].body
    with handler.tickets.lock:
        handler._done(text)
    handler.tickets.hung.release()
    with suppress(OSError):
        handler.connection.recv(1)
    drop(handler)


def stall(seconds: float, then: str = "drop") -> Fault:
    """Reply after a while, or never."""

    def wait(handler: Handler) -> None:
        handler.tickets.hung.release()
        time.sleep(seconds)
        if then == "drop":
            drop(handler)
        else:
            handler.act(handler.tickets.requests[-1].body)

    return wait


def endless(handler: Handler) -> None:
    """Reply with a body of 10 GB, as much of it as is read."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(10 * 2**30))
    handler.end_headers()
    handler.close_connection = True
    part = b'"' + b"x" * 65_535
    try:
        for _ in range(10 * 2**30 // len(part)):
            handler.wfile.write(part)
    except OSError:
        drop(handler)


def broken_body(code: int) -> Fault:
    """Reply with a status and half of a body."""

    def half(handler: Handler) -> None:
        handler.send_response(code)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b'{"id": ')
        handler.wfile.flush()
        drop(handler)

    return half


class _Closed:
    closed = True

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def readline(self, _size: int = -1) -> bytes:
        return b""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nothing to report."""


@contextmanager
def serving() -> Iterator[tuple[str, Tickets]]:
    """The base URL of a server of tickets, and the tickets."""
    tickets = Tickets()
    handler = type("Bound", (Handler,), {"tickets": tickets})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/api", tickets
        finally:
            server.shutdown()
            thread.join()
