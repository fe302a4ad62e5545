"""What every dialect is made of: a Dialect, its Operations, the Request that they read and the Reply that they give.

An operation is four functions: `parse(request) -> command` on the event loop, `command.keys()`, `run(uow, command)`
in a lane or a reader thread, `render(result, request) -> reply` after the commit. Only `run` sees the store, and it
gets and gives plain values.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import msgspec

from dragoman.dialects.kit.credentials import Credential
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Expected
from dragoman.usecases.batches.resource_types import ResourceType

TUNNELLED = frozenset({"PUT", "DELETE", "GET"})
"""Methods that a client which can only POST may name in a header."""

PUBLIC: frozenset[str] = frozenset({"public"})
"""The scope of an operation that asks for no credentials; it must be written down to be meant."""

NO_BODY: tuple[str, ...] = ("",)
"""The media of answers that have no body."""


@dataclass(slots=True)
class Reply:
    """An answer: status, body, headers. `headers` are sent as given, after Content-Type and Content-Length."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much JSON a body may hold: the settings `limits` that dialects themselves look at."""

    json_depth: int = 64
    json_members: int = 100_000
    bulk_json_members: int = 250_000
    entries: int = 100_000


LIMITS = Limits()
"""What the settings say when nobody chose otherwise."""


class Request:
    """One request as the dialects see it: nothing is parsed before it is asked for, and then once."""

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
        self.received_at = received_at
        self.base_url = base_url  # "http://host:port", for absolute links
        self.dialect = dialect
        self.prefix = ""  # the dialect's prefix as the caller wrote it ("" for the bare Genesys paths)
        self.extension = ""  # ".json", ".xml": what the dialect's normaliser cut off
        self.path: dict[str, str] = {}  # path variables, percent-decoded
        self.is_tunnelled = False  # sent as POST, with the method that is meant in a header
        self.operation: Operation | None = None  # None until the router has found one
        self.principal: Principal | None = None
        self.request_id = ""
        self.address = ""  # of the client, as far as trusted proxies tell it
        self.deadline = 0.0  # second of the monotonic clock by which the answer is to leave
        self.limits = LIMITS
        self.span: Any = None  # what it is part of, where requests are traced

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """Query parameters in order, percent-decoded as UTF-8. Invalid for bytes that are no UTF-8 or hold NUL."""
        from dragoman.dialects.kit import forms

        return forms.parse_query(self.query_string)

    def first(self, name: str) -> str | None:
        """The first value of a query parameter, or None."""
        values = self.query.get(name)
        return values[0] if values else None

    def tunnel(self, names: tuple[str, ...]) -> None:
        """Take the method that the first of these headers names, if it is one that may be meant."""
        for name in names:
            meant = self.headers.get(name, "").strip().upper()
            if meant in TUNNELLED:
                self.method, self.is_tunnelled = meant, True
                return

    def join_form(self) -> None:
        """Make the fields of a form parameters of the query; nothing is left of the body."""
        parts = filter(None, (self.query_string, self.body.decode("latin-1")))
        self.query_string, self.body = "&".join(parts), b""
        self.headers = {name: value for name, value in self.headers.items() if name != "content-type"}
        self.__dict__.pop("query", None)

    def json(self) -> Any:
        """The body as strict JSON (`kit/json.py`). Invalid when it is none."""
        from dragoman.dialects.kit import json

        limits = self.limits
        bulk = self.operation is not None and self.operation.is_bulk
        members = limits.bulk_json_members if bulk else limits.json_members
        return json.parse(self.body, max_depth=limits.json_depth, max_members=members)


@dataclass(frozen=True)
class Operation:
    """One method and path (and, for some vendors, action or query) of a dialect.

    `path` is relative to the dialect's prefix; `{name}` takes one segment. `scopes`: any one suffices; an operation
    without any does not start. `query` restricts the match (`{"action": "update"}`); when a path and method have
    only operations restricted so and none fits, the caller is told `Invalid("unknown_action")` after its credentials
    were checked. `credentials` reads them from somewhere of this operation's own (a login's body), once the body is
    there; `scopes` can't hold a password back then, so any word will do.
    """

    method: str
    path: str
    scopes: frozenset[str]
    parse: Callable[[Request], Any]
    run: Callable[[Any, Any], Any]
    render: Callable[[Any, Request], Reply]
    name: str  # the vendor's or our word for it, stable: stands in history, log and metrics
    write: bool = True
    query: Mapping[str, str] = field(default_factory=dict)
    body_limit: int | None = None  # bytes; None: the setting `limits.body_bytes`
    credentials: Callable[[Request], Credential | None] | None = None
    idempotent_by_key: bool = False  # honours Idempotency-Key
    is_bulk: bool = False  # its body may be as large as the settings `limits.bulk_…` say
    media: tuple[str, ...] = ()  # of its answers, where they are others than the dialect's
    summary: str = ""  # one sentence for the generated reference
    standing: str = ""  # row and mark of the dialect's page


