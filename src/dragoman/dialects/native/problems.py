"""All that is wrong with a body, at once. Walked only when the quick reader has refused it.

The rules are the JSON Schema that the OpenAPI prints, made from the same Structs; the sentences are ours.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import jsonschema_rs

from dragoman.dialects.kit.fields import Problems, pointer
from dragoman.dialects.native.wire import forms
from dragoman.dialects.native.wire import json_schema as schema
from dragoman.domain import json_numbers

Error = jsonschema_rs.ValidationError

WORDS = {
    "string": "text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
}
SPELLING = frozenset({"pattern", "enum"})
FORMS = {
    "date-time": "must be a moment such as 2031-05-04T10:20:30Z, with at most seven digits behind the dot",
    "uuid": "must be a number or an id",
    "time-zone": "must be the name of a time zone such as Europe/Riga",
    "iana-time-zone": "must be the name of a time zone such as Europe/Riga",
}
CODES = {"iana-time-zone": "unknown_zone"}
"""The codes of formats that have one of their own."""


def find(type_: Any, value: Any, read_only: frozenset[str] = frozenset()) -> Problems:
    """Every fault of a value that should be of this type. `read_only` are names that one sees and can't set."""
    problems = Problems()
    _add_all(_validator(type_).iter_errors(json_numbers.plain(value)), problems, read_only)
    return problems


@cache
def _validator(type_: Any) -> Any:
    rules = schema.schema_of(type_) | {"components": {"schemas": schema.components([type_])}}
    return jsonschema_rs.Draft202012Validator(rules, validate_formats=True, formats=forms.FORMATS)


def _in_order(errors: Iterable[Error]) -> list[Error]:
    """By place; a form before the pattern or the list that spells it out."""
    return sorted(errors, key=lambda error: (_path(error), error.kind.name in SPELLING))


def _path(error: Error) -> str:
    path = ""
    for part in error.instance_path:
        path = pointer(path, part)
    return path


def _tell(error: Error, problems: Problems, read_only: frozenset[str]) -> None:
    path = _path(error)
    kind: Any = error.kind
    match kind.name:
        case "anyOf":
            _tell_alternatives(error, path, problems)
        case "additionalProperties":
            for name in kind.unexpected:
                _tell_unknown(pointer(path, name), name in read_only and not path, problems)
        case "required":
            problems.add(pointer(path, kind.property), "missing", "is missing")
        case "propertyNames":
            code, message = _sentence(kind.error.kind)
            problems.add(pointer(path, str(kind.error.instance)), code, f"is a name that {message}")
        case _:
            problems.add(path, *_sentence(kind))


def _tell_unknown(path: str, is_shown: bool, problems: Problems) -> None:
    if is_shown:
        problems.add(path, "read_only", "can't be set; see the verbs")
    else:
        problems.add(path, "unknown", "is not a field here")


def _tell_alternatives(error: Error, path: str, problems: Problems) -> None:
    """For a union of types: the faults of the type that matches best, or the list of types."""
    kind: Any = error.kind
    branches: list[list[Error]] = [list(branch) for branch in kind.context]
    meant = [branch for branch in branches if not any(_is_of_another_type(inner, error) for inner in branch)]
    if meant:
        fewest = min(range(len(meant)), key=lambda at: len(meant[at]))
        _add_all(meant[fewest], problems)
    else:
        wanted = [WORDS[word] for branch in branches for inner in branch for word in _types(inner)]
        problems.add(path, "type", f"must be {' or '.join(wanted)}")


def _is_of_another_type(inner: Error, error: Error) -> bool:
    return inner.kind.name == "type" and inner.instance_path == error.instance_path


def _types(error: Error) -> list[str]:
    """The types that would have done, of an error that is about the type."""
    kind: Any = error.kind
    return list(kind.types) if kind.name == "type" else []


def _add_all(errors: Iterable[Error], problems: Problems, read_only: frozenset[str] = frozenset()) -> None:
    """Of a place that a form and its pattern speak of, the form alone."""
    for error in _in_order(errors):
        if error.kind.name not in SPELLING or not any(known.path == _path(error) for known in problems.found):
            _tell(error, problems, read_only)


def _sentence(kind: Any) -> tuple[str, str]:
    """Code and sentence of one fault."""
    match kind.name:
        case "type":
            return "type", f"must be {' or '.join(WORDS[word] for word in kind.types)}"
        case "minProperties" | "minItems":
            return "too_few", f"must have at least {kind.limit} members"
        case "maxLength":
            return "too_long", f"must be at most {kind.limit} characters"
        case "minLength":
            return "too_short", "must not be empty" if kind.limit == 1 else f"must be at least {kind.limit} characters"
        case "minimum":
            return "range", f"must be at least {kind.limit}"
        case "maximum":
            return "range", f"must be at most {kind.limit}"
        case "enum":
            return "choice", f"must be one of {', '.join(str(option) for option in kind.options)}"
        case "maxProperties" | "maxItems":
            return "too_many", f"must have at most {kind.limit} members"
        case "format":
            return CODES.get(kind.format, "format"), FORMS.get(kind.format, f"must be a {kind.format}")
        case _:
            return "format", "doesn't have the form that it must have"
