"""Images of objects in preview rows: JSON texts of the stored entity. Behind a change only the fields that differ are
stored; of a new object all are."""

from collections.abc import Iterable
from typing import Any

import msgspec

from dragoman.domain import json_numbers
from dragoman.domain.bulk import Effect, Preview
from dragoman.domain.case import Case
from dragoman.domain.contact import Contact
from dragoman.domain.resource import Resource
from dragoman.domain.task import Task

ENTITIES: dict[str, type[Any]] = {"task": Task, "contact": Contact, "case": Case, "resource": Resource}

_fields_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decoders = {name: json_numbers.decoder(type_) for name, type_ in ENTITIES.items()}


def whole(entity: Any) -> str:
    """The image of an entity."""
    return json_numbers.encode(entity).decode()


def of_fields(entity: Any, names: Iterable[str]) -> str:
    """The image of these fields alone."""
    return json_numbers.encode({name: getattr(entity, name) for name in names}).decode()


def before(entity: str, row: Preview) -> Any:
    """The object before the entry, or None."""
    return None if row.before is None else _decoders[entity](row.before)


def after(entity: str, row: Preview) -> Any:
    """The object after the entry, or None where there is none."""
    if row.after is None:
        return before(entity, row) if row.effect is Effect.NO_OP else None
    if row.before is None:
        return _decoders[entity](row.after)
    return _decoders[entity](msgspec.json.encode(_fields_of(row.before) | _fields_of(row.after)))
