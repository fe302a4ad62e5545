"""Nothing is offered unseen: each operation has a case that succeeds, each error an answer in the dialect's shape."""

from urllib.parse import urlencode, urlsplit

import pytest

from dragoman.dialects import discover
from dragoman.dialects.carrierx_batch.errors import REVIEWED
from dragoman.dialects.kit import Dialect, NotOffered, OperationSpec, Request
from dragoman.domain import errors
from dragoman.domain.clock import Moment
from dragoman.http.router import Router
from tests.dialects.cases import Step, find_cases
from tests.dialects.conftest import Serving
from tests.support.tenant import Tenant

DIALECTS = discover()
ROUTER = Router(DIALECTS)
HTTP_ERRORS = range(400, 600)

EXPECTED: tuple[errors.Expected, ...] = (
    errors.Invalid("invalid", "The title is missing.", (errors.Problem("/title", "missing", "The title is missing."),)),
    errors.Unauthenticated("unauthenticated", "Credentials are needed."),
    errors.Forbidden("forbidden", "You may not."),
    errors.NotFound("not_found", "There is no such task."),
    errors.Conflict("conflict", "Another has this name."),
    errors.StaleVersion("stale", "The task was changed meanwhile."),
    errors.TooLarge("too_large", "The body is too large."),
    errors.TooMany("too_many", "Too many requests.", retry_after_seconds=7),
    errors.NotOffered("not_offered", "This is not offered."),
    errors.Unavailable("unavailable", "Come back later.", retry_after_seconds=7),
)


def operation_of(step: Step) -> OperationSpec | None:
    """The operation that a step asks for, as the server would find it; None for a path that nobody offers."""
    parts = urlsplit(step.target)
    placed = ROUTER.place(parts.path)
    if placed is None:
        return None
    table, prefix = placed
    request = Request(step.method, parts.path, query_string=parts.query, received_at=Moment(0))
    try:
        return table.find(request, parts.path[len(prefix) :])
    except errors.Expected:
        return None


def uncovered(dialect: Dialect, steps: list[Step]) -> list[str]:
    """The operations that no step has seen succeed."""
    seen = {id(operation_of(step)) for step in steps if step.status < HTTP_ERRORS.start}
    missing = (operation for operation in dialect.operations if id(operation) not in seen)
    return [f"{operation.method} {operation.path} ({operation.name})" for operation in missing]


def error_names() -> set[str]:
    return {kind.__name__ for kind in errors.Expected.__subclasses__()}


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_each_operation_has_a_case_that_succeeds(dialect: Dialect) -> None:
    steps = [step for found in find_cases() if found.dialect == dialect.name for step in found.case.step]
    assert not uncovered(dialect, steps)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_an_operation_without_a_case_is_found(dialect: Dialect) -> None:
    assert len(uncovered(dialect, [])) == len(dialect.operations)


WITHOUT_CASE = {"batch_not_prepared", "preview_gone", "images_gone", "not_undoable"}
"""They take jobs that wait, a clock, or another server: tests/cross_dialect/test_batch_verbs.py and
tests/integration/delivery/test_outside_batches.py have them on both wires."""
ELSEWHERE: dict[str, set[str]] = {"native": set(), "carrierx_batch": {"batch_executing", "too_late"}}
"""CarrierX calls the first a conflict, and changes none of the options that the second is about."""


@pytest.mark.parametrize("dialect", ELSEWHERE)
def test_each_refusal_of_batches_has_a_case_on_each_wire(dialect: str) -> None:
    steps = [step for found in find_cases() if found.dialect == dialect for step in found.case.step]
    told = "".join(step.reply or "" for step in steps if step.status in HTTP_ERRORS)
    missing = {code for code in REVIEWED - WITHOUT_CASE if f'"{code}"' not in told}
    assert missing == ELSEWHERE[dialect]


def test_every_expected_error_is_tried() -> None:
    assert {type(error).__name__ for error in EXPECTED} == error_names()


@pytest.mark.parametrize("error", EXPECTED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_each_error_has_an_answer(dialect: Dialect, error: errors.Expected) -> None:
    reply = dialect.error(error, a_request(dialect))
    assert reply.status in HTTP_ERRORS
    assert not isinstance(error, errors.Unavailable) or reply.status == 503


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_bug_is_answered_with_its_incident_and_nothing_else(dialect: Dialect) -> None:
    reply = dialect.incident("0193-incident", a_request(dialect))
    assert reply.status == 500
    assert b"0193-incident" in reply.body


VALUES = {"{entityType}": "opportunity"}
"""Path variables that take certain words only; all others take a number that nothing has."""


def filled(segment: str) -> str:
    """The segment of a path as a client would call it."""
    return VALUES.get(segment, "99999999") if segment.startswith("{") else segment


ROWS = [(dialect, row) for dialect in DIALECTS for row in dialect.not_offered]


@pytest.mark.parametrize(("dialect", "row"), ROWS, ids=lambda part: getattr(part, "path", None) or part.name)
def test_what_is_not_offered_is_refused_in_the_dialects_way(
    dialect: Dialect, row: NotOffered, serving: Serving
) -> None:
    tenant = Tenant(serving("sqlite", ""))
    path = "/".join(filled(segment) for segment in row.path.split("/"))
    path += f"?{urlencode(row.query)}" if row.query else ""
    request = Request(row.method, dialect.prefixes[0] + path, received_at=Moment(0), dialect=dialect)
    request.prefix = dialect.prefixes[0]
    refused = dialect.error(errors.NotOffered("not_offered", row.reason, reason=row.reason), request)
    answer = tenant.server.call(row.method, dialect.prefixes[0] + path, headers={"Authorization": tenant.basic("anna")})
    assert row.reason
    assert answer.status == refused.status


def a_request(dialect: Dialect) -> Request:
    return Request("GET", dialect.prefixes[0] + "/", received_at=Moment(0), dialect=dialect)
