"""Each expected error in this vendor's form (page, 13): status, message id, text, parameters."""

from collections.abc import Callable

import msgspec

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.options import Options
from dragoman.dialects.ibm_htm.wire import negotiation
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain import errors

JSON = "application/json"
CHALLENGE = ("WWW-Authenticate", 'Basic realm="task-server", charset="UTF-8"')
ALIASES = frozenset({"forceTerminate"})
"""Action words that we take and don't advertise."""

AFTER_ENCODING = frozenset({"unsupported_media_type", "bad_object_id", "other_object_id"})
"""What is looked at together with the encoding of a body, or after it."""

ROLE_DENIED = 0
"""A placeholder for the configured status."""

ANSWERS: dict[str, tuple[int, str]] = {
    "parameter_missing": (400, "CWTKA0122E"),
    "unknown_value": (400, "CWTKA0158E"),
    "parameter_not_served": (400, "CWTKA0158E"),
    "bad_attribute": (400, "CWTKA0038E"),
    "parameter_without_value": (400, "CWTKA0034E"),
    "bad_timestamp": (400, "CWTKA0035E"),
    "bad_operator": (400, "CWTKA0036E"),
    "bad_operand": (400, "CWTKA0037E"),
    "bad_column": (400, "CWTKA0038E"),
    "bad_view": (400, "CWTKA0039E"),
    "no_interactions": (400, "CWTKA0160E"),
    "bad_expression": (400, "CWTKA0101E"),
    "too_many_terms": (400, "CWTKA0101E"),
    "parameters_at_odds": (400, "CWTKA0123E"),
    "bad_object_id": (400, "CWTKA0001E"),
    "other_object_id": (400, "CWTKA0002E"),
    "invalid_json": (400, "CWTKA0149E"),
    "bad_value": (400, "CWTKA0149E"),
    "invalid_xml": (400, "CWTKA0132E"),
    "bad_duration": (400, "CWTKA0085E"),
    "bad_timer": (400, "CWTKA0121E"),
    "value_too_long": (400, "CWTKA0005E"),
    "time_and_duration": (400, "CWTKA0116E"),
    "bad_priority": (400, "CWTKA0136E"),
    "member_missing": (400, "CWTKA0159E"),
    "unknown_user": (400, "CWTKA0084E"),
    "bad_role": (400, "CWTKA0022E"),
    "role_missing": (ROLE_DENIED, "CWTKA0068E"),
    "forbidden": (ROLE_DENIED, "CWTKA0068E"),
    "admin_only": (ROLE_DENIED, "CWTKA0068E"),
    "not_a_reviewer": (ROLE_DENIED, "CWTKA0068E"),
    "creator_may_not_approve": (ROLE_DENIED, "CWTKA0068E"),
    "not_an_approver": (ROLE_DENIED, "CWTKA0068E"),
    "administrators_only": (ROLE_DENIED, "CWTKA0012E"),
    "property_forbidden": (403, "CWTKA0041E"),
    "one_way_task": (403, "CWTKA0008E"),
    "target_role_missing": (403, "CWTKA0110E"),
    "task_not_found": (404, "CWTKA0024E"),
    "template_not_found": (404, "CWTKA0025E"),
    "escalation_not_found": (404, "CWTKA0026E"),
    "escalation_denied": (ROLE_DENIED, "CWTKA0066E"),
    "escalation_state": (409, "CWTKA0061E"),
    "escalation_property": (409, "CWTKA0117E"),
    "nothing_to_claim": (404, "CWTKA0024E"),
    "candidates_lost": (409, "CWTKA0062E"),
    "query_not_found": (404, "CWTKA0038E"),
    "object_not_found": (404, "CWTKA0017E"),
    "already_there": (409, "CWTKA0007E"),
    "not_acceptable": (406, "CWTKA0156E"),
    "not_in_basket": (409, "CWTKA0062E"),
    "state_forbids": (409, "CWTKA0062E"),
    "suspended": (409, "CWTKA0072E"),
    "task_suspended": (409, "CWTKA0072E"),
    "not_suspended": (409, "CWTKA0112E"),
    "waiting_for_subtasks": (409, "CWTKA0075E"),
    "property_state": (409, "CWTKA0041E"),
    "wrong_kind": (409, "CWTKA0064E"),
    "task_is_batch": (409, "CWTKA0064E"),
    "part_open": (409, "CWTKA0075E"),
    "template_stopped": (409, "CWTKA0062E"),
    "no_subtasks": (409, "CWTKA0076E"),
    "no_delegation": (409, "CWTKA0049E"),
    "not_top_level": (409, "CWTKA0045E"),
    "not_transferable": (409, "CWTKA0014E"),
    "idempotency_key_reused": (422, "CWTKA0149E"),
    "unsupported_media_type": (415, "CWTKA0016E"),
    "unsupported_encoding": (415, "CWTKA0016E"),
    "method_not_allowed": (405, "CWTKA0016E"),
}
"""By code. The pairing of statuses and message ids is that of the page."""

