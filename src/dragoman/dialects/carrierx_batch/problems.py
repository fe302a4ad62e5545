"""The faults of a body, all of them at once, in the words of carrierx-batch.md 12 and 13."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from dragoman.dialects.kit import Request, json
from dragoman.dialects.kit.fields import SHOWN_KEY, Problems
from dragoman.domain.errors import Invalid, Problem

REQUIRED = "required"
TYPE = "invalid_type"
VALUE = "invalid_value"
READ_ONLY = "read_only"
EMPTY = "must_be_empty"
UNKNOWN = "unknown_field"

NOT_AN_OBJECT = Problem("", TYPE, "must be an object")


def refuse(problems: Problems) -> None:
    """Invalid, to be answered 422, with all that was found."""
    problems.raise_if_any("object_validation", "object validation error")


def an_object(value: Any) -> dict[str, Any]:
    """The object that a body must be: one that is JSON and something else is 422."""
    if not isinstance(value, dict):
        raise Invalid("object_validation", "object validation error", (NOT_AN_OBJECT,))
    return value


def refuse_unknown(names: Iterable[str], known: tuple[str, ...], problems: Problems) -> None:
    """A typo must not silently change a bulk operation (5)."""
    for name in names:
        if problems.is_full:  # a hint takes longer than all else
            return
        if name not in known:
            near = get_close_matches(name[:SHOWN_KEY], known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            problems.add(shortened(name), UNKNOWN, f"unknown field{hint}")


def shortened(name: str) -> str:
    """The client's name for a field, short enough to be repeated."""
    return name if len(name) <= SHOWN_KEY else name[: SHOWN_KEY - 1] + "…"


def body_of(request: Request) -> Any:
    """The JSON of a body. Invalid `unsupported_media_type` for another content type or none; an
    absent body is no JSON (1)."""
    if request.body and media_of(request) != "application/json":
        raise Invalid("unsupported_media_type", "Send application/json.")
    return request.json()


def media_of(request: Request) -> str:
    """The media type of a body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def spelled(value: Any) -> str:
    """The text of a value as it is stored and shown: keys in alphabetical order (1), no blanks."""
    return json.encode_sorted(value).decode()
