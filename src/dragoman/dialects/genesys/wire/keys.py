"""Identification keys (page 2, section E)."""

from typing import Any

from dragoman.dialects.genesys import problems as faults
from dragoman.dialects.genesys.wire import profiles
from dragoman.dialects.kit import fields, json
from dragoman.dialects.kit.fields import Problems
from dragoman.domain.extension import DECLARED_NAME, declared_name_fault, fold
from dragoman.domain.identification import MOST_ATTRIBUTES, IdentificationKey
from dragoman.usecases.contacts.identification import Create

PROFILE = "profile"
MEMBERS = ("name", "source", "attributes", "unique")
UNIQUE = {True: True, False: False, "true": True, "false": False}


def parse(body: bytes) -> Create:
    """Invalid with every fault: `missing_field`, `invalid_name` or `invalid_value`."""
    members, problems = json.parse_object(body), Problems()
    fields.refuse_unknown(members, MEMBERS, "", problems)
    for name in ("name", "attributes"):
        if name not in members:
            problems.add(f"/{name}", "missing", "is needed")
    name = _name(members["name"], problems) if "name" in members else ""
    source = fields.text(members.get("source", PROFILE), "/source", problems)
    attributes = _attributes(members.get("attributes", ()), problems) if "attributes" in members else ()
    unique = members.get("unique", False)
    if type(unique) not in (bool, str) or unique not in UNIQUE:
        problems.add("/unique", "value", "must be true or false")
        unique = False
    of_profile = fold(source) == PROFILE
    names = _of_source(attributes, None if of_profile else source, problems)
    faults.raise_if_any(problems)
    folded = tuple(profiles.indexed(each) if of_profile else fold(each) for each in names)
    return Create(name, None if of_profile else source, names, folded, UNIQUE[unique])


def render(key: IdentificationKey) -> dict[str, Any]:
    """Attributes of an extension with its name before them, and no `source` (page 2, E [D])."""
    source = "" if key.source is None else f"{key.source_name}."
    shown: dict[str, Any] = {"name": key.name, "attributes": [f"{source}{name}" for name in key.spelled]}
    if key.is_unique:
        shown["unique"] = True
    return shown


def _name(value: Any, problems: Problems) -> str:
    if type(value) is not str:
        problems.add("/name", "value", "must be text")
        return ""
    fault = declared_name_fault(value, ())
    if fault is not None:
        problems.add("/name", "name", f"can't be taken: {fault}")
    return value


def _attributes(value: Any, problems: Problems) -> tuple[str, ...]:
    found = fields.sequence(value, "/attributes", problems, max_items=MOST_ATTRIBUTES)
    if not found and type(value) is list:
        problems.add("/attributes", "value", "must name at least one")
    return tuple(fields.text(name, f"/attributes/{index}", problems) for index, name in enumerate(found))


def _of_source(attributes: tuple[str, ...], source: str | None, problems: Problems) -> tuple[str, ...]:
    """The attributes without the source's name, which may stand before them. A fault for those of another source, and
    for one that is named twice."""
    names: list[str] = []
    for index, attribute in enumerate(attributes):
        extension, dot, name = attribute.rpartition(".")
        if dot and (source is None or fold(extension) != fold(source)):
            problems.add(f"/attributes/{index}", "value", "is not one of its source")
        elif not DECLARED_NAME.fullmatch(name):
            problems.add(f"/attributes/{index}", "value", "can't be the name of an attribute")
        elif fold(name) in map(fold, names):
            problems.add(f"/attributes/{index}", "value", "is named twice")
        names.append(name)
    return tuple(names)
