"""The faults of a body: collected into one error, and raised when their turn comes.

The order of checks is that of the vendor's page (section 6): credentials, mode, path and method, the service, then its
task or state, then the syntax of the body, then its content. A body is parsed before the store is read, so the command
carries its fault until then.
"""

from collections.abc import Callable
from typing import TypeVar

from dragoman.dialects.kit.fields import Problems
from dragoman.domain.errors import Invalid

CODES = {"missing": "missing_field", "name": "invalid_name"}
"""The codes of faults by their kind; any other is an invalid value."""

T = TypeVar("T")

MOST_IN_MESSAGE = 10


def raise_if_any(problems: Problems) -> None:
    """Invalid with all faults when there are any: the first decides between `missing_field`, `invalid_name` and
    `invalid_value` (page 2, K)."""
    found = problems.found
    if not found:
        return
    code = CODES.get(found[0].code, "invalid_value")
    messages = [f"{problem.path[1:]} {problem.message}".strip() for problem in found[:MOST_IN_MESSAGE]]
    raise Invalid(code, "; ".join(messages), found)


def judged_late(read: Callable[[], T]) -> T | Invalid:
    """The result of `read`, or the fault that it raised, for `judge`."""
    try:
        return read()
    except Invalid as fault:
        return fault


def judge(content: T | Invalid) -> T:
    """The content. Raises the fault that was found in it."""
    if isinstance(content, Invalid):
        raise content.with_traceback(None)
    return content
