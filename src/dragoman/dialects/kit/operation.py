"""An operation of a dialect: one method and path, its four functions, and what it needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dragoman.command import Command, Exclusive, Keys
from dragoman.dialects.kit.credentials import Credential
from dragoman.dialects.kit.receiving import Receiving, Streamed
from dragoman.dialects.kit.reply import Later, Reply
from dragoman.dialects.kit.request import Request
from dragoman.dialects.kit.streams import Stream
from dragoman.domain.errors import Invalid, Problem

PUBLIC: frozenset[str] = frozenset({"public"})
"""The scope of an operation that needs no credentials. It has to be written, so it can't be forgotten."""

ANY_CREDENTIALS: frozenset[str] = frozenset({"any"})
"""The scope of an operation for everybody with credentials, whatever their scopes."""

NO_BODY: tuple[str, ...] = ("",)
"""The media of replies without a body."""


def any_of(*scopes: str) -> frozenset[str]:
    """The scopes of which a caller needs one."""
    return frozenset(scopes)


def rows_of(command: Command) -> Keys | Exclusive:
    """The rows that the command names."""
    return command.keys()


OTHERS = "*"
"""In `ignored_parameters` and `ignored_members`: all names that the operation doesn't read; in `parameters`: all names.
"""


@dataclass(frozen=True, kw_only=True)
class OperationSpec:
    """One method and path (for some vendors also an action or a query parameter) of a dialect.

    `parse(request) -> command` runs on the event loop, `run(uow, command)` in a lane or a reader thread,
    `render(result, request) -> reply` after the commit. Only `run` reads the store; it takes and returns plain values.

    `path` is relative to the dialect's prefix; `{name}` matches one segment. An operation without `scopes` is refused
    at start. `query` restricts the match (`{"action": "update"}`); when a path and method have only restricted
    operations and none matches, the reply is `Invalid("unknown_action")`, after the check of the credentials.
    `credentials` reads them from a place of this operation alone (the body of a login) once the body is read.
    """

    name: str  # stable: used in history, log and metrics
    method: str
    path: str
    scopes: frozenset[str]
    parse: Callable[[Request], Any]
    run: Callable[[Any, Any], Any]
    render: Callable[[Any, Request], Reply | Stream | Later]
    needs: Callable[[Any], Keys | Exclusive] = rows_of
    writes: bool = False
    query: Mapping[str, str] = field(default_factory=dict)
    body_limit: int | None = None  # bytes; None: the setting `limits.body_bytes`
    credentials: Callable[[Request], Credential | None] | None = None
    confirms: Callable[[Request], str] | None = None  # the caller's present password in its body, to be confirmed first
    tenant: Callable[[Request], int | None] | None = None  # that the body of a public operation names
    streams: bool = False  # `render` may return a Stream or Later, which runs further commands by `request.run`
    sends_inner_calls: bool = False  # its reply is `Later`, and sends `InnerCall`s by `request.send`
    takes_turns: bool = False  # many may come at one moment, to stay open: a few of them run at a time
    streamed: Streamed | None = None  # the form of its body that is stored while it arrives
    secret_members: tuple[str, ...] = ()  # of its body: not in the hash stored with an Idempotency-Key
    shown_once: tuple[str, ...] = ()  # secret members of its reply: null where it is repeated under an Idempotency-Key
    is_bulk: bool = False  # the limits of its body are the settings `limits.bulk_…`
    parameters: tuple[str, ...] = ()  # of the query, that it reads; others are refused, unless OTHERS is among them
    ignored_parameters: Mapping[str, str] = field(default_factory=dict)  # name or OTHERS -> section of the page
    refused_parameters: tuple[str, ...] = ()  # that other operations of the vendor read; `parse` refuses them
    members: tuple[str, ...] | None = None  # of its body, that it reads; None: it reads none by name
    ignored_members: Mapping[str, str] = field(default_factory=dict)  # as `ignored_parameters`
    is_extensible: bool = False  # other members are stored as extensions
    media: tuple[str, ...] = ()  # of its replies; empty: those of the dialect
    summary: str = ""  # one sentence for the reference
    standing: str = ""  # row and mark of the dialect's page
    contract: Any = None  # types of query, body and reply, where the dialect makes its own document from them

    @property
    def is_idempotent_by_key(self) -> bool:
        """Whether it honours Idempotency-Key: every change in one transaction does. A login doesn't, whose reply is a
        secret; nor does what sends inner calls, each of which does."""
        is_one = not self.streams and not self.sends_inner_calls
        return self.writes and is_one and self.credentials is None

    def read(self, request: Request) -> Any:
        """The command of a request. Invalid (`unknown_parameter`) for a parameter that is neither read nor ignored."""
        command = self.parse(request)
        if request.query_string:
            self._check_parameters(request, self.parameters)
        return command

    def open(self, request: Request) -> Receiving:
        """What receives a body that is stored while it arrives. Refuses as `read` does."""
        if self.streamed is None:
            raise TypeError(f"{self.name} reads its body at once")
        receiving = self.streamed.open(request)
        if request.query_string:
            self._check_parameters(request, self.streamed.parameters)
        return receiving

    def _check_parameters(self, request: Request, known: tuple[str, ...]) -> None:
        for name in request.query:
            if self._reads(name, request, known):
                continue
            if name not in self.ignored_parameters and OTHERS not in self.ignored_parameters:
                raise _unknown_parameter(name)
            request.ignore((name,))

    def _reads(self, name: str, request: Request, known: tuple[str, ...]) -> bool:
        dialect = request.dialect
        if dialect is not None and dialect.case_insensitive:
            name = name.partition("[")[0].lower()
        return (
            name in known or OTHERS in known or name in self.query or (dialect is not None and name == dialect.key_name)
        )


def _unknown_parameter(name: str) -> Invalid:
    shown = name if len(name) <= 64 else f"{name[:63]}…"
    message = f"{shown} is not a parameter of this operation."
    problem = Problem(f"?{shown}", "unknown", "is not a parameter of this operation")
    return Invalid("unknown_parameter", message, (problem,), parameter=shown)


@dataclass(frozen=True)
class NotOffered:
    """A vendor's operation that is left out, and why: answered with the dialect's error, listed in the reference.

    `query` restricts the match as it does for an operation.
    """

    method: str
    path: str
    reason: str
    name: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
