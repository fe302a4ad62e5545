"""The errors of acme: `{error": {"code": …, "message": …}}`, with the faults of a body where there are any."""

from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain import errors

STATUS: dict[type[errors.Expected], int] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.StaleVersion: 412,
    errors.TooLarge: 413,
    errors.TooMany: 429,
    errors.NotOffered: 501,
    errors.Unavailable: 503,
}
STATUS_OF_CODE = {"method_not_allowed": 405, "unsupported_encoding": 415}


def render_error(error: errors.Expected, request: Request) -> Reply:
    """The answer to an error that is expected."""
    error_body: dict[str, object] = {"code": error.code, "message": error.message}
    if isinstance(error, errors.Invalid) and error.problems:
        error_body["faults"] = [{"at": fault.path, "message": fault.message} for fault in error.problems]
    reply = _reply(STATUS_OF_CODE.get(error.code, STATUS[type(error)]), error_body)
    if isinstance(error, errors.TooMany | errors.Unavailable):
        reply.headers.append(("Retry-After", str(error.retry_after_seconds)))
    if isinstance(error, errors.Unauthenticated):
        reply.headers.append(("WWW-Authenticate", "Basic"))
    return reply


def render_incident(incident: str, request: Request) -> Reply:
    """The reply to an unexpected error: only the incident id, to find it in the log."""
    return _reply(500, {"code": "internal", "message": f"Something went wrong here; incident {incident}."})


def _reply(status: int, error_body: dict[str, object]) -> Reply:
    return Reply(status, json.encode({"error": error_body}), "application/json")
