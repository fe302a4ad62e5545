"""Why an entry of a batch failed: a code, a message and details, stored as JSON text."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec

from dragoman.domain.errors import Conflict, Expected, Forbidden, Invalid, NotFound

NOT_VALID = "object validation error"
NOT_EXECUTED = "not executed: stopped"


class FailureCode(StrEnum):
    """Stable codes for clients."""

    NOT_FOUND = "not_found"
    AMBIGUOUS = "ambiguous"
    INVALID = "invalid"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    TYPE_GONE = "type_gone"
    CHANGED_SINCE_REVIEW = "changed_since_review"
    CHANGED_SINCE_BATCH = "changed_since_batch"
    OUTSIDE_REFUSED = "outside_refused"
    OUTSIDE_SILENT = "outside_silent"
    OUTSIDE_BLOCKED = "outside_blocked"
    SERVER_FAILED = "server_failed"
    STOPPED = "stopped"


class Detail(msgspec.Struct, frozen=True, omit_defaults=True):
    """One problem of an entry. `reference` is the id of an object that is in the way."""

    message: str
    field: str | None = None
    reference: str | None = None


class Failure(msgspec.Struct, frozen=True):
    """Why one entry failed."""

    code: FailureCode
    message: str
    errors: tuple[Detail, ...]


class _Coded(msgspec.Struct, frozen=True):
    code: str


_encode = msgspec.json.Encoder().encode


def stored(failure: Failure) -> str:
    """The JSON text of a failure."""
    return _text(failure)


_code_of = msgspec.json.Decoder(_Coded).decode


def code_of(failure: str) -> str:
    """The code of a failure, from its JSON text."""
    return _code_of(failure).code


def key_of_entry(field: str, entry: str | int) -> str:
    """The key of an entry that selects an object: JSON text with the value as it was sent."""
    return _text({field: entry})


def key_of_content(natural: str, content: bytes) -> str:
    """The key of an object to be created: its natural key, or the whole object if it has none."""
    body = msgspec.json.decode(content)
    named = isinstance(body, dict) and natural in body
    return _text({natural: body[natural]} if named else body)


def not_found(type_: str, field: str) -> str:
    """No object matches the entry."""
    return _failure(FailureCode.NOT_FOUND, f"Cannot find item by {field}", Detail(f"no {type_} matches", field=field))


def ambiguous(field: str, count: int) -> str:
    """Several objects match the entry; none was changed."""
    return _failure(FailureCode.AMBIGUOUS, NOT_VALID, Detail(f"matches {count} objects", field=field))


def scope_missing(scopes: frozenset[str]) -> str:
    """The creator's token lacks a scope. Reports the narrowest one that would suffice."""
    narrow = sorted(scope for scope in scopes if not scope.endswith(".manage")) or sorted(scopes)
    return forbidden(f"scope {narrow[0]} is missing")


def forbidden(why: str) -> str:
    """The creator lacks a right."""
    return _failure(FailureCode.FORBIDDEN, "Forbidden", Detail(why))


def type_gone(type_: str) -> str:
    """The type of the batch is no longer configured."""
    reason = f"there is no type {type_} any more"
    return _failure(FailureCode.TYPE_GONE, reason, Detail(reason))


def refused(error: Expected) -> str:
    """An expected error of the object or its rules."""
    if isinstance(error, Forbidden):
        return forbidden(error.message)
    code = FailureCode.CONFLICT if isinstance(error, Conflict) else FailureCode.INVALID
    code = FailureCode.NOT_FOUND if isinstance(error, NotFound) else code
    if isinstance(error, Invalid) and error.problems:
        details = (Detail(problem.message, problem.path.removeprefix("/") or None) for problem in error.problems)
        return _failure(code, NOT_VALID, *details)
    if isinstance(error, Conflict | Invalid | NotFound):
        field, reference = error.parameters.get("field"), error.parameters.get("reference")
        return _failure(code, NOT_VALID, Detail(error.message, _or_none(field), _or_none(reference)))
    return _failure(code, error.message, Detail(error.message))


def changed_since_review(fields: Iterable[str]) -> str:
    """The object isn't what was reviewed: these members differ."""
    details = (Detail("was changed since the review", field) for field in fields)
    return _failure(FailureCode.CHANGED_SINCE_REVIEW, "changed since review", *details)


def server_failed(reason: str) -> str:
    """The entry could not be tried, or not be finished, for a reason that is not the object's."""
    return _failure(FailureCode.SERVER_FAILED, reason, Detail(reason))


def stopped() -> str:
    """The entry was not executed, since its batch was stopped."""
    return _failure(FailureCode.STOPPED, NOT_EXECUTED, Detail(NOT_EXECUTED))


def changed_since_batch(*details: Detail) -> str:
    """An undo found members with another value than the batch left."""
    return _failure(FailureCode.CHANGED_SINCE_BATCH, "changed since batch", *details)


def _failure(code: FailureCode, message: str, *errors: Detail) -> str:
    return stored(Failure(code, message, errors))


def _or_none(value: object) -> str | None:
    return None if value is None else str(value)


def _text(value: Any) -> str:
    return _encode(value).decode()
