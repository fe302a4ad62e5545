"""Errors in this vendor's words, and the two that have no envelope."""

from typing import Any

import msgspec
import pytest

from dragoman.dialects.kit import OperationSpec, Reply
from dragoman.dialects.onlyoffice_crm import DIALECT
from dragoman.dialects.onlyoffice_crm.errors import LOGIN, render_error, render_incident
from dragoman.dialects.onlyoffice_crm.problems import bad_argument, not_found
from dragoman.domain import errors
from tests.unit.onlyoffice_crm.asking import ask

LOGGING_IN: OperationSpec = next(row for row in DIALECT.operations if row.name == LOGIN)


def told(reply: Reply) -> Any:
    return msgspec.json.decode(reply.body)["error"]


@pytest.mark.parametrize(
    ("error", "status", "message", "hresult", "data"),
    [
        (
            bad_argument("categoryId", "required"), 400, "Value does not fall within the expected range.", -2147024809,
            {"parameter": "categoryId", "reason": "required"},
        ),
        (errors.Invalid("invalid_json", "body is not JSON"), 400, "body is not JSON", -2146233088, {}),
        (errors.Invalid("invalid_xml", "body is not XML"), 400, "body is not XML", -2147024809, {}),
        (errors.Invalid("unsupported_encoding", "no br"), 415, "no br", -2146233088, {}),
        (errors.NotFound("task_not_found", "There is no task 5."), 404, "Not found", -2147467259, {}),
        (not_found("Category is not found"), 404, "Category is not found", -2147467259, {}),
        (errors.Forbidden("forbidden", "bert may not edit"), 403, "Access Denied", -2146233078, {}),
        (errors.Forbidden("scope_missing", "The token …"), 403, "Access Denied", -2146233078, {}),
        (errors.Conflict("task_running", "The task is running."), 403, "The task is running.", -2146233079, {}),
        (errors.TooLarge("body_too_large", "Too large."), 413, "Too large.", -2146233088, {}),
        (errors.NotOffered("not_offered", "Not here."), 501, "Not here.", -2146233088, {}),
        (errors.TooMany("rate_limited", "Slower.", 7), 503, "Slower.", -2146233088, {}),
        (errors.Unavailable("queue_full", "Later.", 7), 503, "Later.", -2146233088, {}),
    ],
)  # fmt: skip
def test_errors(error: errors.Expected, status: int, message: str, hresult: int, data: dict[str, str]) -> None:
    reply = render_error("json", error, ask())
    assert reply.status == status
    assert told(reply) == {"message": message, "hresult": hresult, "data": data}


@pytest.mark.parametrize("error", [errors.TooMany("x", "x", 7), errors.Unavailable("x", "x", 7)])
def test_when_to_come_back(error: errors.Expected) -> None:
    assert ("Retry-After", "7") in render_error("json", error, ask()).headers


@pytest.mark.parametrize("code", ["unknown_path", "method_not_allowed"])
def test_what_has_no_route_is_a_plain_404(code: str) -> None:
    for error in (errors.NotFound(code, "x"), errors.NotOffered(code, "x")):
        reply = render_error("json", error, ask(extension=".xml"))
        assert (reply.status, reply.body, reply.content_type) == (404, b"Not Found", "text/plain; charset=UTF-8")


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, None),
        ({"host": "portal.example:8080"}, None),
        ({"host": "portal.example:8080", "authorization": "x"}, 'Basic Realm="portal.example"'),
        ({"host": "[::1]:8080", "authorization": "x"}, 'Basic Realm="[::1]"'),
        ({"host": '"evil', "authorization": "x"}, 'Basic Realm=""'),
    ],
)
def test_whoever_is_not_known_gets_plain_text(headers: dict[str, str], challenge: str | None) -> None:
    reply = render_error("xml", errors.Unauthenticated("credentials_unknown", "x"), ask(extension=".json", **headers))
    assert (reply.status, reply.body, reply.content_type) == (401, b"Unauthorized", "text/html")
    assert dict(reply.headers).get("WWW-Authenticate") == challenge


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (errors.Unauthenticated("credentials_unknown", "x"), "User authentication failed"),
        (errors.Unauthenticated("credentials_missing", "x"), "User authentication failed"),
        (errors.TooMany("too_many_failures", "x"), "Login Fail. Too many attempts"),
    ],
)
def test_a_login_that_fails_is_a_500(error: errors.Expected, message: str) -> None:
    request = ask(content_type="application/json")
    request.operation = LOGGING_IN
    reply = render_error("json", error, request)
    assert reply.status == 500
    assert told(reply) == {"message": message, "hresult": -2146233087, "data": {}}


def test_a_login_that_cannot_be_read_is_a_400() -> None:
    request = ask()
    request.operation = LOGGING_IN
    assert render_error("json", errors.Invalid("invalid_json", "x"), request).status == 400


def test_a_bug_tells_its_id_and_nothing_else() -> None:
    reply = render_incident("json", "0193-incident", ask())
    assert reply.status == 500
    assert told(reply) == {"message": "Server error 0193-incident", "hresult": -2146233088, "data": {}}
