"""Each expected error in this vendor's words (page, section 6): `code`, `message` and `exception`, so that clients of
both generations find their keys."""

from collections.abc import Callable

from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.responses import JSON
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain import errors

DELETE_SERVICE = "service.delete"
"""The operation that answers 400 for an unknown service, whatever `not_found_status` is (page, 4)."""

OWNERS = {"task": "task", "case": "service", "stage": "state", "contact": "profile"}
"""The core's words for what extensions are attached to, and this vendor's."""

GONE = frozenset({"service_not_found", "state_not_found", "task_not_found"})

TOKENS: dict[str, tuple[int, str]] = {
    "invalid_json": (400, "InvalidBody"),
    "missing_field": (400, "MissingField"),
    "missing_key": (400, "MissingKey"),
    "schema_in_use": (400, "SchemaInUse"),
    "invalid_name": (400, "InvalidName"),
    "schema_violation": (400, "SchemaViolation"),
    "schema_missing": (400, "SchemaViolation"),
    "merge_not_supported": (400, "MergeNotSupported"),
    "unsupported_encoding": (415, "InvalidBody"),
    "method_not_allowed": (405, "MethodNotAllowed"),
    "idempotency_key_reused": (422, "InvalidValue"),
    "schema_exists": (409, "DuplicateName"),
    "already_exists": (409, "DuplicateName"),
    "unique_violation": (409, "UniqueViolation"),
    "mode_unavailable": (503, "ModeUnavailable"),
}
"""By code, where it differs from its kind."""

KINDS: dict[type[errors.Expected], tuple[int, str]] = {
    errors.Invalid: (400, "InvalidValue"),
    errors.Unauthenticated: (401, "NotAuthorized"),
    errors.Forbidden: (403, "Forbidden"),
    errors.NotFound: (404, "NotFoundException"),
    errors.Conflict: (409, "Conflict"),
    errors.StaleVersion: (409, "Conflict"),
    errors.TooLarge: (413, "TooLarge"),
    errors.TooMany: (429, "TooManyRequests"),
    errors.NotOffered: (501, "NotOffered"),
    errors.Unavailable: (503, "Unavailable"),
}

CHALLENGE = ("WWW-Authenticate", 'Basic realm="Context Services", charset="UTF-8"')


def renderer(switches: Switches) -> Callable[[errors.Expected, Request], Reply]:
    """The renderer of errors under these switches."""

    def render_error(error: errors.Expected, request: Request) -> Reply:
        status, token = TOKENS.get(error.code) or KINDS[type(error)]
        if error.code in GONE:
            status = _status_of_gone(switches, error, request)
        reply = _reply(status, message_of(error), token)
        if isinstance(error, errors.Unauthenticated):
            reply.headers.append(CHALLENGE)
        if isinstance(error, errors.TooMany | errors.Unavailable):
            reply.headers.append(("Retry-After", str(error.retry_after_seconds)))
        return reply

    return render_error


def render_incident(incident: str, request: Request) -> Reply:
    """A bug: the id of the incident and nothing else."""
    return _reply(500, f"internal error, incident {incident}", "InternalError")


def message_of(error: errors.Expected) -> str:
    """The message; where the core speaks of its own nouns, in this vendor's."""
    name, owner = error.parameters.get("name"), OWNERS.get(str(error.parameters.get("owner")))
    if error.code == "schema_exists":
        return f"a {owner} extension {name} exists"
    if error.code == "schema_not_found":
        return f"no {owner} extension schema {name}"
    if error.code == "schema_missing":
        return f"no schema for the {owner} extension {name}"
    if error.code == "key_not_found":
        return f"no identification key {name}"
    return error.message


def _status_of_gone(switches: Switches, error: errors.Expected, request: Request) -> int:
    operation = request.operation
    if error.code == "service_not_found" and operation is not None and operation.name == DELETE_SERVICE:
        return 400
    return switches.not_found_status


def _reply(status: int, message: str, token: str) -> Reply:
    return Reply(status, json.encode({"code": status, "message": message, "exception": token}), JSON)
