"""One record of a multi-valued extension, selected by the attributes that its schema calls unique."""

from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.domain import json_numbers
from dragoman.domain.errors import Invalid, NotFound, Problem
from dragoman.domain.extension import ExtensionSchema, fold
from dragoman.domain.extension_values import conform, merged

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_NULL = b"null"


def update_record(schema: ExtensionSchema, stored: str, text: str) -> str:
    """The stored records with one changed: members of `text` are written, the others stay.

    Invalid `schema_violation` unless the schema selects records and `text` conforms to it, `missing_field` unless it
    has all unique attributes; NotFound `record_not_found`.
    """
    _must_select(schema)
    sent = _conforming(schema, text)
    _refuse_nulls(schema, sent)
    records, place = _selected(schema, stored, sent)
    records[place] = merged(schema, records[place], sent)
    return conform(schema, _array(records))


def remove_record(schema: ExtensionSchema, stored: str, text: str) -> str:
    """The stored records without one; of `text` only the unique attributes count. Raises what `update_record` does."""
    _must_select(schema)
    wanted = {fold(name) for name in schema.unique}
    chosen = {name: value for name, value in _members(_object(text)).items() if fold(name) in wanted}
    records, place = _selected(schema, stored, _conforming(schema, msgspec.json.encode(chosen).decode()))
    del records[place]
    return _array(records)


def _must_select(schema: ExtensionSchema) -> None:
    if not (schema.is_multi_valued and schema.unique):
        raise Invalid("schema_violation", f"{schema.name} has no records that unique attributes select")


def _object(text: str) -> str:
    if not text.startswith("{"):
        raise Invalid("schema_violation", "the record must be an object", (Problem("", "type", "must be an object"),))
    return text


def _conforming(schema: ExtensionSchema, text: str) -> str:
    """The members in the schema's spelling and types, none of them needed and none filled in."""
    attributes = tuple(replace(attribute, mandatory=False, default=None) for attribute in schema.attributes)
    return conform(replace(schema, is_multi_valued=False, attributes=attributes), _object(text))


def _refuse_nulls(schema: ExtensionSchema, sent: str) -> None:
    members = _members(sent)
    problems = [
        Problem(f"/{attribute.name}", "mandatory", "is mandatory and can't be null")
        for attribute in schema.attributes
        if attribute.mandatory and bytes(members.get(attribute.name, b"")) == _NULL
    ]
    if problems:
        names = ", ".join(problem.path[1:] for problem in problems)
        raise Invalid("schema_violation", f"{schema.name}: {names} can't be null", tuple(problems))


def _selected(schema: ExtensionSchema, stored: str, sent: str) -> tuple[list[str], int]:
    """The stored records, and the place of the one that has these unique attributes."""
    wanted = json_numbers.decode(sent)
    missing = [name for name in schema.unique if name not in wanted]
    if missing:
        problems = tuple(Problem(f"/{name}", "missing", "is needed") for name in missing)
        raise Invalid("missing_field", f"{', '.join(missing)} selects the record and is needed", problems)
    records = [bytes(raw).decode() for raw in _items(stored)] if stored.startswith("[") else [stored]
    for place, record in enumerate(records):
        if _agrees(json_numbers.decode(record), wanted, schema):
            return records, place
    raise NotFound("record_not_found", f"no record of {schema.name} has these values")


def _agrees(record: Any, wanted: dict[str, Any], schema: ExtensionSchema) -> bool:
    return isinstance(record, dict) and all(
        json_numbers.are_same(record.get(name), wanted[name]) for name in schema.unique
    )


def _array(records: list[str]) -> str:
    return f"[{','.join(records)}]"
