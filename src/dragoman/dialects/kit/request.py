"""The request as dialects read it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dragoman.dialects.kit import forms, json
from dragoman.dialects.kit.event_watching import Watch
from dragoman.dialects.kit.inner import Send, send_nothing
from dragoman.dialects.kit.streams import BodyStream, BrokenOff
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.provider import FromProxy

if TYPE_CHECKING:
    from dragoman.dialects.kit.dialect import Dialect
    from dragoman.dialects.kit.operation import OperationSpec

TUNNELLED = frozenset({"PUT", "DELETE", "GET"})
"""Methods that a client which can only POST may name in a header."""


MOST_LOGGED = 20
LONGEST_LOGGED = 40
"""How many ignored names are logged, and how long each may be."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much JSON a body may hold: the part of the settings `limits` that dialects read."""

    json_depth: int = 64
    json_members: int = 100_000
    bulk_json_members: int = 250_000
    entries: int = 100_000
    upload_entries: int = 1_000_000


LIMITS = Limits()
"""The defaults of the settings."""


IN_SCOPE = "dragoman.request"
"""Where the scope of an ASGI application beside the dialects has the request."""
STREAM_IN_SCOPE = "dragoman.stream"
"""Where such an application puts a `Stream` that is to be sent in place of a response of its own."""


class Renew(Protocol):
    """Looks up again whose the credentials of a request are, and what they may be used for."""

    async def __call__(self, request: "Request", *, fresh: bool = False) -> Principal:
        """The principal as it is now, at most a second old; with `fresh` not even that. Raises what authentication
        raises."""
        ...


class Request:
    """One request. Query and body are parsed on first use, and once."""

    def __init__(
        self,
        method: str,
        path: str,
        *,
        query_string: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        received_at: Moment,
        base_url: str = "",
        dialect: "Dialect | None" = None,
    ) -> None:
        self.method = method
        self.full_path = path  # as called, percent-decoded, with its prefix
        self.query_string = query_string
        self.headers: Mapping[str, str] = headers or {}  # names in lower case; repeats joined: ", ", cookies "; "
        self.body = body
        self.incoming: BodyStream | None = None  # the body, of an operation or a page that reads it while it arrives
        self.incoming_hash = ""  # of all its bytes, where the request has an Idempotency-Key
        self.broken_off: BrokenOff | None = None  # why a page did not answer
        self.received_at = received_at
        self.base_url = base_url  # "http://host:port", for absolute links
        self.dialect = dialect
        self.prefix = ""  # the dialect's prefix as the caller wrote it ("" for the bare Genesys paths)
        self.extension = ""  # ".json", ".xml": what the dialect's normaliser cut off
        self.path: dict[str, str] = {}  # path variables, percent-decoded
        self.is_tunnelled = False  # sent as POST, the intended method is in a header
        self.operation: OperationSpec | None = None  # None until the router has found one
        self.principal: Principal | None = None
        self.request_id = ""
        self.address = ""  # of the client, as trusted proxies report it
        self.from_proxy: FromProxy | None = None  # who asks, as a proxy says that may say so
        self.deadline = 0.0  # monotonic clock, in seconds: the reply is due then
        self.limits = LIMITS
        self.locked_until: Callable[[str], Moment | None] = _never_locked  # for a user's uid: see `runtime/guessing.py`
        self.command: Any = None  # of an operation that streams: what was parsed
        self.run: Callable[[Any], Awaitable[Any]] = _no_run  # and how its stream runs a further command
        self.data_folder: Path | None = None  # of the server, for an operation that streams; None: it has none
        self.send: Send = send_nothing  # an inner call, for an operation that sends some
        self.watch: Watch | None = None  # the event logs, for an operation that streams in a server
        self.renew: Renew = _same  # its principal, looked up again
        self.waited = 0.0  # seconds that it asked to be held back
        self.ignored: list[str] = []  # parameters and members that the operation ignored, for the log
        self.span: Any = None  # its tracing span, where requests are traced
        self.incident = ""  # the id of the bug that it met, for the log
        self.code = ""  # of the error that it is answered with, for the log

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """Query parameters in order, percent-decoded as UTF-8. Invalid for bytes that are not UTF-8 or contain NUL."""
        return forms.parse_query(self.query_string)

    def first(self, name: str) -> str | None:
        """The first value of a query parameter, or None."""
        values = self.query.get(name)
        return values[0] if values else None

    def ignore(self, names: Iterable[str]) -> None:
        """Note parameters or members that are ignored because of the dialect's page."""
        for name in names:
            shown = name if len(name) <= LONGEST_LOGGED else f"{name[:8]}…"  # a long one may be a token
            if len(self.ignored) < MOST_LOGGED and shown not in self.ignored:
                self.ignored.append(shown)

    def ignore_other_members(self, names: Iterable[str]) -> None:
        """Note the members that the operation doesn't read."""
        known = () if self.operation is None else self.operation.members or ()
        self.ignore(name for name in names if name not in known)

    def tunnel(self, names: tuple[str, ...]) -> None:
        """Replace the method by the one that the first of these headers names, if it is in TUNNELLED."""
        for name in names:
            method = self.headers.get(name, "").strip().upper()
            if method in TUNNELLED:
                self.method, self.is_tunnelled = method, True
                return

    def join_form(self) -> None:
        """Append the fields of a form to the query, and empty the body."""
        parts = filter(None, (self.query_string, self.body.decode("latin-1")))
        self.query_string, self.body = "&".join(parts), b""
        self.headers = {name: value for name, value in self.headers.items() if name != "content-type"}
        self.__dict__.pop("query", None)

    def waits(self) -> None:
        """The request now waits for something else than this server, and makes room for another one."""

    def json(self) -> Any:
        """The body as strict JSON (`kit/json.py`). Invalid when it is not JSON."""
        limits = self.limits
        bulk = self.operation is not None and self.operation.is_bulk
        members = limits.bulk_json_members if bulk else limits.json_members
        return json.parse(self.body, max_depth=limits.json_depth, max_members=members)


async def _same(request: Request, *, fresh: bool = False) -> Principal:
    """Outside a server there are no credentials that could end."""
    if request.principal is None:
        raise RuntimeError("the request has no principal")
    return request.principal


def _never_locked(user: str) -> Moment | None:
    """Outside a server no login is refused."""
    return None


async def _no_run(command: Any) -> Any:
    raise RuntimeError("only an operation that streams runs further commands")
