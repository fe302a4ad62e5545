"""The whole application asked without sockets, and tenants made without commands: for tests that ask thousands of
times. What a request passes through is what it passes through in a server, from ASGI's messages on."""

import asyncio
import threading
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, TypeVar
from urllib.parse import unquote

from dragoman.dialects import discover
from dragoman.domain.ids import new_id
from dragoman.domain.passwords import hash_password
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.http.server.gateway import Gateway
from dragoman.logs import Line, RequestLog
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.usecases.identity import users as people
from tests.support.server import Answer, Server, basic
from tests.support.tenant import ADMINISTRATORS, NUMBERS, PASSWORD, Tenant

R = TypeVar("R")
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Ask:
    """A request."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


class Noted(RequestLog):
    """A log that keeps its last line, by which one knows why a request was refused."""

    last: Line

    def add(self, line: Line) -> None:
        self.last = line


class Indoors(Server):
    """A server without a port, in a thread of this process. Nothing stored may be private to it: commands work, too."""

    def __init__(self, database_url: str, *, environ: dict[str, str] | None = None) -> None:
        self.database_url = database_url
        self.base_url = "http://localhost"
        dialects = {dialect.name: dialect.options for dialect in discover()}
        self.app = Application(load(overrides={"database": database_url}, environ=environ or {}, dialects=dialects))
        self._log = Noted(lambda lines: None)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._gateway = Gateway(self.app, requests=self._log)

    def __enter__(self) -> "Indoors":
        self.app.open()
        self._thread.start()
        self._do(self._start())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._do(self.app.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self.app.close()
        self._loop.close()

    def is_running(self) -> bool:
        return self._thread.is_alive()

    def call(
        self, method: str, target: str, body: bytes | str | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """One request, and its answer."""
        sent = body.encode() if isinstance(body, str) else body
        return self.ask([Ask(method, target, headers or {}, sent)])[0][0]

    def ask(self, asks: Iterable[Ask]) -> list[tuple[Answer, Line]]:
        """One request after the other: each one's answer, and what the log has of it."""
        return self._do(self._ask_all(list(asks)))

    async def _start(self) -> None:
        self.app.start()

    async def _ask_all(self, asks: list[Ask]) -> list[tuple[Answer, Line]]:
        return [(await self._ask(ask), self._log.last) for ask in asks]

    async def _ask(self, ask: Ask) -> Answer:
        sent = [{"type": "http.request", "body": ask.body or b"", "more_body": False}]
        got: list[Any] = []

        async def receive() -> Any:
            return sent.pop() if sent else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            got.append(message)

        await self._gateway(_scope(ask), receive, send)
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in got[0]["headers"]}
        return Answer(got[0]["status"], headers, b"".join(part.get("body", b"") for part in got[1:]))

    def _do(self, work: Coroutine[Any, Any, R]) -> R:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)


def _scope(ask: Ask) -> dict[str, Any]:
    path, _, query = ask.target.partition("?")
    headers = {"host": "localhost"} | {name.lower(): value for name, value in ask.headers.items()}
    if ask.body is not None:
        headers["content-length"] = str(len(ask.body))
    return {
        "type": "http",
        "http_version": "1.1",
        "method": ask.method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 40_000),
        "extensions": {},
    }


class Serving(Protocol):
    """Whoever answers, with the application at hand."""

    app: Application
    database_url: str

    def call(
        self, method: str, target: str, body: bytes | str | None = None, headers: dict[str, str] | None = None
    ) -> Answer: ...


class Household(Tenant):
    """A fresh tenant, made without commands. Its people share one password, which is hashed once."""

    HASH = hash_password(PASSWORD)

    def __init__(self, server: Serving) -> None:
        self.server: Any = server
        self.number = next(NUMBERS)
        self.name = f"tenant-{self.number}"
        self.key = server.app.ensure_tenant(self.name)
        self.uids: dict[str, str] = {}
        self._tokens: dict[str, str] = {}

    def login(self, person: str) -> str:
        login = f"{person}-{self.number}"
        if person not in self.uids:
            uid, app = new_id(), self.server.app
            mail, name, admin = f"{login}@example.com", person.capitalize(), person in ADMINISTRATORS
            for word in (login, mail, uid):
                app.executor.call(people.claim_login, people.ClaimLogin(word, self.key, uid), DIRECTORY_TENANT)
            app.executor.call(people.add_user, people.AddUser(uid, login, mail, name, self.HASH, admin), self.key)
            self.uids[person] = uid
        return login

    def token(self, scopes: str, person: str = "anna") -> str:
        known = f"{person}:{scopes}"
        if known not in self._tokens:
            self.login(person)
            text = people.token_text(self.key)
            command = people.CreateToken(self.uids[person], people.token_hash(text), tuple(scopes.split()))
            self.server.app.executor.call(people.create_token, command, self.key)
            self._tokens[known] = text
        return self._tokens[known]

    def basic(self, person: str) -> str:
        """With a token as the password: a real one costs twenty milliseconds to verify."""
        return basic(self.login(person), self.token("*", person))["Authorization"]

    def password(self, person: str) -> str:
        """The value of `Authorization` with the real password."""
        return basic(self.login(person), PASSWORD)["Authorization"]
