"""The contract of an operation: the types that check its query and body and describe them in the OpenAPI document."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from dragoman.dialects.kit import Later, OperationSpec, Reply, Request, Stream
from dragoman.dialects.kit.receiving import Streamed
from dragoman.dialects.native.handlers import dry_run
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.domain.errors import Invalid, StaleVersion
from dragoman.usecases.uow import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Contract:
    """`is_conditional`: the operation changes something that has a revision, and honours If-Match. `line` is the type
    of a line, where it can answer with application/x-ndjson; with `has_csv` also with text/csv. `runs_further`: its
    reply runs more commands. `may_be_later`: it is answered 202 where a job does the rest, with `later_answer`, by
    default as it is otherwise."""

    query: type[Any] = queries.Nothing
    body: Any = None
    body_media: tuple[str, ...] = reading.JSON
    body_may_be_empty: bool = False
    status: int = 200
    answer: Any = None
    is_conditional: bool = False
    answer_media: str = "application/json"
    line: Any = None
    has_csv: bool = False
    runs_further: bool = False
    may_be_later: bool = False
    later_answer: Any = None

    @property
    def has_dry_run(self) -> bool:
        return issubclass(self.query, queries.Trial)


def operation(
    *,
    name: str,
    method: str,
    path: str,
    scopes: frozenset[str],
    parse: Callable[[Request, Any], Any],
    run: Callable[[UnitOfWork, Any], Any],
    render: Callable[[Any, Request], Reply | Stream | Later],
    summary: str,
    writes: bool = False,
    is_bulk: bool = False,
    takes_turns: bool = False,
    streamed: Streamed | None = None,
    secret_members: tuple[str, ...] = (),
    shown_once: tuple[str, ...] = (),
    confirms: Callable[[Request], str] | None = None,
    tenant: Callable[[Request], int | None] | None = None,
    **contract: Any,
) -> OperationSpec:
    """An operation whose `parse` receives the request and its query, as a value of the contract's type `query`."""
    types = Contract(**contract)
    return OperationSpec(
        name=name,
        method=method,
        path=path,
        scopes=scopes,
        parse=_parsing(parse, types, has_revisions=types.is_conditional or not writes),
        run=dry_run.trying(run) if types.has_dry_run else run,
        render=render,
        writes=writes,
        summary=summary,
        standing="ours",
        streams=types.line is not None or types.runs_further,
        is_bulk=is_bulk,
        takes_turns=takes_turns,
        secret_members=secret_members,
        shown_once=shown_once,
        streamed=streamed,
        confirms=confirms,
        tenant=tenant,
        contract=types,
        parameters=tuple(each.encode_name for each in msgspec.structs.fields(types.query)),
        members=_members(types.body),
    )


def _members(body: Any) -> tuple[str, ...] | None:
    if not isinstance(body, type) or not issubclass(body, msgspec.Struct):
        return None
    return tuple(each.encode_name for each in msgspec.structs.fields(body))


def requiring_if_match(row: OperationSpec, *, always: bool) -> OperationSpec:
    """The operation, which answers 428 to a change without If-Match where the configuration (`always`) or the tenant
    wants it."""
    if not row.contract.is_conditional:
        return row

    def parse(request: Request) -> Any:
        principal = request.principal
        is_wanted = always or (principal is not None and principal.must_name_revision)
        if is_wanted and "if-match" not in request.headers:
            raise Invalid("if_match_required", "Send If-Match with the revision that you read.", status=428)
        return row.parse(request)

    return replace(row, parse=parse)


def _parsing(
    parse: Callable[[Request, Any], Any], contract: Contract, *, has_revisions: bool
) -> Callable[[Request], Any]:
    def parse_request(request: Request) -> Any:
        if not has_revisions and reading.if_match(request) is not None:
            raise StaleVersion("no_revision", "What this changes has no revisions; leave If-Match out.")
        query = reading.query(request, contract.query)
        command = parse(request, query)
        return dry_run.Trial(command) if getattr(query, "dry_run", False) else command

    return parse_request
