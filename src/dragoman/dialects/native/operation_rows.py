"""How an operation is declared: once, for the router, for the check of what comes in, and for the OpenAPI."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dragoman.dialects.kit import Operation, Reply, Request
from dragoman.dialects.native import dry_run as trial
from dragoman.dialects.native import requests as reading
from dragoman.dialects.native.wire import queries
from dragoman.domain.errors import Invalid, StaleVersion
from dragoman.usecases.uow import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Row:
    """One operation of ours. `parse` is given the request and its query, read as `query` says.

    `conditional`: it changes something that has a revision, and honours If-Match.
    """

    method: str
    path: str
    name: str
    summary: str
    scopes: frozenset[str]
    parse: Callable[[Request, Any], Any]
    run: Callable[[UnitOfWork, Any], Any]
    render: Callable[[Any, Request], Reply]
    write: bool = True
    query: type[Any] = queries.Nothing
    body: Any = None
    media: tuple[str, ...] = reading.JSON
    body_may_be_empty: bool = False
    status: int = 200
    answer: Any = None
    conditional: bool = False

    def operation(self, *, require_if_match: bool = False) -> Operation:
        """The row as the router takes it."""
        return Operation(
            self.method,
            self.path,
            self.scopes,
            parse=self._parse(require_if_match and self.conditional),
            run=trial.trying(self.run) if self.can_be_tried else self.run,
            render=self.render,
            name=self.name,
            write=self.write,
            idempotent_by_key=self.write,
            summary=self.summary,
            standing="ours",
        )

    @property
    def can_be_tried(self) -> bool:
        """Whether there is a dry run of it."""
        return issubclass(self.query, queries.Trial)

    def _parse(self, demands: bool) -> Callable[[Request], Any]:
        query_type, parse, has_revisions = self.query, self.parse, self.conditional or not self.write

        def parse_request(request: Request) -> Any:
            if demands and "if-match" not in request.headers:
                raise Invalid("if_match_required", "Say in If-Match which revision this is about.", status=428)
            if not has_revisions and reading.if_match(request) is not None:
                raise StaleVersion("no_revision", "What this changes has no revisions; leave If-Match out.")
            query = reading.query(request, query_type)
            command = parse(request, query)
            return trial.Trial(command) if getattr(query, "dry_run", False) else command

        return parse_request
