"""The whole application asked without sockets, for tests that send thousands of requests. A request passes through
what it passes through in a server, from ASGI's messages on."""

import asyncio
import threading
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import unquote

from dragoman.app import mounts
from dragoman.dialects import discover
from dragoman.domain.clock import Clock
from dragoman.http.server.gateway import Gateway
from dragoman.logs import Line, RequestLog
from dragoman.runtime.application import Application
from dragoman.settings import load
from tests.support.server import KEY_OF_SECRETS, Answer, Server, by_name

R = TypeVar("R")
PATIENCE_SECONDS = 60.0
BLOCK_ENDS = b"\n\n"
FAILED = 400
WITH_KEY = {"DRAGOMAN_SECRET_KEY": KEY_OF_SECRETS}


@dataclass(frozen=True)
class Ask:
    """A request."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    client: str = "127.0.0.1"
    more: tuple[tuple[str, str], ...] = ()  # further headers, also of a name that is there already
    block: bool = False  # the client leaves behind the first block of a stream


class LastLine(RequestLog):
    """A log that keeps its last line, which has the reason of a refusal."""

    last: Line

    def add(self, line: Line) -> None:
        self.last = line


class InProcessServer(Server):
    """A server without a port, in a thread of this process. Commands can use its database as well."""

    def __init__(
        self,
        database_url: str,
        *,
        config: str = "",
        environ: dict[str, str] | None = None,
        host: str = "localhost",
        clock: Clock | None = None,
    ) -> None:
        super().__init__(database_url, config=config)
        self.base_url = f"http://{host}"
        dialects = {dialect.name: dialect.options for dialect in discover()}
        settings = load(self._config, WITH_KEY if environ is None else environ, {"database": database_url}, dialects)
        self._application = Application(settings, clock)
        self._application.executor.data_folder = self._folder
        self._log = LastLine(lambda lines: None)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._gateway = Gateway(self._application, requests=self._log, mounts=mounts(self._application))

    @property
    def app(self) -> Application:
        """The application that serves."""
        return self._application

    def __enter__(self) -> "InProcessServer":
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
        super().__exit__(kind, error, at)

    def is_running(self) -> bool:
        return self._thread.is_alive()

    def call(
        self,
        method: str,
        target: str,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        *,
        block: bool = False,
    ) -> Answer:
        """One request, and its answer; with `block` the first block of it, when the client leaves."""
        sent = body.encode() if isinstance(body, str) else body
        return self.ask([Ask(method, target, headers or {}, sent, block=block)])[0][0]

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
        enough = asyncio.Event()

        async def receive() -> Any:
            if ask.block and not sent:
                await enough.wait()
            return sent.pop() if sent else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            got.append(message)
            if BLOCK_ENDS in message.get("body", b"") or message.get("status", 200) >= FAILED:
                enough.set()

        await self._gateway(_scope(ask, self.base_url), receive, send)
        headers = by_name((name.decode(), value.decode("latin-1")) for name, value in got[0]["headers"])
        parts = () if ask.method == "HEAD" else got[1:]  # uvicorn doesn't send the body of a HEAD
        body = b"".join(part.get("body", b"") for part in parts)
        if ask.block:
            body = body.partition(BLOCK_ENDS)[0] + b"\n"
        return Answer(got[0]["status"], headers, body)

    def _do(self, work: Coroutine[Any, Any, R]) -> R:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)


def _scope(ask: Ask, base_url: str) -> dict[str, Any]:
    path, _, query = ask.target.partition("?")
    headers = {"host": base_url.removeprefix("http://")} | {name.lower(): value for name, value in ask.headers.items()}
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
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in (*headers.items(), *ask.more)],
        "client": (ask.client, 40_000),
        "extensions": {},
    }
