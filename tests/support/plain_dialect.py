"""A dialect as small as can be, and an application behind it that keeps nothing: what the HTTP layer is tested with.

`python -m tests.support.plain_dialect` serves it, with the settings of DRAGOMAN_* variables.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar

import msgspec

from dragoman import settings
from dragoman.dialects.kit import (
    OTHERS,
    PUBLIC,
    Dialect,
    Later,
    NotOffered,
    OperationSpec,
    Reply,
    Request,
    Route,
    Stream,
)
from dragoman.dialects.kit.credentials import Credential, from_authorization, from_cookie
from dragoman.dialects.kit.receiving import Step, Streamed
from dragoman.domain import errors
from dragoman.domain.access import Principal
from dragoman.domain.clock import Clock, SystemClock
from dragoman.domain.errors import Expected, Forbidden, Invalid, Unavailable
from dragoman.domain.passwords import hash_password
from dragoman.domain.provider import Visitor
from dragoman.http.server import processes as server
from dragoman.http.server.asgi import ASGIApp, Receive, Scope, Send
from dragoman.metrics import table
from dragoman.metrics.snapshot import Snapshot
from dragoman.runtime.executor import PARSED_ON_THE_LOOP
from dragoman.runtime.identity import Identity
from dragoman.runtime.passwords import PasswordRecord
from dragoman.runtime.receiving import abandon, receive
from dragoman.runtime.traffic import Traffic
from dragoman.settings import Settings
from dragoman.tracing.spans import Spans
from dragoman.usecases.background.backlog import Backlog
from dragoman.usecases.identity.sessions import SignedIn
from dragoman.usecases.identity.users import token_hash

TOKEN = "dgm_1_" + "a" * 43
READER_TOKEN = "dgm_1_" + "r" * 43
ANNA = Principal(tenant=1, user="u-anna", login="anna", credential="password:anna")
STATUS: dict[type[Expected], int] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.TooMany: 429,
    errors.NotOffered: 405,
    errors.Unavailable: 503,
}
BY_CODE = {"unsupported_encoding": 415, "not_offered": 501}
READ = frozenset({"read", "write"})
WRITE = frozenset({"write"})


def error(problem: Expected, request: Request) -> Reply:
    status = BY_CODE.get(problem.code, STATUS[type(problem)])
    body = {"code": problem.code, "message": problem.message, **problem.parameters}
    return reply(body, status=status)


def incident(name: str, request: Request) -> Reply:
    return reply({"incident": name}, status=500)


def reply(value: object, status: int = 200) -> Reply:
    return Reply(status, msgspec.json.encode(value), "application/json")


def parse_path(request: Request) -> dict[str, Any]:
    if (
        "id" in request.path
        and "stream" not in request.full_path
        and not (request.path["id"].isascii() and request.path["id"].isdigit())
    ):
        raise errors.NotFound("task_unknown", "There is no such task.")
    return {**request.path, "extension": request.extension, "login": request.principal and request.principal.login}


def parse_title(request: Request) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Invalid("not_json", "The body is no JSON.") from None
    if not isinstance(body, dict) or not isinstance(body.get("title"), str):
        raise Invalid("title_missing", "A title is needed.")
    return {"title": body["title"], "thread": threading.current_thread().name}


def login_of(request: Request) -> Credential:
    body = msgspec.json.decode(request.body, type=dict[str, str])
    return Credential(body["password"], login=body["user"])


def raises(problem: Exception) -> Callable[..., Any]:
    def run(uow: object, command: object) -> None:
        raise problem

    return run


async def nap(uow: object, command: object) -> dict[str, Any]:
    await asyncio.sleep(0.4)
    return {"rested": True}


GATE = threading.Event()


async def at_the_gate(uow: object, command: object) -> dict[str, Any]:
    """Answer when the test opens the gate."""
    await asyncio.to_thread(GATE.wait, 30)
    return {"passed": True}


async def held_back() -> Reply:
    return reply(await at_the_gate(None, None))


STREAMS_CLOSED: list[str] = []


async def counted(kind: str) -> AsyncIterator[bytes]:
    """Three pieces; "refused" and "broken" fail before the first, "cut" behind it, "endless" never ends."""
    try:
        if kind == "refused":
            raise errors.NotFound("stream_unknown", "There is no such stream.")
        if kind == "broken":
            raise KeyError("secret of the house")
        yield b"one\n"
        if kind == "cut":
            raise KeyError("secret of the house")
        while kind == "endless":
            yield bytes(100_000)
        yield b"two\n"
        yield b"three\n"
    finally:
        STREAMS_CLOSED.append(kind)


def stream(result: dict[str, Any], request: Request) -> Stream:
    return Stream(200, counted(result["id"]), "text/plain", [("X-Kind", "stream")])


def split_header(result: Any, request: Request) -> Reply:
    return Reply(200, b"{}", "application/json", [("X-Title", "a\r\nX-Injected: 1")])


class Letters:
    """Receives a body of text that holds no question mark; what is stored stands in `stored`."""

    stored: ClassVar[list[bytes]] = []
    abandoned: ClassVar[list[int]] = []

    def __init__(self, request: Request) -> None:
        if request.first("size") == "bad":
            raise Invalid("invalid_query", "That is no size.")
        self.count = 0

    def begin(self) -> list[Step]:
        self.stored.clear()
        return []

    def take(self, piece: bytes) -> list[Step]:
        if b"?" in piece:
            raise Invalid("invalid_upload", "No questions.")
        self.count += len(piece)
        return [(lambda uow, command: self.stored.append(command), piece)]  # type: ignore[list-item]

    def finish(self) -> list[Step]:
        return []

    def order(self) -> dict[str, Any]:
        return {"count": self.count, "pieces": len(self.stored)}

    def abandon(self) -> list[Step]:
        self.abandoned.append(self.count)
        return []


SAME = Reply(200, b'{"id":"7","extension":"","login":"anna"}', "application/json")


def operation(method: str, path: str, scopes: frozenset[str] = READ, **more: Any) -> OperationSpec:
    parts: dict[str, Any] = {
        "parse": parse_path,
        "run": lambda uow, command: command,
        "render": lambda result, request: reply(result),
        "name": f"{method} {path}",
        "ignored_parameters": {OTHERS: "everywhere"},
        "writes": method not in ("GET", "HEAD"),
    }
    return OperationSpec(method=method, path=path, scopes=scopes, **(parts | more))


OPERATIONS = (
    operation("GET", "/tasks/{id}"),
    operation("POST", "/tasks", WRITE, parse=parse_title, render=lambda result, request: reply(result, status=201)),
    operation("POST", "/letters", WRITE, parse=parse_title, streamed=Streamed(media=("text/letters",), open=Letters)),
    operation("PUT", "/tasks/{id}", WRITE, query={"action": "claim"}, name="claim"),
    operation("PUT", "/tasks/{id}", WRITE, query={"action": "start"}, name="start"),
    operation("GET", "/tasks/filter", name="filter"),
    operation("GET", "/open", PUBLIC),
    operation("POST", "/login", frozenset({"login"}), credentials=login_of),
    operation("GET", "/same", parse=lambda request: None, render=lambda result, request: SAME),
    operation("GET", "/large", render=lambda result, request: Reply(200, bytes(20_000_000), "text/plain")),
    operation("GET", "/bug", run=raises(KeyError("secret of the house"))),
    operation("GET", "/busy", run=raises(errors.Unavailable("queue_full", "Come back."))),
    operation("GET", "/split", render=split_header),
    operation("GET", "/nap", run=nap),
    operation("GET", "/gate", run=at_the_gate),
    operation("POST", "/gate", WRITE, run=at_the_gate),
    operation("GET", "/gate/poll", render=lambda result, request: Later(held_back)),
    operation("GET", "/stream/{id}", streams=True, render=stream),
    operation("POST", "/nap", WRITE, run=nap),
)


def find_credentials(request: Request) -> Credential | None:
    header = request.headers.get("authorization")
    found = from_cookie(request, "asc_auth_key")
    if found is not None or header is not None:
        return found or from_authorization(header or "", bare=True)
    key, _, value = request.body.decode().partition("=")
    return Credential(value) if key == "asc_auth_key" else None


def cut_extension(path: str) -> Route:
    for extension in (".json", ".xml"):
        if path.lower().endswith(extension):
            return Route(path[: -len(extension)], extension)
    return Route(path)


PLAIN = Dialect(
    "plain",
    "Plain",
    ("/plain",),
    OPERATIONS,
    error,
    incident,
    not_offered=(
        NotOffered("DELETE", "/tasks/{id}", "Tasks stay."),
        NotOffered("PUT", "/tasks/{id}", "Nobody escalates.", query={"action": "escalate"}),
    ),
    documents_head=True,
)
VENDOR = replace(
    PLAIN,
    name="vendor",
    prefixes=("/Api/2.0", "/api/1.0"),
    documents_head=False,
    case_insensitive=True,
    gzip=True,
    normalise=cut_extension,
    find_credentials=find_credentials,
    preflight=lambda request: Reply(200, headers=[("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")]),
)
BARE = replace(PLAIN, name="bare", prefixes=("/bare/1", ""), bare_roots=("/tasks", "/open"))


class PlainExecutor:
    """Runs each command in the event loop, over nothing."""

    full_for: frozenset[bool] = frozenset()
    pause = 0.0  # seconds that a step takes

    def is_full(self, *, writes: bool) -> bool:
        return writes in self.full_for

    async def execute(self, operation: OperationSpec, request: Request) -> Reply | Stream:
        if request.incoming is not None:
            receiving = operation.open(request)

            async def write(step: Step) -> None:
                await asyncio.sleep(self.pause)
                run, command = step
                run(None, command)

            try:
                return await _settled(
                    operation.render(await receive(receiving, request.incoming, write), request), request
                )
            except Exception:
                await abandon(receiving, write)
                raise
        parses_in_thread = len(request.body) > PARSED_ON_THE_LOOP
        command = await asyncio.to_thread(operation.read, request) if parses_in_thread else operation.read(request)
        result = operation.run(None, command)
        rendered = operation.render(await result if hasattr(result, "__await__") else result, request)
        return await _settled(rendered, request)


async def _settled(rendered: Reply | Stream | Later, request: Request) -> Reply | Stream:
    if not isinstance(rendered, Later):
        return rendered
    request.waits()
    return await rendered.reply()


class PlainAccounts:
    """Two tokens and one password."""

    def __init__(self) -> None:
        self.tokens = {
            token_hash(TOKEN): msgspec.structs.replace(ANNA, scopes=frozenset({"write"}), credential="token:a"),
            token_hash(READER_TOKEN): msgspec.structs.replace(ANNA, scopes=frozenset({"read"}), credential="token:r"),
        }
        self.logins = {"anna": PasswordRecord(ANNA, hash_password("geheim"))}
        self.sessions: dict[str, SignedIn] = {}
        self.look_ups = 0

    async def find_token(self, token_hash: str, tenant: int) -> Principal | None:
        self.look_ups += 1
        return self.tokens.get(token_hash) if tenant == 1 else None

    async def find_login(self, login: str) -> PasswordRecord | None:
        self.look_ups += 1
        return self.logins.get(login)

    async def find_user(self, user: str, tenant: int) -> PasswordRecord | None:
        records = (record for record in self.logins.values() if record.principal.user == user)
        return next(records, None) if tenant == 1 else None

    async def find_session(self, session_hash: str, tenant: int) -> SignedIn | None:
        self.look_ups += 1
        return self.sessions.get(session_hash)

    async def find_visitor(self, visitor: Visitor) -> Principal:
        self.look_ups += 1
        if visitor.login != "anna":
            raise Forbidden("not_linked", "Nobody.")
        return ANNA

    def grant(self, token: str, *scopes: str) -> None:
        """Let a token have these scopes."""
        hash_ = token_hash(token)
        self.tokens[hash_] = msgspec.structs.replace(self.tokens[hash_], scopes=frozenset(scopes))


class PlainApplication:
    """An application without a store."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.dialects: tuple[Dialect, ...] = (PLAIN, VENDOR, BARE)
        self.is_ready = True
        self.spans: Spans | None = None
        self.backlog: Backlog | None = Backlog({"available": 2}, 1.5, {"wake": 0.0})
        self.executor = PlainExecutor()
        self.accounts = PlainAccounts()
        self.identity = Identity(self.accounts, settings, self.clock)
        self.identity.main_tenant = 1
        self.traffic = Traffic(self.clock)

    def start(self, on_death: Callable[[], None] | None = None) -> None:
        if on_death is not None:
            with suppress(ValueError):  # a server in a thread of a test has no signals
                signal.signal(signal.SIGUSR1, lambda number, frame: on_death())

    def ready(self) -> bool:
        return self.is_ready

    def measure(self, snapshot: Snapshot) -> None:
        snapshot.set(table.LANES, 1, "write")

    async def waiting(self) -> Backlog:
        if self.backlog is None:
            raise Unavailable("database_away", "Nobody knows.")
        return self.backlog

    async def stop(self) -> None:
        sys.stderr.write('{"event":"app.stopped"}\n')

    def close(self) -> None:
        sys.stderr.write('{"event":"app.closed"}\n')


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """Says how long its body was; breaks when it is told to."""
    body = (await receive())["body"]
    if body == b"break":
        raise KeyError("secret of the page")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"%s %d" % (scope["path"].encode(), len(body))})


PAGES: Mapping[str, ASGIApp] = {"/ui/": page, "/plain/openapi.json": page}


def make(settings: Settings) -> tuple[PlainApplication, Mapping[str, ASGIApp]]:
    return PlainApplication(settings), PAGES


if __name__ == "__main__":
    # What runs as __main__ is another module than what `make` is found in, so that one is loaded by its name.
    sys.exit(server.serve(settings.load(environ=os.environ), "tests.support.plain_dialect:make"))
