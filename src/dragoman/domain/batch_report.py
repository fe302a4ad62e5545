"""What a batch says of an entry that failed: which one it was, and why (carrierx-batch.md 9)."""

from typing import Any

import msgspec

from dragoman.domain.errors import Conflict, Expected, Forbidden, Invalid, NotFound

NOT_VALID = "object validation error"
FORBIDDEN = "Forbidden"
WHERE = ("field", "reference_sid")
"""Parameters of an error that say what is wrong, and which object is in the way."""

_encode = msgspec.json.Encoder().encode


def key_of_entry(field: str, entry: str | int) -> str:
    """The key of an entry that picks objects: JSON text, the value as it was sent."""
    return _text({field: entry})


def key_of_content(natural: str, content: bytes) -> str:
    """The key of an object to be made: its natural key alone, or all of it when it has none."""
    body = msgspec.json.decode(content)
    named = isinstance(body, dict) and natural in body
    return _text({natural: body[natural]} if named else body)


def not_found(type_: str, field: str) -> str:
    """No object has the entry."""
    return _detail(f"Cannot find item by {field}", {"field": field, "message": f"no {type_} matches"})


def ambiguous(field: str, count: int) -> str:
    """Several have it, so none is touched."""
    return _detail(NOT_VALID, {"field": field, "message": f"matches {count} objects"})


def scope_missing(scopes: frozenset[str]) -> str:
    """The creator's token doesn't allow it. The narrowest scope that would is named."""
    narrow = sorted(scope for scope in scopes if not scope.endswith(".manage")) or sorted(scopes)
    return forbidden(f"scope {narrow[0]} is missing")


def forbidden(why: str) -> str:
    """The creator may not."""
    return _detail(FORBIDDEN, {"message": why})


def refused(error: Expected) -> str:
    """What the object, or its rules, had against it."""
    if isinstance(error, Forbidden):
        return forbidden(error.message)
    if isinstance(error, Invalid) and error.problems:
        return _detail(NOT_VALID, *(_problem(problem.path, problem.message) for problem in error.problems))
    told = {"message": error.message}
    if isinstance(error, Conflict | Invalid | NotFound):
        told |= {name: str(error.parameters[name]) for name in WHERE if name in error.parameters}
        return _detail(NOT_VALID, told)
    return _detail(error.message, told)


def failed(reason: str) -> str:
    """It could not be tried, or not be finished, for a reason that isn't the object's."""
    return _detail(reason, {"message": reason})


def _problem(path: str, message: str) -> dict[str, str]:
    field = path.removeprefix("/")
    return {"field": field, "message": message} if field else {"message": message}


def _detail(message: str, *errors: dict[str, str]) -> str:
    return _text({"errors": [dict(sorted(error.items())) for error in errors], "message": message})


def _text(value: Any) -> str:
    return _encode(value).decode()
