"""Each expected error as problem details (RFC 9457): one shape, a stable code, every fault of the request."""

from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from dragoman.dialects.kit import Reply, Request, json
from dragoman.dialects.kit.conditions import tags_of
from dragoman.dialects.native import batch_views
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.handlers import dry_run as trial
from dragoman.dialects.native.wire import batch_uploads
from dragoman.dialects.native.wire.problems import Clash, Fault, Refusal, Use
from dragoman.domain import errors
from dragoman.domain.errors import Expected, Problem
from dragoman.usecases.batches.documents import Shown

MEDIA = "application/problem+json"
WEAK = "A weak tag (W/) never passes If-Match; a proxy that compresses replies makes tags weak."
REALM = 'realm="dragoman", charset="UTF-8"'

STATUSES: tuple[tuple[type[Expected], int], ...] = (
    (errors.Invalid, 400),
    (errors.Unauthenticated, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.StaleVersion, 412),
    (errors.TooLarge, 413),
    (errors.TooMany, 429),
    (errors.NotOffered, 501),
    (errors.Unavailable, 503),
)
OF_CODES = {"method_not_allowed": 405, "unsupported_encoding": 415, "unsupported_media_type": 415, "storage_full": 507}


def error(error: Expected, request: Request) -> Reply:
    """The refusal; for a dry run what would have been answered."""
    if trial.is_outcome(error):
        return trial.reply(error, request)
    if isinstance(error, errors.Invalid) and error.code == "invalid_body" and _is_upload(request):
        error = batch_uploads.of_query(error.problems)
    status = _status(error)
    refusal = Refusal(
        type=f"/problems/{error.code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=error.message + _of_weak_tags(error, request),
        code=error.code,
        errors=_faults(error),
        current=_current(error),
        uses=_uses(error),
        clashes=_clashes(error),
        **_counts(error),
    )
    return Reply(status, json.encode(refusal), MEDIA, _headers(error))


def incident(incident: str, request: Request) -> Reply:
    """500, with nothing but the incident's id."""
    refusal = Refusal(
        type="/problems/incident",
        title=HTTPStatus.INTERNAL_SERVER_ERROR.phrase,
        status=500,
        detail="Something went wrong here; it was logged.",
        code="incident",
        incident=incident,
    )
    return Reply(500, json.encode(refusal), MEDIA)


def _is_upload(request: Request) -> bool:
    """Whether the members of its body stand in the query."""
    operation = request.operation
    return operation is not None and operation.streamed is not None and operation.streamed.takes(request)


def _status(error: Expected) -> int:
    given = error.parameters.get("status")
    if isinstance(given, int):
        return given
    usual = next(status for kind, status in STATUSES if isinstance(error, kind))
    return OF_CODES.get(error.code, usual)


def _faults(error: Expected) -> list[Fault] | UnsetType:
    problems = error.problems if isinstance(error, errors.Invalid) else ()
    return [_fault(problem) for problem in problems] or UNSET


def _fault(problem: Problem) -> Fault:
    """A place that begins with a question mark is a parameter of the query; an upload has lines and columns."""
    if problem.line is not None and problem.column is not None:
        return Fault(code=problem.code, detail=problem.message, line=problem.line, column=problem.column)
    if problem.path.startswith("?"):
        return Fault(code=problem.code, detail=problem.message, parameter=problem.path[1:])
    return Fault(code=problem.code, detail=problem.message, pointer=problem.path)


def _uses(error: Expected) -> list[Use] | UnsetType:
    """The places that name what should be deleted."""
    found: Any = error.parameters.get("uses")
    return [msgspec.convert(msgspec.to_builtins(use), Use) for use in found] if found else UNSET


def _clashes(error: Expected) -> list[Clash] | UnsetType:
    """What was changed again, and can't be put back."""
    found: Any = error.parameters.get("clashes")
    return [Clash(each.field, each.before, each.now) for each in found] if found else UNSET


def _of_weak_tags(error: Expected, request: Request) -> str:
    """Why no change can pass a condition of weak tags alone (RFC 9110, 8.8.3.2 and 13.1.1)."""
    tags = tags_of(request.headers.get("if-match", "")) or []
    if isinstance(error, errors.StaleVersion) and tags and all(tag.startswith("W/") for tag in tags):
        return f" {WEAK}"
    return ""


def _current(error: Expected) -> Raw | UnsetType:
    known = error.current if isinstance(error, errors.StaleVersion) else None
    if known is None:
        return UNSET
    shown = batch_views.document(known) if isinstance(known, Shown) else wire.view(known)
    return json.verbatim(json.encode(shown).decode())


def _counts(error: Expected) -> dict[str, Any]:
    """What the refusal counts, by the names of its members."""
    counts = error.parameters.get("counts")
    return counts if isinstance(counts, dict) else {}


def _tag(known: Any) -> tuple[str, str]:
    return batch_views.tag(known.batch) if isinstance(known, Shown) else replies.etag(known.revision)


def _headers(error: Expected) -> list[tuple[str, str]]:
    if isinstance(error, errors.Unauthenticated):
        why = ', error="invalid_token"' if error.code == "credentials_unknown" else ""
        return [("WWW-Authenticate", f"Basic {REALM}"), ("WWW-Authenticate", f'Bearer realm="dragoman"{why}')]
    if isinstance(error, errors.TooMany | errors.Unavailable):
        return [("Retry-After", str(error.retry_after_seconds))]
    if isinstance(error, errors.StaleVersion) and error.current is not None:
        return [_tag(error.current)]
    seconds = error.parameters.get("retry_after_seconds")
    return [("Retry-After", str(seconds))] if isinstance(seconds, int) else []
