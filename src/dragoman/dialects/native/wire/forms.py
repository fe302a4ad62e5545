"""The formats of texts, which a type can't express. Looked at after decoding, one way for bodies and queries.

msgspec would search a pattern where JSON Schema and we mean the whole text (Python lets `$` pass before a last line
feed), and knows nothing of the calendar or of time zones.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from dragoman.dialects.kit import times
from dragoman.dialects.native.wire import json_schema as schema
from dragoman.dialects.native.wire import scalars as common

Check = Callable[[str], bool]


def is_moment(text: str) -> bool:
    """Whether the text is a moment within the years 1 to 9999."""
    try:
        times.parse_iso(text)
    except ValueError:
        return False
    return True


def is_zone(text: str) -> bool:
    """Whether there is a time zone of this name."""
    return text in schema.zones()


FORMATS: dict[str, Check] = {"date-time": is_moment, "time-zone": is_zone, "iana-time-zone": is_zone}


def check_body(body: msgspec.Struct) -> None:
    """ValueError when a text of the body, or of an object in it, hasn't the form that its type asks for."""
    for name, checks in _of_fields(type(body)):
        value = getattr(body, name)
        if type(value) is str:
            check(value, checks)
        elif type(value) is list:
            check(value, checks)
            _check_bodies(value)
        elif isinstance(value, msgspec.Struct):
            check_body(value)


def _check_bodies(values: list[Any]) -> None:
    for value in values:
        if isinstance(value, msgspec.Struct):
            check_body(value)


def check(value: Any, checks: tuple[Check, ...]) -> None:
    """ValueError when the text, or one of a list of them, fails a check. Other values are skipped."""
    for text in value if type(value) is list else (value,):
        if type(text) is str and not all(holds(text) for holds in checks):
            raise ValueError("a text hasn't its form")


@cache
def _of_fields(type_: type[msgspec.Struct]) -> tuple[tuple[str, tuple[Check, ...]], ...]:
    """The fields that are looked at: texts with a form, and objects that have such texts."""
    hints = get_type_hints(type_, include_extras=True)
    found = ((name, of_type(hints[name])) for name in type_.__struct_fields__)
    return tuple((name, checks) for name, checks in found if checks or _has_bodies(hints[name]))


def _has_bodies(hint: Any) -> bool:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return bool(_of_fields(hint))
    return any(_has_bodies(part) for part in get_args(hint) if not isinstance(part, msgspec.Meta))


@cache
def of_type(hint: Any) -> tuple[Check, ...]:
    """What a text must pass to be of this type."""
    return tuple(_checks(hint))


def _whole(pattern: str) -> Check:
    match = re.compile(pattern.removeprefix("^").removesuffix("$")).fullmatch
    return lambda text: match(text) is not None


def _checks(hint: Any) -> Iterator[Check]:
    if get_origin(hint) is Annotated:
        for meta in hint.__metadata__:
            asked = meta.extra_json_schema or {} if isinstance(meta, msgspec.Meta) else {}
            if asked.get("format") in FORMATS:
                yield FORMATS[asked["format"]]
            elif "pattern" in asked and asked["pattern"] != common.WITHOUT_NUL["pattern"]:
                yield _whole(asked["pattern"])
    for part in get_args(hint):
        if not isinstance(part, msgspec.Meta):
            yield from _checks(part)
