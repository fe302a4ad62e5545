"""JSON Schema of observed values: it admits every sample, and leaves open what samples can't show."""

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl

FORM = "application/x-www-form-urlencoded"
MOST_EXAMPLES = 3
LONGEST_NAME = 64  # longer names are tests of limits
TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)


def schema_of_values(texts: Iterable[str]) -> dict[str, Any]:
    """A parameter: text, with these examples."""
    return {"type": "string", "examples": list(dict.fromkeys(texts))[:MOST_EXAMPLES]}


def schema_of_bodies(media_type: str, texts: Sequence[str]) -> dict[str, Any]:
    """A body of this media type with these examples: the value under `content`."""
    values = [value for value in (_value(media_type, text) for text in texts) if value is not None]
    if not values:
        return {"schema": {"type": "string"}, "examples": _numbered(texts)}
    return {"schema": schema_of(values), "examples": _numbered(values)}


def schema_of(values: Sequence[Any]) -> dict[str, Any]:
    """The observed types, with their observed members and items."""
    types = list(dict.fromkeys(_type(value) for value in values))
    described: dict[str, Any] = {"type": types[0] if len(types) == 1 else types}
    objects = [value for value in values if isinstance(value, dict)]
    if objects:
        names = [name for name in dict.fromkeys(chain(*objects)) if len(name) <= LONGEST_NAME]
        described["properties"] = {
            name: schema_of([value[name] for value in objects if name in value]) for name in names
        }
    items = [item for value in values if isinstance(value, list) for item in value]
    if items:
        described["items"] = schema_of(items)
    return described


def _value(media_type: str, text: str) -> Any:
    """A body as data; None for other formats, such as XML."""
    if media_type == FORM:
        return dict(parse_qsl(text, keep_blank_values=True))
    if media_type == "application/json" or media_type.endswith("+json"):
        try:
            return json.loads(text)
        except ValueError:
            return None
    return None


def _type(value: Any) -> str:
    return next((name for kind, name in TYPES if isinstance(value, kind)), "null")


def _numbered(values: Sequence[Any]) -> dict[str, Any]:
    return {f"seen{number}": {"value": value} for number, value in enumerate(values[:MOST_EXAMPLES], 1)}
