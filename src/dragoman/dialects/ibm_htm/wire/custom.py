"""Custom properties: texts by name. Facts of other sorts that a task has from other dialects are shown as JSON text,
and what is too long for this vendor is cut in the view, not in the store (page, 17)."""

import msgspec

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.kit import json
from dragoman.domain.errors import Invalid
from dragoman.domain.task import Task

LONGEST_NAME = 220
LONGEST_VALUE = 254
"""In bytes of UTF-8 (page, 6)."""

_DECODE = msgspec.json.Decoder().decode


def shown(task: Task) -> dict[str, str]:
    """All that there are. A property wins over an extension of the same name."""
    if not task.extensions and all(len(value) <= LONGEST_VALUE // 4 for value in task.properties.values()):
        return task.properties
    found = {extension.name: cut(_text(extension.value)) for extension in task.extensions.values()}
    found.update((name, cut(value)) for name, value in task.properties.items())
    return found


def of_extensions(task: Task) -> list[str]:
    """The names of those that show an extension."""
    return [extension.name for extension in task.extensions.values() if extension.name not in task.properties]


def value_of(text: str, former: str) -> str:
    """The JSON text that a property's text means for an extension: a string stays one, all else is JSON if it can be
    read as such."""
    plain = json.encode(text).decode()
    if former.startswith('"'):
        return plain
    try:
        return json.parse_raw(text.encode())[1]
    except Invalid:
        return plain


def cut(text: str) -> str:
    """So much of a text as this vendor takes, in whole characters."""
    if len(text) <= LONGEST_VALUE // 4:
        return text
    raw = text.encode()
    return text if len(raw) <= LONGEST_VALUE else raw[:LONGEST_VALUE].decode(errors="ignore")


def _text(value: str) -> str:
    """A JSON text; a string is used as it is."""
    decoded = _DECODE(value.encode()) if value.startswith('"') else value
    return str(decoded)


def check(_: str, values: dict[str, str]) -> None:
    """Invalid for a name or a value that is too long."""
    for name, value in values.items():
        if is_too_long(name, value):
            raise refusals.too_long(name, LONGEST_VALUE if len(name.encode()) <= LONGEST_NAME else LONGEST_NAME)


def is_too_long(name: str, value: str) -> bool:
    """Whether a name or a value is more than this vendor takes."""
    if len(name) * 4 <= LONGEST_NAME and len(value) * 4 <= LONGEST_VALUE:
        return False
    return len(name.encode()) > LONGEST_NAME or len(value.encode()) > LONGEST_VALUE
