"""Validation of extension values: coercion, defaults, all faults with their paths, duplicates.

jsonschema-rs validates; this module adds the rules that JSON Schema lacks (numeric text, defaults, case-insensitive
names, `unique`: Genesys page, section 5). Values are handled as text, so that numbers keep the client's digits.
"""

import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC
from functools import lru_cache
from typing import Any

import jsonschema_rs
import msgspec

from dragoman.domain.clock import read_iso
from dragoman.domain.errors import Conflict, Invalid, Problem
from dragoman.domain.extension import (
    MOST_ATTRIBUTES,
    TYPES,
    Attribute,
    Declaration,
    ExtensionSchema,
    Owner,
    attribute_name_fault,
    fold,
)
from dragoman.domain.json_schema import record_schema

MOST_FAULTS = 100
MOST_TOLD = 10
DATE_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$"
EXACT_FLOATS = 2**53

_WHOLE = re.compile(r"-?[0-9]{1,40}")
_NUMBER = re.compile(r"(-?)([0-9]+)((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?(?:Z|[+-][0-9]{2}:?[0-9]{2})"
)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode
_value = msgspec.json.Decoder().decode


def conform(schema: ExtensionSchema, text: str) -> str:
    """The JSON text that is stored for `text` under this schema. Doing it twice changes nothing.

    Invalid `schema_violation` with every fault by path; Conflict `unique_violation` when two records agree in all
    unique attributes; null equals absence.
    """
    if schema.is_classifier:
        stored, faults = _words(text.strip())
    else:
        stored, faults = _rules(schema.is_multi_valued, schema.attributes).apply(text.strip())
    if faults:
        detail = "; ".join(f"{fault.path or 'the value'} {fault.message}" for fault in faults[:MOST_TOLD])
        raise Invalid("schema_violation", f"{schema.name}: {detail}", tuple(faults[:MOST_FAULTS]))
    if schema.unique and schema.is_multi_valued:
        _check_unique(schema, stored)
    return stored


def merged(schema: ExtensionSchema | None, stored: str, text: str) -> str:
    """The members of `stored`, replaced or extended by those of `text`, one level deep.

    Invalid `merge_not_supported` unless both are objects (Genesys page, section 5: for maps only).
    """
    if not (stored.startswith("{") and text.startswith("{")):
        raise Invalid("merge_not_supported", "only an object can be merged, and only into an object")
    spelled = {} if schema is None else _rules(False, schema.attributes).spelling
    members: dict[str, str] = {}
    for part in (stored, text):
        for name, raw in _members(part).items():
            attribute = spelled.get(fold(name))
            members[name if attribute is None else attribute.name] = bytes(raw).decode()
    return _object(members)


def check_declaration(declaration: Declaration, owner: Owner = Owner.TASK) -> Declaration:
    """The declaration with its defaults coerced. Invalid `invalid_schema` with every fault."""
    problems: list[Problem] = []
    if owner is not Owner.CONTACT:
        if not declaration.attributes:
            problems.append(Problem("/attributes", "value", "attributes must name at least one"))
        if declaration.is_classifier:
            problems.append(Problem("/type", "value", "only extensions of contacts can be classifiers"))
    elif declaration.is_classifier and (declaration.attributes or declaration.unique):
        problems.append(Problem("/attributes", "value", "a classifier has no attributes"))
    if len(declaration.attributes) > MOST_ATTRIBUTES:
        problems.append(Problem("/attributes", "value", f"attributes must be at most {MOST_ATTRIBUTES}"))
    spelled: dict[str, str] = {}
    attributes = []
    for index, attribute in enumerate(declaration.attributes[:MOST_ATTRIBUTES]):
        path = f"/attributes/{index}"
        fault = attribute_name_fault(attribute.name, spelled)
        if fault is not None:
            problems.append(Problem(f"{path}/name", "name", fault))
        spelled[fold(attribute.name)] = attribute.name
        attributes.append(_with_default(attribute, path, problems))
    problems += [
        Problem("/unique", "value", f"unique names {name[:64]}, which is not declared")
        for name in declaration.unique
        if fold(name) not in spelled
    ]
    if problems:
        raise Invalid("invalid_schema", problems[0].message, tuple(problems[:MOST_FAULTS]))
    unique = tuple(dict.fromkeys(spelled[fold(name)] for name in declaration.unique))
    return msgspec.structs.replace(declaration, attributes=tuple(attributes), unique=unique)


