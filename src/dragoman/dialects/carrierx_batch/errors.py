"""Each expected error in this dialect's words (carrierx-batch.md 12): `message`, and `errors` that are never empty."""

from http import HTTPStatus
from typing import Any

from dragoman.dialects.carrierx_batch import responses as answers
from dragoman.dialects.carrierx_batch.wire.statuses import STATUS_WORDS
from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.kit.json_problems import position
from dragoman.domain import errors
from dragoman.domain.bulk import Status

BAD_PARAMETERS = frozenset(
    {
        "bad_parameter",
        "unknown_parameter",
        "invalid_query",
        "edge_not_found",
        "filter_too_wide",
        "bad_idempotency_key",
        "bad_proxy_header",
    }
)
FAULTS_WITH_A_WORD = frozenset({"page_too_large", "invalid_if_match"})
"""Answered 400 as bad parameters are, with the word of their own."""
REVIEWED = frozenset(
    {
        "review_required", "creator_may_not_approve", "not_an_approver", "not_a_reviewer",
        "batch_not_in_review", "batch_not_prepared", "no_preview", "batch_executing", "batch_ended", "batch_not_ended",
        "batch_not_running", "too_late", "nothing_to_retry", "nothing_to_undo", "already_undone", "not_undoable",
        "preview_gone", "images_gone", "too_many_entries",
    }
)  # fmt: skip
"""Codes for which carrierx-batch.md 12 has no word: they are the `type`."""
DECIDING = frozenset({"batch.update", "batch.replace", "batch.delete"})
"""The operations for which it has the words of a status that forbids them."""
WORDS = {
    "missing": "required", "type": "invalid_type", "unknown": "unknown_field", "must_be_absent": "must_be_empty",
    "choice": "invalid_value", "range": "invalid_value", "too_few": "invalid_value", "too_many": "invalid_value",
}  # fmt: skip
"""The words of 12 for faults that the core finds."""
UNREADABLE_BODIES = frozenset({"unsupported_media_type", "unsupported_encoding", "invalid_gzip"})
STATUS_CONFLICTS = {
    "batch_not_in_review": "only a task in pending_review can be approved or cancelled",
    "batch_executing": "it can't be deleted while it executes",
}

NO_JSON = "No JSON object could be decoded"
NOT_VALID = "object validation error"

Entries = list[dict[str, Any]]


def render_error(error: errors.Expected, request: Request) -> Reply:
    """The answer to an expected error."""
    if error.parameters.get("status") == 410:
        return _reply(410, "Gone", [_entry(error.message, _type(error, "gone"))])
    match error:
        case errors.Invalid():
            return _invalid(error, request)
        case errors.Unauthenticated():
            return _unauthenticated(error)
        case errors.Forbidden():
            return _reply(403, "Forbidden", [_entry(_missing(error), _type(error, "forbidden"))])
        case errors.NotFound():
            message = "Not Found" if error.code == "unknown_path" else "Cannot find item by SID"
            return _reply(404, message, [_entry(message, "not_found")])
        case errors.Conflict():
            return _conflict(error, request)
        case errors.StaleVersion():
            return _reply(412, "Precondition Failed", [_entry(error.message, error.code)])
        case errors.TooLarge():
            return _reply(413, "Request body too large", [_entry(error.message, _type(error, "too_large"))])
        case errors.NotOffered():
            return _not_offered(error)
        case errors.TooMany():
            return _later(429, "Too Many Requests", "rate_limited", error)
        case errors.Unavailable():
            return _later(503, "Service Unavailable", "unavailable", error)
    return _reply(500, "Internal Server Error", [_entry(error.message, "internal")])


def render_incident(incident: str, _request: Request) -> Reply:
    """The answer to a bug: 500 with an id to ask after, never a trace."""
    message = "Internal Server Error"
    return _reply(500, message, [{"message": message, "reference_id": incident, "type": "internal"}])


