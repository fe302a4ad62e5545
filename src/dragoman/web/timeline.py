"""Changes of history as people read them: field by field, the old value and the new one."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from dragoman.domain import json_numbers
from dragoman.domain.clock import Moment
from dragoman.domain.history_values import changes_of
from dragoman.web.drawing import STATE_WORDS
from dragoman.web.moments import Moments
from dragoman.web.views.tasks.labels import FOLLOWS, TASK_LABELS

LONGEST = 400
"""Characters of a value that a list shows."""
MOMENTS = "_at"


class Change(NamedTuple):
    """One field, and what it is called; `old` and `new` are None where there was nothing."""

    field: str
    label: str
    old: str | None
    new: str | None


def changes(text: str, moments: Moments, names: Mapping[str, str], say: Callable[[str], str]) -> list[Change]:
    """The changes of a row, in its order. Users are named, moments are in the reader's zone, and fields and states are
    called as `say` has them in the reader's language."""
    raw = msgspec.json.decode(text, type=dict[str, tuple[msgspec.Raw, msgspec.Raw]])
    shown = changes_of(text)
    found = []
    for field, (old, new) in raw.items():
        if field in FOLLOWS:
            continue
        is_moment = field.endswith(MOMENTS) and "." not in field
        values = (old, new) if is_moment else shown[field]
        texts = (_text(bytes(value), moments, names, is_moment=is_moment) for value in values)
        if field == "state":
            texts = (text and say(STATE_WORDS.get(text, text)) for text in texts)
        found.append(Change(field, _label(field, say), *texts))
    return [change for change in found if change.old is not None or change.new is not None]


def _label(field: str, say: Callable[[str], str]) -> str:
    """What a field is called: a property or a member of an extension as it is named there."""
    return say(TASK_LABELS[field]) if field in TASK_LABELS else field.removeprefix("properties.")


def _text(value: bytes, moments: Moments, names: Mapping[str, str], *, is_moment: bool) -> str | None:
    if value == b"null":
        return None
    if is_moment and value.lstrip(b"-").isdigit():
        return moments.of(Moment(int(value))).short
    plain = json_numbers.decode(value)
    text = names.get(plain, plain) if isinstance(plain, str) else value.decode()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
