"""The real server in a process of its own, and the commands that people use beside it."""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol

from dragoman.runtime.application import Application
from dragoman.settings import load
from tests.support.commands import call
from tests.support.postgres import free_port

PROGRAM = str(Path(sys.executable).with_name("dragoman"))
READY = re.compile(rb"dragoman ready (http://\S+)")
PATIENCE_SECONDS = 60.0
KEY_OF_SECRETS = base64.b64encode(b"a key for tests, 32 bytes of it.").decode()
RUNNING: list["Server"] = []
"""Those whose log is shown when a test fails."""


def by_name(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by their names in lower case; of Set-Cookie each value has a line of its own."""
    found: dict[str, str] = {}
    for name, value in headers:
        before = found.get("set-cookie") if name.lower() == "set-cookie" else None
        found[name.lower()] = value if before is None else f"{before}\n{value}"
    return found


class Answer(NamedTuple):
    """What came back. Names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Asked(Protocol):
    """What is asked as a `Server` is."""

    def call(
        self,
        method: str,
        target: str,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        *,
        block: bool = False,
    ) -> Answer: ...


class Server:
    """`dragoman serve` against a database; on SIGTERM it must exit with 0. It can be started again.

    `within` is a command that runs it, and leaves it the process that was started.
    """

    def __init__(
        self, database_url: str, *, config: str = "", options: tuple[str, ...] = (), within: tuple[str, ...] = ()
    ) -> None:
        self.database_url = database_url
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._options = options
        self.within = within
        self._folder = Path(tempfile.mkdtemp(prefix="dragoman-server-"))
        self._config = self._folder / "dragoman.toml"
        self._config.write_text(config)
        self._said: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None
        self._app: Application | None = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self.stop()
        finally:
            if self._app is not None:
                self._app.close()
            shutil.rmtree(self._folder)

    def start(self) -> None:
        """Run it and wait for its word that it accepts."""
        ready = threading.Event()
        self._process = subprocess.Popen(
            [*self.within, PROGRAM, "serve", "--port", str(self.port), *self._options],
            env=environment(self.database_url, self._config),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._listener = threading.Thread(target=self._listen, args=(self._process, ready))
        self._listener.start()
        RUNNING.append(self)
        in_time = ready.wait(PATIENCE_SECONDS)
        if not in_time or not self.is_running():
            self.kill()
            raise AssertionError(f"the server did not get ready:\n{self.log()}")

    @property
    def app(self) -> Application:
        """An application of this process on the server's database, as commands open one."""
        if self._app is None:
            self._app = Application(load(overrides={"database": self.database_url}, environ={})).open()
        return self._app

    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def wait(self) -> int | None:
        """Wait until it ends by itself; its exit code, negative for a signal."""
        return self._end(None)

    @property
    def pid(self) -> int:
        """Of the process that serves. AssertionError when there is none."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """SIGTERM, then wait. AssertionError when it doesn't end cleanly. Stopping twice is fine."""
        status = self._end(signal.SIGTERM)
        if status not in (None, 0):
            raise AssertionError(f"the server ended with {status}:\n{self.log()}")

    def kill(self) -> None:
        """SIGKILL, out of the blue."""
        self._end(signal.SIGKILL)

    def log(self) -> str:
        """The end of what it wrote."""
        return "".join(self._said)[-20_000:]

    def call(
        self,
        method: str,
        target: str,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        *,
        block: bool = False,
    ) -> Answer:
        """One request on a connection of its own, the target sent as it stands. With `block` only the first block of
        the reply is read: all up to an empty line."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, target, body.encode() if isinstance(body, str) else body, headers or {})
            response = connection.getresponse()
            names = by_name(response.getheaders())
            return Answer(response.status, names, _block_of(response) if block else response.read())
        finally:
            connection.close()

    def _listen(self, process: subprocess.Popen[bytes], ready: threading.Event) -> None:
        if process.stdout is not None:
            with process.stdout as lines:
                for line in lines:
                    self._said.append(line.decode(errors="replace"))
                    if READY.match(line):
                        ready.set()
        ready.set()  # it ended: whoever waits need not

    def _end(self, how: signal.Signals | None) -> int | None:
        process, self._process = self._process, None
        if process is None or self._listener is None:
            return None
        RUNNING.remove(self)
        if how is not None:
            process.send_signal(how)
        try:
            return process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
        finally:
            self._listener.join()


def environment(database_url: str, config: Path | None = None) -> dict[str, str]:
    """This process's environment with this database, and nothing else that speaks to Dragoman."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DRAGOMAN_")}
    kept |= {"DRAGOMAN_DATABASE": database_url, "DRAGOMAN_SECRET_KEY": KEY_OF_SECRETS}
    if config is not None:
        kept["DRAGOMAN_CONFIG"] = str(config)
    return kept


def command(database_url: str, *arguments: str, typed: str = "") -> str:
    """Run `dragoman ARGUMENTS` as an administrator would, give what it printed. AssertionError when it fails."""
    done = call(*arguments, variables={"DRAGOMAN_DATABASE": database_url}, typed=typed.encode())
    if done.code != 0:
        raise AssertionError(f"dragoman {' '.join(arguments)} ended with {done.code}:\n{done.error.decode()}")
    return done.out.decode()


def basic(login: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}


def _block_of(response: HTTPResponse) -> bytes:
    lines = []
    while (line := response.readline()) and line != b"\n":
        lines.append(line)
    return b"".join(lines)
