"""Extension schemas as JSON Schema (draft 2020-12), and back.

The conversion back accepts what the conversion writes, and equivalents: an object of typed members, or an array of
such. Keywords that a schema can't express are refused with their path; titles and descriptions are ignored. `x-unique`
lists the attributes that no two records of one owner may share: JSON Schema has no keyword for it.
"""

from typing import Any

from dragoman.domain import json_numbers
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.extension import Attribute, Declaration, ExtensionSchema, attribute_name_fault, fold

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TEXT = {"type": "string"}
"""What the items of a classifier are."""
INT64 = {"minimum": -(2**63), "maximum": 2**63 - 1}

WORDS: dict[str, tuple[str, str | None]] = {
    "string": ("string", None),
    "integer": ("integer", None),
    "long": ("integer", "int64"),
    "double": ("number", None),
    "currency": ("number", "currency"),
    "date": ("string", "date"),
    "datetime": ("string", "date-time"),
    "boolean": ("boolean", None),
}
"""Attribute type -> JSON Schema's type and format."""

TYPES = {words: type_ for type_, words in WORDS.items()} | {("number", "double"): "double"}
SCHEMA_KEYWORDS = {"$schema", "$id", "$comment", "title", "description"}
RECORD_KEYWORDS = {"type", "properties", "required", "additionalProperties", "x-unique"}
ATTRIBUTE_KEYWORDS = {"type", "format", "maxLength", "default", "title", "description", "minimum", "maximum"}


def to_json_schema(schema: ExtensionSchema) -> dict[str, Any]:
    """The schema as clients read it. Any value may be null (Genesys page, section 5)."""
    if schema.is_classifier:
        return {"$schema": DRAFT, "title": schema.name, "type": "array", "items": dict(TEXT)}
    record = record_schema(schema.attributes)
    whole = {"type": "array", "items": record} if schema.is_multi_valued else record
    unique = {"x-unique": list(schema.unique)} if schema.unique else {}
    return {"$schema": DRAFT, "title": schema.name, **whole, **unique}


def record_schema(attributes: tuple[Attribute, ...]) -> dict[str, Any]:
    """One record as JSON Schema."""
    required = [attribute.name for attribute in attributes if attribute.mandatory and attribute.default is None]
    return {
        "type": "object",
        "properties": {attribute.name: _property(attribute) for attribute in attributes},
        **({"required": required} if required else {}),
        "additionalProperties": not attributes,
    }


def from_json_schema(document: Any) -> Declaration:
    """The rules in a JSON Schema. Invalid with every fault, by path, if there are others."""
    problems: list[Problem] = []
    if not isinstance(document, dict):
        raise _invalid([Problem("", "value", "the schema must be an object")])
    is_multi_valued = document.get("type") == "array"
    if is_multi_valued and document.get("items") == TEXT and not document.get("x-unique"):
        _refuse_others(document, SCHEMA_KEYWORDS | {"type", "items", "x-unique"}, "", problems)
        if problems:
            raise _invalid(problems)
        return Declaration(False, (), is_classifier=True)
    known = SCHEMA_KEYWORDS | ({"type", "items", "x-unique"} if is_multi_valued else RECORD_KEYWORDS)
    _refuse_others(document, known, "", problems)
    record, path = (document.get("items"), "/items") if is_multi_valued else (document, "")
    attributes = _attributes(record, path, problems)
    if is_multi_valued and isinstance(record, dict):
        _refuse_others(record, (RECORD_KEYWORDS | {"title", "description"}) - {"x-unique"}, path, problems)
    unique = document.get("x-unique", [])
    if not isinstance(unique, list) or not all(isinstance(name, str) for name in unique):
        problems.append(Problem("/x-unique", "value", "must be an array of attribute names"))
    if problems:
        raise _invalid(problems)
    return Declaration(is_multi_valued, attributes, tuple(unique))


def _property(attribute: Attribute) -> dict[str, Any]:
    type_, format_ = WORDS[attribute.type]
    written: dict[str, Any] = {"type": [type_, "null"]}
    if format_ is not None:
        written["format"] = format_
    if type_ == "integer":
        written |= INT64
    if attribute.length is not None and attribute.type == "string":
        written["maxLength"] = attribute.length
    if attribute.default is not None:
        written["default"] = json_numbers.decode(attribute.default)
    return written


def _attributes(record: Any, path: str, problems: list[Problem]) -> tuple[Attribute, ...]:
    if not isinstance(record, dict) or record.get("type") != "object":
        problems.append(Problem(f"{path}/type", "value", "a record is an object, or an array of objects"))
        return ()
    if record.get("additionalProperties", False) is not False and record.get("properties") != {}:
        problems.append(Problem(f"{path}/additionalProperties", "value", "records hold declared attributes only"))
    properties = record.get("properties")
    if not isinstance(properties, dict):
        problems.append(Problem(f"{path}/properties", "missing", "the attributes are needed, by name"))
        return ()
    required = record.get("required", [])
    if not isinstance(required, list) or not all(isinstance(name, str) and name in properties for name in required):
        problems.append(Problem(f"{path}/required", "value", "must be an array of names that are declared"))
        required = []
    taken: set[str] = set()
    attributes = []
    for name, stated in properties.items():
        fault = attribute_name_fault(name, taken)
        if fault is not None:
            problems.append(Problem(f"{path}/properties/{_token(name)}", "name", fault))
        taken.add(fold(name))
        found = _attribute(name, stated, name in required, f"{path}/properties/{_token(name)}", problems)
        attributes.append(found)
    return tuple(attributes)


def _attribute(name: str, stated: Any, mandatory: bool, path: str, problems: list[Problem]) -> Attribute:
    if not isinstance(stated, dict):
        problems.append(Problem(path, "value", "must be an object"))
        return Attribute(name, "string")
    _refuse_others(stated, ATTRIBUTE_KEYWORDS, path, problems)
    type_ = stated.get("type")
    if isinstance(type_, list) and len(type_) == 2 and "null" in type_:
        type_ = next((word for word in type_ if word != "null"), None)
    format_ = stated.get("format")
    plain = (type_, format_) if isinstance(type_, str) and isinstance(format_, str | None) else (None, None)
    meant = TYPES.get(plain)  # type: ignore[arg-type]
    if meant is None:
        words = ", ".join(f"{word}/{format_}" if format_ else word for word, format_ in WORDS.values())
        problems.append(Problem(f"{path}/type", "value", f"type and format must be one of {words}"))
    bounds = {word: stated[word] for word in INT64 if word in stated}
    if bounds and (meant not in ("integer", "long") or any(INT64[word] != bound for word, bound in bounds.items())):
        problems.append(Problem(path, "value", "other bounds than those of 64 bits can't be kept"))
    length = stated.get("maxLength")
    if "maxLength" in stated and (type(length) is not int or length < 1):
        problems.append(Problem(f"{path}/maxLength", "value", "must be an integer above 0"))
        length = None
    default = json_numbers.encode(stated["default"]).decode() if "default" in stated else None
    return Attribute(name, meant or "string", length, mandatory, default)


def _refuse_others(stated: dict[str, Any], known: set[str], path: str, problems: list[Problem]) -> None:
    problems += [
        Problem(f"{path}/{_token(word)}", "unknown", "can't be kept in an extension schema")
        for word in stated
        if word not in known
    ]


def _token(name: str) -> str:
    return name[:64].replace("~", "~0").replace("/", "~1")


def _invalid(problems: list[Problem]) -> Invalid:
    first = problems[0]
    return Invalid("invalid_schema", f"{first.path or 'schema'} {first.message}", tuple(problems[:100]))