@dataclass(frozen=True)
class NotOffered:
    """A vendor's operation that we leave out, and why: answered with the dialect's error, listed in the reference.

    `query` restricts the match as an operation's does.
    """

    method: str
    path: str
    reason: str
    name: str = ""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Option:
    """A switch of a dialect: `[dialects.NAME] option = …`."""

    name: str
    default: object
    summary: str
    choices: tuple[object, ...] = ()


class Switches(msgspec.Struct, frozen=True):
    """What an operator may choose in a dialect, as fields with their defaults: those of the vendor's wire."""

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """From the settings, which checked names, types and choices."""
        return msgspec.convert(dict(values), cls)


@dataclass(frozen=True)
class Route:
    """A path as the router takes it: the part below the prefix, and the extension that was cut off."""

    path: str
    extension: str = ""
    query: str | None = None  # replaces the query string when the vendor's clients put it elsewhere


@dataclass(frozen=True)
class Dialect:
    """A vendor's API: where it lives, what it offers, how it says no.

    `prefixes` ("/rest/bpm/htm/v1", no slash at the end) are tried longest first over all dialects; `""` means the
    bare paths of `bare_roots` ("/services"), last of all. `normalise` is given the path below the prefix, still
    percent-encoded. `find_credentials`, where given, replaces the usual reading of credentials from a request (see
    `kit/credentials.py`); it is asked before the body is read and, for a form, once more after that.

    `error` renders an expected error, `incident` a bug, with its id alone. What the HTTP layer itself raises:

    - `NotFound("unknown_path")`, also for a path that is no UTF-8 or holds NUL
    - `NotOffered("method_not_allowed", allow="GET, PUT")`, to be answered 405; the header Allow is added if missing
    - `NotOffered("not_offered", reason=...)` for a row of `not_offered`
    - `Invalid("unknown_action", parameter="action", value=..., known=(...))`; `value` is None when it was not sent
    - `Invalid("unsupported_encoding", encoding=...)`, a compressed body, to be answered 415
    - `TooLarge("body_too_large", limit=...)`
    - `Unauthenticated("credentials_missing" | "credentials_malformed" | "credentials_unknown")`
    - `Forbidden("scope_missing", scopes=(...))`, `Forbidden("cross_site")`
    - `TooMany("too_many_failures" | "logins_busy" | "rate_limited" | "too_many_in_flight")`
    """

    name: str
    title: str
    prefixes: tuple[str, ...]
    operations: tuple[Operation, ...]
    error: Callable[[Expected, Request], Reply]
    incident: Callable[[str, Request], Reply]
    not_offered: tuple[NotOffered, ...] = ()
    bare_roots: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    normalise: Callable[[str], Route] | None = None
    case_insensitive: bool = False  # paths; ids in them keep their case
    head: bool = False  # HEAD is answered like GET, without the body
    credentials_first: bool = False  # they are asked for before an unknown path or method is told
    gzip: bool = False  # bodies may be gzipped; the decoded size is bounded like any other
    method_headers: tuple[str, ...] = ()  # a POST may name the method that it means here; its form joins the query
    find_credentials: Callable[[Request], Credential | None] | None = None
    preflight: Callable[[Request], Reply] | None = None  # answers OPTIONS, without credentials
    configure: Callable[[Mapping[str, object]], "Dialect"] | None = None
    read_alias: Callable[[str], str] | None = None  # what its clients call users, as it is kept; None: as we do
    resource_types: tuple[ResourceType, ...] = ()  # what batches may work on, thanks to this dialect
    media: tuple[str, ...] = ("application/json",)  # of its answers, the usual one first
    key_name: str | None = None  # the cookie, parameter and form field that may hold a token, beside Bearer and Basic
