"""JSON Schema of the declared bodies: for the OpenAPI, and for saying what is wrong with a body."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from dragoman.dialects.native.wire import scalars as common
from dragoman.domain.zones import names

WHERE = "#/components/schemas/"
SHARED: dict[str, Any] = {
    "Time": common.Time,
    "LocalTime": common.LocalTime,
    "Uid": common.Uid,
    "Zone": common.Zone,
    "HomeZone": common.HomeZone,
}
"""Small types that are spelt out once, and pointed to from wherever they stand."""


@cache
def zones() -> frozenset[str]:
    """Names of all time zones, without those that mean whatever machine this is."""
    return names()


def components(types: Iterable[Any]) -> dict[str, Any]:
    """The schemas of these types and of all that they mention, by name."""
    _, found = msgspec.json.schema_components(list(types), ref_template=WHERE + "{name}")
    spelt = {name: _spelt_out(type_) for name, type_ in SHARED.items()}
    named = {_mark(schema): name for name, schema in spelt.items()}
    schemas = {name: _pointing(schema, named) for name, schema in found.items()}
    for name in ("Zone", "HomeZone"):
        spelt[name]["enum"] = sorted(zones())
    return schemas | spelt | {"AnyJson": common.ANY_JSON}


def schema_of(type_: Any) -> dict[str, Any]:
    """One type's schema, pointing to components for whatever has a name."""
    (schema,), _ = msgspec.json.schema_components([type_], ref_template=WHERE + "{name}")
    named = {_mark(_spelt_out(shared)): name for name, shared in SHARED.items()}
    pointing: dict[str, Any] = _pointing(schema, named)
    return pointing


def _spelt_out(type_: Any) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components([type_], ref_template=WHERE + "{name}")
    return dict(schema)


def _mark(schema: dict[str, Any]) -> tuple[object, ...]:
    return tuple(schema.get(word) for word in ("type", "format", "pattern", "maxLength"))


def _pointing(schema: Any, named: dict[tuple[object, ...], str]) -> Any:
    """The schema with shared types replaced by pointers to them."""
    if isinstance(schema, list):
        return [_pointing(item, named) for item in schema]
    if not isinstance(schema, dict):
        return schema
    name = named.get(_mark(schema)) if isinstance(schema.get("type"), str) else None
    if name is not None:
        kept = {word: schema[word] for word in ("description", "default") if word in schema}
        return {"$ref": WHERE + name, **kept}
    return {word: _pointing(inner, named) for word, inner in schema.items()}
