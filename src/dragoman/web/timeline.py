"""Changes of history as people read them: field by field, the old value and the new one."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from dragoman.domain import json_numbers
from dragoman.domain.clock import Moment
from dragoman.web.drawing import STATE_WORDS
from dragoman.web.moments import Moments
from dragoman.web.views.tasks.labels import FOLLOWS, TASK_LABELS
from dragoman.web.words import N_

LONGEST = 400
"""Characters of a value that a list shows."""
MOMENTS = "_at"
LABELS = TASK_LABELS | {"contact_key": N_("Address"), "started_at": N_("Began")}
"""What fields of tasks, cases and stages are called."""


class Change(NamedTuple):
    """One field, and what it is called; `old` and `new` are None where there was nothing."""

    field: str
    label: str
    old: str | None
    new: str | None


class Sayings(NamedTuple):
    """How values read: moments in the reader's zone, users and categories by name, words in the reader's language."""

    moments: Moments
    names: Mapping[str, str]
    categories: Mapping[int, str]
    say: Callable[[str], str]


def changes(text: str, says: Sayings) -> list[Change]:
    """The changes of a row, in its order, as the reader reads them."""
    raw = msgspec.json.decode(text, type=dict[str, tuple[msgspec.Raw, msgspec.Raw]])
    found = [
        Change(field, _label(field, says.say), *(_text(field, bytes(value), says) for value in values))
        for field, values in raw.items()
        if field not in FOLLOWS
    ]
    return [change for change in found if change.old is not None or change.new is not None]


def _label(field: str, say: Callable[[str], str]) -> str:
    """What a field is called: a property or a member of an extension as it is named there."""
    return say(LABELS[field]) if field in LABELS else field.removeprefix("properties.")


def _text(field: str, value: bytes, says: Sayings) -> str | None:
    plain = json_numbers.decode(value)
    if plain is None:
        return None
    text = _named(field, plain, says) if "." not in field else None
    text = text or (says.names.get(plain, plain) if isinstance(plain, str) else value.decode())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _named(field: str, value: Any, says: Sayings) -> str | None:
    """A value that people call otherwise than programs do."""
    if isinstance(value, bool):
        return says.say(N_("yes")) if value else says.say(N_("no"))
    if isinstance(value, int) and field.endswith(MOMENTS):
        return says.moments.of(Moment(value)).short
    if field == "category":
        return says.categories.get(value)
    return says.say(STATE_WORDS[value]) if field == "state" and value in STATE_WORDS else None
