"""Reading decisions and changes of batches: the body first, then the path, as their order of checks asks."""

from typing import Any

from dragoman.dialects.kit import Request, json
from dragoman.dialects.kit.fields import Problems
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.batch_orders import FAULTS, refuse_others, text_of
from dragoman.domain.bulk_options import LONGEST_REASON

NOUN = "batch"


def parse_reason(request: Request) -> str | None:
    """The reason in a body, which may be missing. Invalid with every fault."""
    if not request.body:
        return None
    reading.check_media(request, reading.JSON)
    value: Any = json.parse(request.body)
    problems = Problems()
    if not isinstance(value, dict):
        problems.add("", "type", "must be an object")
        value = {}
    refuse_others(value, ("reason",), problems)
    reason = text_of(value["reason"], "/reason", problems, LONGEST_REASON) if "reason" in value else None
    problems.raise_if_any(message=FAULTS)
    return reason


def must_be_empty(request: Request) -> None:
    """Invalid for a body with members."""
    if not request.body:
        return
    reading.check_media(request, reading.JSON)
    value: Any = json.parse(request.body)
    problems = Problems()
    if isinstance(value, dict):
        refuse_others(value, (), problems)
    else:
        problems.add("", "type", "must be an object")
    problems.raise_if_any(message=FAULTS)
