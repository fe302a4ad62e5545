"""An operation of a dialect: one method and path, its four functions, and what it needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dragoman.command import Command, Exclusive, Keys
from dragoman.dialects.kit.credentials import Credential
from dragoman.dialects.kit.reply import Reply
from dragoman.dialects.kit.request import Request
from dragoman.dialects.kit.streams import Stream

PUBLIC: frozenset[str] = frozenset({"public"})
"""The scope of an operation that needs no credentials. It has to be written, so it can't be forgotten."""

NO_BODY: tuple[str, ...] = ("",)
"""The media of replies without a body."""


def any_of(*scopes: str) -> frozenset[str]:
    """The scopes of which a caller needs one."""
    return frozenset(scopes)


def rows_of(command: Command) -> Keys | Exclusive:
    """What a command says that it needs."""
    return command.keys()


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
    render: Callable[[Any, Request], Reply | Stream]
    needs: Callable[[Any], Keys | Exclusive] = rows_of
    writes: bool = False
    query: Mapping[str, str] = field(default_factory=dict)
    body_limit: int | None = None  # bytes; None: the setting `limits.body_bytes`
    credentials: Callable[[Request], Credential | None] | None = None
    idempotent_by_key: bool = False  # honours Idempotency-Key
    is_bulk: bool = False  # the limits of its body are the settings `limits.bulk_…`
    media: tuple[str, ...] = ()  # of its replies; empty: those of the dialect
    summary: str = ""  # one sentence for the reference
    standing: str = ""  # row and mark of the dialect's page
    contract: Any = None  # types of query, body and reply, where the dialect makes its own document from them


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
