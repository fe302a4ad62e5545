"""Each expected error in this vendor's words (page, 2 and 6): status, message, HRESULT, and where the fault lies."""

import re
from functools import partial
from typing import Any

from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.onlyoffice_crm.problems import OUT_OF_RANGE
from dragoman.dialects.onlyoffice_crm.wire import envelope
from dragoman.dialects.onlyoffice_crm.wire.paths import EXTENSION, MODULES, reason
from dragoman.domain import errors

LOGIN = "authentication.login"
"""The operation whose failures have a form of their own."""

UNEXPECTED = -2146233088  # Exception
INVALID_OPERATION = -2146233079
NO_PERMISSION = -2146233078
LOGIN_FAILED = -2146233087
NOT_FOUND = -2147467259

FAILED = "User authentication failed"

_HOST = re.compile(r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+")


def render_error(default_format: str, error: errors.Expected, request: Request) -> Reply:
    """The answer to an expected error. An unknown path is a plain 404 but to users, a missing principal a plain 401."""
    if error.code in ("unknown_path", "method_not_allowed"):
        return _nowhere(default_format, request)
    answer = partial(envelope.reply, request, default_format)
    if error.code == "not_offered" and _confirms_login(request):
        return answer(envelope.failure(500, FAILED, LOGIN_FAILED))
    if request.operation is not None and request.operation.name == LOGIN:
        message = _login_failure(error)
        if message is not None:
            return answer(envelope.failure(500, message, LOGIN_FAILED))
    if isinstance(error, errors.Unauthenticated):
        return _unauthorized(request)
    reply = answer(_failure(error))
    if isinstance(error, errors.Unavailable | errors.TooMany):
        reply.headers.append(("Retry-After", str(error.retry_after_seconds)))
    return reply


def _nowhere(default_format: str, request: Request) -> Reply:
    """A user reads the reason where the vendor has a module (second page, I)."""
    below = request.full_path[len(request.prefix) :]
    module = EXTENSION.sub("", below).strip("/").partition("/")[0].lower()
    if request.principal is None or module not in MODULES:
        return Reply(404, b"Not Found", "text/plain; charset=UTF-8")
    found = EXTENSION.search(below)
    request.extension = "" if found is None else found[0].lower()
    return envelope.reply(request, default_format, envelope.failure(404, reason(module), NOT_FOUND))


def render_incident(default_format: str, incident: str, request: Request) -> Reply:
    """The answer to a bug: 500, its id and nothing else."""
    failure = envelope.failure(500, f"Server error {incident}", UNEXPECTED)
    return envelope.reply(request, default_format, failure)


def _confirms_login(request: Request) -> bool:
    """Whether this is a second step of a login, which fails like a first one: there is none (second page, I)."""
    return request.operation is None and request.full_path[len(request.prefix) :].lower().startswith("/authentication/")


def _login_failure(error: errors.Expected) -> str | None:
    """The answer to a failed login; None for other errors than a wrong name or password. Clients test for "not 2xx"
    (page, 2)."""
    match error:
        case errors.Unauthenticated():
            return FAILED
        case errors.TooMany():
            return "Login Fail. Too many attempts"
    return None


def _unauthorized(request: Request) -> Reply:
    reply = Reply(401, b"Unauthorized", "text/html")
    if "authorization" in request.headers:
        host = _HOST.match(request.headers.get("host", ""))  # without the port
        reply.headers.append(("WWW-Authenticate", f'Basic Realm="{host[0] if host else ""}"'))
    return reply


def _failure(error: errors.Expected) -> dict[str, Any]:
    match error:
        case errors.Invalid(code="unsupported_encoding"):
            return envelope.failure(415, error.message, UNEXPECTED)
        case errors.Invalid(code="idempotency_key_reused"):
            return envelope.failure(422, error.message, OUT_OF_RANGE)
        case errors.Invalid():
            return _bad_arguments(error)
        case errors.NotFound():
            return envelope.failure(404, _told(error), NOT_FOUND)
        case errors.Forbidden():
            return envelope.failure(403, "Access Denied", NO_PERMISSION)
        case errors.Conflict() | errors.StaleVersion():
            return envelope.failure(403, error.message, INVALID_OPERATION)
        case errors.TooLarge():
            return envelope.failure(413, error.message, UNEXPECTED)
        case errors.NotOffered():
            return envelope.failure(501, error.message, UNEXPECTED)
        case errors.TooMany() | errors.Unavailable():
            return envelope.failure(503, error.message, UNEXPECTED)
    return envelope.failure(500, error.message, UNEXPECTED)


def _bad_arguments(error: errors.Invalid) -> dict[str, Any]:
    hresult = error.parameters.get("hresult")
    data = error.parameters.get("data")
    unreadable = UNEXPECTED if error.code == "invalid_json" else OUT_OF_RANGE
    return envelope.failure(
        400,
        error.message,
        hresult if isinstance(hresult, int) else unreadable,
        data if isinstance(data, dict) else None,
    )


def _told(error: errors.NotFound) -> str:
    """The vendor names what is missing in two cases."""
    message = error.parameters.get("vendor_message")
    return message if isinstance(message, str) else "Not found"