def canonical_moment(text: str) -> str | None:
    """`2015-03-01T10:00:00.000Z` of a moment with three or no digits of a second and an offset; None for all else."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        moment = read_iso(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z".rjust(24, "0")


class _Rules:
    """The rules of one schema, compiled."""

    def __init__(self, is_multi_valued: bool, attributes: tuple[Attribute, ...]) -> None:
        self.is_multi_valued = is_multi_valued
        self.attributes = attributes
        self.spelling = {fold(attribute.name): attribute for attribute in attributes}
        record = record_schema(attributes)
        for stated in record["properties"].values():
            if stated.get("format") == "date-time":
                stated["pattern"] = DATE_TIME  # valid moments have been converted to this form
        self.validator = jsonschema_rs.Draft202012Validator(record, validate_formats=True, ignore_unknown_formats=True)

    def apply(self, text: str) -> tuple[str, list[Problem]]:
        """The coerced text, and what is wrong with it."""
        if not self.is_multi_valued:
            if text.startswith("["):
                return text, [Problem("", "type", "must be one record, not an array")]
            return self.record(text, "")
        if text.startswith("{"):
            records = [text]  # a single object for a multi-valued extension is one record
        elif text.startswith("["):
            records = [bytes(raw).decode() for raw in _items(text)]
        else:
            return text, [Problem("", "type", "must be an array of records")]
        applied = [self.record(record, f"/{index}") for index, record in enumerate(records)]
        stored = "[" + ",".join(record for record, _ in applied) + "]"
        return stored, [fault for _, faults in applied for fault in faults]

    def record(self, text: str, path: str) -> tuple[str, list[Problem]]:
        """One record: names in the schema's spelling, values of its types, defaults filled in."""
        if not text.startswith("{"):
            return text, [Problem(path, "type", "must be a record, that is an object")]
        faults: list[Problem] = []
        members: dict[str, str] = {}
        for name, raw in _members(text).items():
            attribute = self.spelling.get(fold(name))
            spelled = name if attribute is None else attribute.name
            if spelled in members:
                faults.append(Problem(f"{path}/{_token(spelled)}", "duplicate", "is given twice"))
            value = bytes(raw).decode()
            members[spelled] = value if attribute is None else _COERCE[attribute.type](value)
        for attribute in self.attributes:
            if attribute.default is not None and attribute.name not in members:
                members[attribute.name] = attribute.default
        stored = _object(members)
        if not faults and self.attributes:
            faults = [fault for error in self.validator.iter_errors(_value(stored)) for fault in _told(error, path)]
        return stored, faults


@lru_cache(maxsize=512)
def _rules(is_multi_valued: bool, attributes: tuple[Attribute, ...]) -> _Rules:
    # Cached by content: a schema that was deleted and created again under its name may differ.
    return _Rules(is_multi_valued, attributes)


