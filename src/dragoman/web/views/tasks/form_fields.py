"""The fields of a task's form, and the values that they hold as texts.

A value is a text, or None for a member that isn't set. Names are those of the native API.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from dragoman.domain import json_numbers
from dragoman.domain.access import Permission
from dragoman.domain.clock import read_iso, to_datetime
from dragoman.domain.extension import Attribute, ExtensionSchema, fold
from dragoman.domain.zones import zone as zone_of
from dragoman.usecases.tasks.editing import Sheet

Record = dict[str, str | None]
Values = dict[str, str | None]

EXTENSION, PROPERTY = "extensions.", "properties."
LONG_TEXT = 200
"""Characters from which on a text has several lines."""
KINDS = {
    "string": "line",
    "integer": "number",
    "long": "number",
    "double": "decimal",
    "currency": "decimal",
    "date": "date",
    "datetime": "moment",
    "boolean": "choice",
}


class Field(NamedTuple):
    """A field. `may_be_unset`: an empty text and no text are two things."""

    name: str
    label: str
    kind: str
    value: str | None
    most: int = 0
    may_be_unset: bool = False


class Group(NamedTuple):
    """An extension: its records by their fields, or its JSON as one field. `origins` are places in the stored list."""

    name: str
    is_many: bool
    records: list[list[Field]]
    origins: list[int | None]
    json: Field | None = None


def plain_values(sheet: Sheet, zone: str) -> Values:
    """The members that aren't records."""
    task = sheet.task
    values: Values = {
        "title": task.title,
        "description": task.description,
        "priority": _text(task.priority),
        "category": _text(task.category),
        "due_local": _due(sheet, zone),
        "case": None if task.case == sheet.inbox else _text(task.case),
        "contact": _text(task.contact),
        "parent": _text(task.parent),
    }
    if Permission.ASSIGN in sheet.granted:
        values["assignee"] = sheet.assignee
    for key, value in task.properties.items():
        values[f"properties.{key}"] = value
    for folded, extension in task.extensions.items():
        schema = sheet.schemas.get(folded)
        if schema is None:
            values[f"extensions.{extension.name}"] = extension.value
        elif not schema.is_multi_valued:
            for name, text in records_of(schema, extension.value, zone)[0].items():
                values[f"extensions.{schema.name}.{name}"] = text
    return values


def many_values(sheet: Sheet, zone: str) -> dict[str, list[Record]]:
    """The records of extensions that may have several, by the schema's name."""
    found = {}
    for folded, schema in sheet.schemas.items():
        extension = sheet.task.extensions.get(folded)
        if schema.is_multi_valued and extension is not None:
            found[schema.name] = records_of(schema, extension.value, zone)
    return found


def records_of(schema: ExtensionSchema, text: str, zone: str) -> list[Record]:
    """The records of a value as texts; members that no schema declares are left out."""
    value = json_numbers.decode(text)
    records = value if isinstance(value, list) else [value]
    return [_record(schema, record if isinstance(record, dict) else {}, zone) for record in records]


def _record(schema: ExtensionSchema, record: dict[str, Any], zone: str) -> Record:
    known = {fold(name): value for name, value in record.items()}
    return {each.name: _shown(each, known.get(fold(each.name)), zone) for each in schema.attributes}


def _shown(attribute: Attribute, value: Any, zone: str) -> str | None:
    if value is None:
        return None
    if attribute.type == "datetime" and isinstance(value, str):
        return local_text(read_iso(value), zone)
    return value if isinstance(value, str) else json_numbers.encode(value).decode()


def local_text(at: datetime, zone: str) -> str:
    """A moment as a field for date and time has it, with its zone behind a blank."""
    local = at.astimezone(zone_of(zone))
    return f"{local:%Y-%m-%dT%H:%M:%S}".removesuffix(":00") + f" {zone}"


def instant(text: str) -> str:
    """What an attribute stores of a date and time with its zone. ValueError for what is none."""
    local, _, zone = text.partition(" ")
    at = read_iso(local).replace(tzinfo=zone_of(zone)).astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _due(sheet: Sheet, zone: str) -> str | None:
    task = sheet.task
    if task.due_local is not None:
        short = task.due_local[:-3] if task.due_local.endswith(":00") else task.due_local
        return f"{short} {task.due_zone or zone}"
    return None if task.due_at is None else local_text(to_datetime(task.due_at), task.due_zone or zone)


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def groups(sheet: Sheet, values: Values, many: dict[str, list[tuple[int | None, Record]]]) -> Iterator[Group]:
    """The extensions that the form has, with these values."""
    for schema in sheet.schemas.values():
        prefix = f"extensions.{schema.name}"
        if schema.is_multi_valued and schema.name in many:
            records = many[schema.name]
            fields = [_fields(schema, f"{prefix}.{place}", record) for place, (_, record) in enumerate(records)]
            yield Group(schema.name, True, fields, [origin for origin, _ in records])
        elif not schema.is_multi_valued and any(f"{prefix}.{each.name}" in values for each in schema.attributes):
            record = {each.name: values.get(f"{prefix}.{each.name}") for each in schema.attributes}
            yield Group(schema.name, False, [_fields(schema, prefix, record)], [None])
    declared = declared_names(sheet)
    for name, value in values.items():
        if name.startswith(EXTENSION) and name not in declared:
            bare = name.removeprefix(EXTENSION)
            yield Group(bare, False, [], [], Field(name, bare, "json", value))


def declared_names(sheet: Sheet) -> dict[str, tuple[ExtensionSchema, Attribute]]:
    """The names of fields that stand for an attribute of an extension with one record."""
    return {
        f"{EXTENSION}{schema.name}.{each.name}": (schema, each)
        for schema in sheet.schemas.values()
        if not schema.is_multi_valued
        for each in schema.attributes
    }


def _fields(schema: ExtensionSchema, prefix: str, record: Record) -> list[Field]:
    fields = []
    for each in schema.attributes:
        kind = KINDS[each.type]
        most = each.length or 0 if each.type == "string" else 0
        value = record.get(each.name)
        if kind == "line" and (most > LONG_TEXT or (value is not None and ("\n" in value or len(value) > LONG_TEXT))):
            kind = "area"
        fields.append(Field(f"{prefix}.{each.name}", each.name, kind, value, most, each.type == "string"))
    return fields


def encoded(records: list[Record]) -> str:
    """Records as one text, for a hidden field."""
    return msgspec.json.encode(records).decode()