KINDS: dict[type[errors.Expected], tuple[int, str]] = {
    errors.Invalid: (400, "CWTKA0149E"),
    errors.Unauthenticated: (401, "CWTKA0012E"),
    errors.Forbidden: (403, "CWTKA0012E"),
    errors.NotFound: (404, "CWTKA0024E"),
    errors.Conflict: (409, "CWTKA0062E"),
    errors.StaleVersion: (409, "CWTKA0062E"),
    errors.TooLarge: (413, "CWTKA0005E"),
    errors.TooMany: (429, "CWTKA0052E"),
    errors.NotOffered: (404, "CWTKA0024E"),
    errors.Unavailable: (503, "CWTKA0052E"),
}
"""By kind, for other codes. For these the page asks for any id of the family."""


class Answer(msgspec.Struct, frozen=True):
    status: int
    number: str
    message: str
    parameters: tuple[str, ...] = ()

    def members(self) -> dict[str, object]:
        """The body of an answer."""
        body: dict[str, object] = {"errorNumber": self.number, "errorMessage": self.message}
        if self.parameters:
            body["errorMessageParameters"] = self.parameters
        return body


def answer_to(error: errors.Expected, options: Options) -> Answer:
    """The error in this vendor's words; also for what failed in a bulk request."""
    if error.code == "unknown_action":
        return _unknown_action(error)
    status, number = ANSWERS.get(error.code) or KINDS[type(error)]
    message, values = error.message, error.parameters.get("values", ())
    if isinstance(error, errors.Unauthenticated):
        message = "No authorization for the requested action."
    parameters = tuple(map(str, values)) if isinstance(values, tuple) else ()
    return Answer(status or options.role_denied_status, number, f"{number}: {message}", parameters)


def renderer(options: Options) -> Callable[[errors.Expected, Request], Reply]:
    """The renderer of errors under these switches."""

    def render_error(error: errors.Expected, request: Request) -> Reply:
        answer = answer_to(_first(error, request), options)
        reply = Reply(answer.status, json.encode(answer.members()), JSON)
        if isinstance(error, errors.Unauthenticated):
            reply.headers.append(CHALLENGE)
        if isinstance(error, errors.TooMany | errors.Unavailable):
            reply.headers.append(("Retry-After", str(error.retry_after_seconds)))
        return reply

    return render_error


def render_incident(incident: str, request: Request) -> Reply:
    """A bug: only the id of the incident, where the vendor has its details."""
    answer = Answer(500, "CWTKA0052E", "CWTKA0052E: An unexpected error occurred.")
    body = answer.members() | {"programmersDetails": {"incident": incident}}
    return Reply(500, json.encode(body), JSON)


def _unknown_action(error: errors.Expected) -> Answer:
    """Worked exchange 6: the word, and those that there are."""
    name, value = str(error.parameters.get("parameter")), error.parameters.get("value")
    if value is None:
        return _answer_400("CWTKA0122E", f"The parameter '{name}' is required.", name)
    known = error.parameters.get("known")
    words = (word for word in dict.fromkeys(known if isinstance(known, tuple) else ()) if word not in ALIASES)
    word = refusals.cut(str(value))
    message = f"The parameter '{name}' has an unsupported value '{word}'."
    return _answer_400("CWTKA0158E", message, name, word, ", ".join(words))


def _answer_400(number: str, message: str, *parameters: str) -> Answer:
    return Answer(400, number, f"{number}: {message}", parameters)


def _first(error: errors.Expected, request: Request) -> errors.Expected:
    """The error that comes first in the page's order of checks: an unknown action and the
    encoding of a body are found before the dialect reads the request."""
    if error.code == "unknown_action":
        return _fault_of(negotiation.check, request) or error
    if error.code == "unsupported_encoding" and request.operation is not None:
        found = _fault_of(request.operation.parse, request)
        return found if found is not None and found.code not in AFTER_ENCODING else error
    return error


def _fault_of(look: Callable[[Request], object], request: Request) -> errors.Expected | None:
    try:
        look(request)
    except errors.Expected as found:
        return found
    return None
