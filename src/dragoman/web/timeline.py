"""Changes of history as people read them: field by field, the old value and the new one."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from dragoman.domain import json_numbers
from dragoman.domain.clock import Moment
from dragoman.domain.history_values import changes_of
from dragoman.web.moments import Moments

LONGEST = 400
"""Characters of a value that a list shows."""
MOMENTS = "_at"


class Change(NamedTuple):
    """One field; `old` and `new` are None where there was nothing."""

    field: str
    old: str | None
    new: str | None


def changes(text: str, moments: Moments, names: Mapping[str, str]) -> list[Change]:
    """The changes of a row, in its order. Users are named, moments are in the reader's zone."""
    raw = msgspec.json.decode(text, type=dict[str, tuple[msgspec.Raw, msgspec.Raw]])
    shown = changes_of(text)
    found = []
    for field, (old, new) in raw.items():
        is_moment = field.endswith(MOMENTS) and "." not in field
        values = (old, new) if is_moment else shown[field]
        found.append(Change(field, *(_text(bytes(value), moments, names, is_moment=is_moment) for value in values)))
    return found


def _text(value: bytes, moments: Moments, names: Mapping[str, str], *, is_moment: bool) -> str | None:
    if value == b"null":
        return None
    if is_moment and value.lstrip(b"-").isdigit():
        return moments.of(Moment(int(value))).short
    plain = json_numbers.decode(value)
    text = names.get(plain, plain) if isinstance(plain, str) else value.decode()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