def _told(error: jsonschema_rs.ValidationError, above: str) -> Iterable[Problem]:
    """A fault of the validator with our message; the validator's contains the value, whatever its size."""
    path = above + "".join(f"/{_token(str(part))}" for part in error.instance_path)
    kind: Any = error.kind
    match kind.name:
        case "required":
            return (Problem(f"{path}/{kind.property}", "mandatory", "is mandatory"),)
        case "additionalProperties":
            return tuple(Problem(f"{path}/{_token(name)}", "undeclared", "is not declared") for name in kind.unexpected)
        case "maxLength":
            return (Problem(path, "too_long", f"must be at most {kind.limit} characters"),)
        case "type":
            wanted = " or ".join(_NOUNS.get(word, word) for word in kind.types if word != "null")
            return (Problem(path, "type", f"must be {wanted}"),)
        case "format":
            return (Problem(path, "format", "must be a date, YYYY-MM-DD"),) if kind.format == "date" else ()
        case "pattern":
            return (Problem(path, "format", "must be a date and time, YYYY-MM-DDThh:mm:ss.fffZ"),)
        case _:
            return (Problem(path, "range", "must be within 64 bits"),)


def _words(text: str) -> tuple[str, list[Problem]]:
    """The value of a classifier: an array of texts; one text alone is taken as such an array."""
    if text.startswith('"'):
        text = f"[{text}]"
    if not text.startswith("["):
        return text, [Problem("", "type", "must be an array of texts")]
    words = _value(text)
    return text, [
        Problem(f"/{index}", "type", "must be text") for index, word in enumerate(words) if not isinstance(word, str)
    ]


def _check_unique(schema: ExtensionSchema, stored: str) -> None:
    seen: set[tuple[Any, ...]] = set()
    for record in _value(stored):
        key = tuple(record.get(name) for name in schema.unique)
        if key in seen:
            names = ", ".join(schema.unique)
            raise Conflict("unique_violation", f"two records of {schema.name} have the same {names}")
        seen.add(key)


def _with_default(attribute: Attribute, path: str, problems: list[Problem]) -> Attribute:
    """The attribute with its default coerced; a default of another type is a fault."""
    if attribute.type not in TYPES:
        problems.append(Problem(f"{path}/type", "value", f"type must be one of {', '.join(TYPES)}"))
        return attribute
    if attribute.default is None:
        return attribute
    plain = msgspec.structs.replace(attribute, default=None)
    stored, faults = _Rules(False, (plain,)).record(_object({attribute.name: attribute.default}), "")
    if faults:
        problems.append(Problem(f"{path}/default", "value", f"the default of {attribute.name[:64]} is not of its type"))
        return attribute
    return msgspec.structs.replace(attribute, default=bytes(_members(stored)[attribute.name]).decode())


def _object(members: dict[str, str]) -> str:
    return "{" + ",".join(f"{msgspec.json.encode(name).decode()}:{value}" for name, value in members.items()) + "}"


def _token(name: str) -> str:
    return (name if len(name) <= 64 else name[:63] + "…").replace("~", "~0").replace("/", "~1")


def _whole(text: str) -> str:
    if text.startswith('"'):
        written = _text(text)
        return str(int(written)) if _WHOLE.fullmatch(written) else text
    if text[0] in "-0123456789" and not text.lstrip("-").isdigit():
        value = float(text)
        if value.is_integer() and abs(value) < EXACT_FLOATS:
            return str(int(value))
    return text


def _number(text: str) -> str:
    if not text.startswith('"'):
        return text
    found = _NUMBER.fullmatch(_text(text))
    if found is None:
        return text
    shown = (found[2].lstrip("0") or "0") + found[3]
    return found[1] + shown if len(shown) <= 400 and math.isfinite(float(shown)) else text


def _boolean(text: str) -> str:
    return text[1:-1] if text in ('"true"', '"false"') else text


def _moment(text: str) -> str:
    canonical = canonical_moment(_text(text)) if text.startswith('"') else None
    return text if canonical is None else f'"{canonical}"'


def _as_it_is(text: str) -> str:
    return text


_COERCE: dict[str, Callable[[str], str]] = {
    "string": _as_it_is,
    "integer": _whole,
    "long": _whole,
    "double": _number,
    "currency": _number,
    "boolean": _boolean,
    "date": _as_it_is,
    "datetime": _moment,
}

_NOUNS = {
    "string": "text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "a record, that is an object",
}
