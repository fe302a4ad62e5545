"""Requests as the native API's handlers are given them."""

from dragoman.dialects.kit import OperationSpec, Request
from dragoman.dialects.native import DIALECT
from dragoman.domain.clock import Moment

OPERATIONS: dict[str, OperationSpec] = {operation.name: operation for operation in DIALECT.operations}
ID = "01931b2c-0000-7000-8000-000000000000"


def ask(
    method: str = "GET",
    path: str = "/v1/tasks",
    *,
    query: str = "",
    body: bytes = b"",
    variables: dict[str, str] | None = None,
    **headers: str,
) -> Request:
    """A request; names of headers with underscores."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(
        method, path, query_string=query, headers=given, body=body, received_at=Moment(0), dialect=DIALECT
    )
    request.path = variables or {"id": ID}
    return request
