"""Extension schemas in this vendor's form (page, 3.7 and 3.8). What was posted is kept and echoed, spelling and all."""

import re
from typing import Any

import msgspec

from dragoman.dialects.genesys import problems as faults
from dragoman.dialects.genesys.wire import profiles
from dragoman.dialects.genesys.wire.names import RESERVED
from dragoman.dialects.kit import fields, json
from dragoman.dialects.kit.fields import Problems
from dragoman.domain.extension import (
    TYPES,
    Attribute,
    Declaration,
    ExtensionSchema,
    declared_name_fault,
)

VALUED = {"single-valued": False, "multi-valued": True}
CLASSIFIER = "classifier"
MANDATORY = {True: True, False: False, "true": True, "false": False}
LARGEST_LENGTH = 2**31 - 1
_DIGITS = re.compile(r"[0-9]{1,10}")


class Posted(msgspec.Struct, frozen=True):
    name: str
    declaration: Declaration
    source: str


def parse(body: bytes, *, of_profiles: bool = False) -> Posted:
    """Invalid with every fault: `missing_field`, `invalid_name` or `invalid_value`.

    One of profiles may be a classifier, and may have no attributes (page 2, section G).
    """
    members, problems = json.parse_object(body), Problems()
    name = _name(members, RESERVED | profiles.RESERVED if of_profiles else RESERVED, problems)
    types = (*VALUED, CLASSIFIER) if of_profiles else tuple(VALUED)
    type_ = _choice(members, "type", "", types, problems)
    attributes = () if of_profiles and "attributes" not in members else _attributes(members, problems)
    unique = _unique(members, problems)
    faults.raise_if_any(problems)
    declaration = Declaration(VALUED.get(type_, False), attributes, unique, type_ == CLASSIFIER)
    return Posted(name, declaration, json.parse_raw(body)[1])


def render(schema: ExtensionSchema) -> Any:
    """As it was posted; one that came through another dialect in this vendor's words."""
    if schema.source:
        return json.verbatim(schema.source)
    valued = next(word for word, is_multi_valued in VALUED.items() if is_multi_valued is schema.is_multi_valued)
    shown: dict[str, Any] = {"name": schema.name, "type": CLASSIFIER if schema.is_classifier else valued}
    if schema.unique:
        shown["unique"] = list(schema.unique)
    if not schema.is_classifier:
        shown["attributes"] = [_shown(attribute) for attribute in schema.attributes]
    return shown


def _shown(attribute: Attribute) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": attribute.name, "type": attribute.type}
    if attribute.length is not None:
        shown["length"] = attribute.length
    shown["mandatory"] = attribute.mandatory
    if attribute.default is not None:
        shown["default"] = json.verbatim(attribute.default)
    return shown


def _name(members: dict[str, Any], reserved: frozenset[str], problems: Problems) -> str:
    if "name" not in members:
        problems.add("/name", "missing", "is needed")
        return ""
    name = members["name"]
    if type(name) is not str:
        problems.add("/name", "value", "must be text")
        return ""
    fault = declared_name_fault(name, reserved)
    if fault is not None:
        problems.add("/name", "name", f"can't be taken: {fault}")
    return name


def _attributes(members: dict[str, Any], problems: Problems) -> tuple[Attribute, ...]:
    if "attributes" not in members:
        problems.add("/attributes", "missing", "are needed")
        return ()
    return tuple(
        _attribute(stated, f"/attributes/{index}", problems)
        for index, stated in enumerate(fields.sequence(members["attributes"], "/attributes", problems))
    )


def _attribute(stated: Any, path: str, problems: Problems) -> Attribute:
    members = fields.mapping(stated, path, problems)
    if type(stated) is dict and "name" not in members:
        problems.add(f"{path}/name", "missing", "is needed")
    name = fields.text(members["name"], f"{path}/name", problems) if "name" in members else ""
    type_ = _choice(members, "type", path, TYPES, problems) if type(stated) is dict else ""
    length = _length(members["length"], f"{path}/length", problems) if "length" in members else None
    mandatory = members.get("mandatory", False)
    if type(mandatory) not in (bool, str) or mandatory not in MANDATORY:
        problems.add(f"{path}/mandatory", "value", "must be true or false")
        mandatory = False
    default = json.encode(members["default"]).decode() if "default" in members else None
    return Attribute(name, type_, length, MANDATORY[mandatory], default)


def _choice(members: dict[str, Any], name: str, path: str, choices: tuple[str, ...], problems: Problems) -> str:
    if name not in members:
        problems.add(f"{path}/{name}", "missing", "is needed")
        return ""
    return fields.choice(members[name], f"{path}/{name}", problems, choices)


def _length(value: Any, path: str, problems: Problems) -> int | None:
    """An integer, or one written as text."""
    if type(value) is str and _DIGITS.fullmatch(value):
        value = int(value)
    return fields.integer(value, path, problems, minimum=1, maximum=LARGEST_LENGTH) or None


def _unique(members: dict[str, Any], problems: Problems) -> tuple[str, ...]:
    """Names in an array, or in one text; either way commas separate, too (the seed has both)."""
    stated = members.get("unique", [])
    names = [stated] if type(stated) is str else fields.sequence(stated, "/unique", problems)
    if not all(type(name) is str for name in names):
        problems.add("/unique", "value", "must be names of attributes")
        return ()
    return tuple(part.strip() for name in names for part in name.split(",") if part.strip())
