"""A running server as commands see it: requests to its native API, and its errors as one line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import click
import httpcore2 as httpcore  # house: ok, because a command calls the server that its caller names
import msgspec

from dragoman import settings

F = TypeVar("F", bound=Callable[..., Any])

Query = Mapping[str, str] | Sequence[tuple[str, str]]
Content = bytes | Iterator[bytes] | None
QUIET_SECONDS = 90.0
"""How long an answer, or the next part of it, may take."""


class Refused(click.ClickException):
    """The server did not do what was asked; the message ends with the code of its problem.

    `status` is 0 if there was no answer, and `retry_after` the header of that name.
    """

    def __init__(self, message: str, code: str, status: int = 0, retry_after: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.retry_after = retry_after


class Unreachable(Refused):
    """There was no connection to the server, or it ended before the whole answer was there (`was_cut`)."""

    def __init__(self, message: str, *, was_cut: bool) -> None:
        super().__init__(message, "unreachable")
        self.was_cut = was_cut


CUT = (
    httpcore.ReadError,
    httpcore.WriteError,
    httpcore.ReadTimeout,
    httpcore.WriteTimeout,
    httpcore.RemoteProtocolError,
)


class Answer:
    """An answer of the server: its headers (names in small letters) and its body."""

    def __init__(self, headers: Mapping[str, str], body: bytes) -> None:
        self.headers = headers
        self.body = body

    def json(self) -> Any:
        """The value of the body."""
        return msgspec.json.decode(self.body)


class Remote:
    """One server and the token with which it is addressed. Closed by `with`."""

    def __init__(self, server: str | None, token: str | None) -> None:
        usual, known = settings.of_the_client()
        server, token = server or usual, token or known
        parts = urlsplit(server)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise click.UsageError(f"--server must be a URL such as http://127.0.0.1:8080, not {server!r}")
        self._base = server.rstrip("/")
        self._token = token
        self._pool = httpcore.ConnectionPool(retries=1)

    def __enter__(self) -> "Remote":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: Any = None,
        content: Content = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer to one request. Refused for a status of 400 and above, and while the server can't be reached."""
        given = dict(headers or {})
        if body is not None:
            given.setdefault("Content-Type", "application/json")
            content = msgspec.json.encode(body)
        with self.stream(method, path, query=query, content=content, headers=given) as response:
            return Answer(_headers(response), response.read())

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        content: Content = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[httpcore.Response]:
        """The same for an answer that is read part by part."""
        url = self._base + path + (f"?{urlencode(query)}" if query else "")
        given = {"Accept": "application/json", **(headers or {})}
        if self._token is not None:
            given["Authorization"] = f"Bearer {self._token}"
        times = dict.fromkeys(("connect", "read", "write", "pool"), QUIET_SECONDS)
        try:
            with self._pool.stream(
                method, url, headers=list(given.items()), content=content, extensions={"timeout": times}
            ) as response:
                if response.status >= 400:
                    raise _refusal(response)
                yield response
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            reason = str(error) or type(error).__name__
            said = f"{self._base} can't be reached: {reason}."
            raise Unreachable(said, was_cut=isinstance(error, CUT)) from error


def _headers(response: httpcore.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}


def _refusal(response: httpcore.Response) -> Refused:
    status, retry_after = response.status, _headers(response).get("retry-after")
    try:
        problem = msgspec.json.decode(response.read(), type=dict[str, Any])
    except msgspec.DecodeError:
        return Refused(f"The server answered with status {status}.", str(status), status, retry_after)
    code = str(problem.get("code") or status)
    said = str(problem.get("detail") or problem.get("title") or "refused").replace("\n", " ").rstrip(".")
    faults = [_fault(each) for each in problem.get("errors") or () if isinstance(each, dict)]
    line = f"{said}{': ' if faults else ''}{'; '.join(faults[:5])} ({code})"
    return Refused(line, code, status, retry_after)


def _fault(fault: Mapping[str, Any]) -> str:
    line = fault.get("line")
    where = fault.get("pointer") or fault.get("parameter") or (f"line {line}" if line is not None else "")
    said = str(fault.get("detail") or fault.get("code") or "")
    return f"{where}: {said}" if where else said


def part(text: str) -> str:
    """A text as one part of a path."""
    return quote(text, safe="")


def remote(command: F) -> F:
    """Add the options that name the server to a command, and `--json`."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the server's answer as JSON and nothing else."),
        click.option("--token", metavar="TOKEN", help="Also DRAGOMAN_TOKEN."),
        click.option("--server", metavar="URL", help=f"Also DRAGOMAN_SERVER.  [default: {settings.USUAL_SERVER}]"),
    ):
        command = option(command)
    return command


def events(response: httpcore.Response) -> Iterator[tuple[str, Any]]:
    """The events of a stream with their data; blocks without data are left out."""
    name, data, rest = "message", [], b""
    for received in response.iter_stream():
        *lines, rest = (rest + received).split(b"\n")
        for line in lines:
            field, _, value = line.rstrip(b"\r").decode().partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                data.append(value)
            elif not line.strip() and data:
                yield name, msgspec.json.decode("\n".join(data))
                name, data = "message", []
