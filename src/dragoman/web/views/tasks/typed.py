"""What a form of a task holds: the values that it began with, and those that were typed."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from dragoman.domain.errors import Problem
from dragoman.domain.extension import ExtensionSchema
from dragoman.domain.merging import Placed
from dragoman.usecases.tasks.editing import Sheet
from dragoman.web.forms import Form
from dragoman.web.views.tasks.form_fields import EXTENSION, PROPERTY, Record, Values, declared_names

PLAIN = ("title", "description", "priority", "category", "assignee", "case", "contact", "parent")
DUE, ZONE = "due_local", "due_zone"
WAS, UNSET, MANY = "was.", "unset.", "record."

_records = msgspec.json.Decoder(list[dict[str, str | None]]).decode


class Typed(NamedTuple):
    """A form. `many` are the records of extensions that may have several, each with its place at the beginning."""

    begun: Values
    mine: Values
    begun_many: dict[str, list[Record]]
    many: dict[str, list[Placed[Record]]]


def read(form: Form, sheet: Sheet) -> Typed:
    """The values of a form; only of the fields that it has."""
    mine = dict(_plain(form)) | dict(_extensions(form, sheet))
    begun = {name: _text(form.text(WAS + name)) if WAS + name in form else None for name in mine}
    many = {schema.name: _many(form, schema) for schema in sheet.schemas.values() if f"many.{schema.name}" in form}
    begun_many = {name: _begun_many(form, name) for name in many}
    return Typed(begun, mine, begun_many, many)


def _plain(form: Form) -> Iterator[tuple[str, str | None]]:
    for name in PLAIN:
        if name in form:
            text = _text(form.text(name))
            yield name, (text if name in ("title", "description") else text.strip()) or None
    if DUE in form:
        local = form.text(DUE).strip()
        yield (
            DUE,
            f"{local.removesuffix(':00') if local.count(':') == 2 else local} {form.text(ZONE).strip()}"
            if (local)
            else None,
        )
    for name, value in form.pairs:
        if name.startswith(PROPERTY):
            yield name, None if UNSET + name in form and not value else _text(value)
    if key := form.text("new_property.name").strip():
        yield PROPERTY + key, _text(form.text("new_property.value"))


def _extensions(form: Form, sheet: Sheet) -> Iterator[tuple[str, str | None]]:
    declared = declared_names(sheet)
    for name, value in form.pairs:
        if not name.startswith(EXTENSION):
            continue
        if name in declared:
            yield name, _attribute(form, name, value, declared[name][1].type)
        elif f"json.{name}" in form:
            yield name, _text(value).strip() or None


def _attribute(form: Form, name: str, value: str, type_: str) -> str | None:
    if type_ == "string":
        return None if UNSET + name in form and not value else _text(value)
    value = value.strip()
    if type_ == "datetime" and value:
        short = value.removesuffix(":00") if value.count(":") == 2 else value
        return f"{short} {form.text(f'{name}.zone').strip()}"
    return value or None


def _many(form: Form, schema: ExtensionSchema) -> list[Placed[Record]]:
    placed = []
    for text in form.all(MANY + schema.name):
        place, _, origin = text.partition(":")
        prefix = f"{EXTENSION}{schema.name}.{place}."
        record = {
            each.name: _attribute(form, prefix + each.name, form.text(prefix + each.name), each.type)
            for each in schema.attributes
        }
        placed.append(Placed(int(origin) if origin.isascii() and origin.isdigit() else None, record))
    return placed


def _begun_many(form: Form, name: str) -> list[Record]:
    try:
        return _records(form.text(f"{WAS}{EXTENSION}{name}") or "[]")
    except msgspec.DecodeError:
        return []


def _text(value: str) -> str:
    return value.replace("\r\n", "\n")


def number(text: str | None, name: str, found: list[Problem]) -> int | None:
    """The whole number of a text; a problem for what is none."""
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 19:
        return int(text)
    found.append(Problem(f"/{name}", "type", "must be a whole number"))
    return None