def _reply(status: int, message: str, entries: Entries, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    return answers.reply(status, {"errors": entries, "message": message}, headers)


def _type(error: errors.Expected, word: str) -> str:
    """The word of 12, or the code of an error that it doesn't know."""
    return error.code if error.code in REVIEWED else word


def _entry(message: str, type_: str, field: str | None = None) -> dict[str, Any]:
    named = {} if field is None else {"field": field}
    return {**named, "message": message, "type": type_}


def _invalid(error: errors.Invalid, request: Request) -> Reply:
    if error.code == "invalid_json":
        return _unreadable(error, request)
    if error.code in UNREADABLE_BODIES:
        return _reply(415, "Unsupported media type", [_entry("Unsupported media type", "media_type")])
    if error.code in BAD_PARAMETERS:
        return _reply(400, "Bad Request", _parameters(error))
    if error.code in FAULTS_WITH_A_WORD:
        return _reply(400, "Bad Request", [_entry(error.message, error.code)])
    if error.code in ("if_match_required", "not_acceptable"):
        status = 428 if error.code == "if_match_required" else 406
        return _reply(status, HTTPStatus(status).phrase, [_entry(error.message, error.code)])
    if error.code == "invalid_body" and _is(request, {"batch.create"}):
        named = [_entry(f"policy {each.message}", "bad_parameter", "policy") for each in error.problems]
        return _reply(400, "Bad Request", named)  # the policy is a parameter here
    if error.code == "idempotency_key_reused":
        return _reply(422, NOT_VALID, [_entry(error.message, "invalid_value", "Idempotency-Key")])
    entries = [_entry(_placed(each), _word(each), each.path.removeprefix("/") or None) for each in error.problems]
    return _reply(422, NOT_VALID, entries or [_entry(error.message, "invalid_value")])


def _parameters(error: errors.Invalid) -> Entries:
    """Each parameter that is wrong."""
    if error.code == "invalid_query" and all(each.path for each in error.problems):
        named = [_entry(_of_parameter(each), "bad_parameter", each.path) for each in error.problems]
        if named:
            return named
    return [_entry(error.message, "bad_parameter", _text(error.parameters.get("parameter")))]


def _of_parameter(problem: errors.Problem) -> str:
    """The sentence of a fault with the parameter's name, unless it speaks of `this field`."""
    return problem.message if problem.code == "required" else f"{problem.path} {problem.message}"


def _placed(problem: errors.Problem) -> str:
    """The sentence of a fault; of an upload with its place."""
    if problem.line is None:
        return problem.message
    return f"{problem.message}: line {problem.line} column {problem.column}"


def _word(problem: errors.Problem) -> str:
    """The word of 12 for a fault of a body; those of an upload have none there."""
    return problem.code if problem.line is not None else WORDS.get(problem.code, problem.code)


def _unreadable(error: errors.Invalid, request: Request) -> Reply:
    """What is no JSON, and where. A text that ends too early ends at its last character (E17)."""
    if any(problem.code == "too_many" for problem in error.problems):
        return _reply(413, "Request body too large", [_entry(error.message, "too_large")])
    line, column = error.parameters.get("line"), error.parameters.get("column")
    if not isinstance(line, int) or not isinstance(column, int):
        return _reply(400, NO_JSON, [_entry(NO_JSON, "malformed_json")])
    if (line, column) == position(request.body, len(request.body)):
        column = max(1, column - 1)
    return _reply(400, NO_JSON, [_entry(f"{NO_JSON}: line {line} column {column}", "malformed_json")])


def _unauthenticated(error: errors.Unauthenticated) -> Reply:
    missing = error.code == "credentials_missing"
    message, type_ = ("Unauthorized", "unauthorized") if missing else ("Bad credentials", "bad_credentials")
    return _reply(401, message, [_entry(message, type_)], (("WWW-Authenticate", 'Bearer realm="core"'),))


def _missing(error: errors.Forbidden) -> str:
    scopes = error.parameters.get("scopes")
    if not isinstance(scopes, tuple):
        return error.message
    widest_first = sorted(
        scopes, key=lambda scope: (not scope.endswith(".manage"), scope)
    )  # as the table of 2 has them
    return f"needs one of: {', '.join(widest_first)}"


def _is(request: Request, names: frozenset[str] | set[str]) -> bool:
    return request.operation is not None and request.operation.name in names


def _conflict(error: errors.Conflict, request: Request) -> Reply:
    """Another has the natural key: the vendor calls that a value which isn't valid (9)."""
    if error.code == "already_exists":
        entry = _entry(error.message, "invalid_value", _text(error.parameters.get("field")))
        entry["reference_sid"] = error.parameters.get("reference")
        return _reply(422, NOT_VALID, [dict(sorted(entry.items()))])
    if error.code in STATUS_CONFLICTS and _is(request, DECIDING):
        message = f"status is {_status_word(error)}; {STATUS_CONFLICTS[error.code]}"
        return _reply(409, "task is not pending review", [_entry(message, "conflict", "status")])
    seconds = error.parameters.get("retry_after_seconds")
    headers = () if seconds is None else (("Retry-After", str(seconds)),)
    return _reply(409, "Conflict", [_entry(error.message, _type(error, "conflict"))], headers)


def _status_word(error: errors.Conflict) -> str:
    status = error.parameters.get("status")
    return STATUS_WORDS[Status(status)] if isinstance(status, str) else "another"


def _not_offered(error: errors.NotOffered) -> Reply:
    if error.code == "method_not_allowed":
        return _reply(405, "Method Not Allowed", [_entry(error.message, "method_not_allowed")])
    return _reply(501, "Not Implemented", [_entry(error.message, "not_offered")])


def _later(status: int, message: str, type_: str, error: errors.TooMany | errors.Unavailable) -> Reply:
    headers = (("Retry-After", str(error.retry_after_seconds)),)
    return _reply(status, message, [_entry(error.message, type_)], headers)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
