"""Names that other systems have for our users: which text can be one, how it is spelt, and how it is compared."""

import re
from enum import StrEnum
from typing import Any

import msgspec

from dragoman.domain.limits import LARGEST_NUMBER, uuid_of
from dragoman.domain.text import composed, folded

LONGEST_NAME = 255
MOST_ALIASES = 100
"""Aliases of a user, in all dialects together."""

_INTEGER = re.compile(r"-?[0-9]{1,64}", re.ASCII)
_GUID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
NOBODY = "00000000-0000-0000-0000-000000000000"


class NameForm(StrEnum):
    """What the clients of a dialect send as a person."""

    INTEGER = "integer"  # of 64 bits
    GUID = "guid"  # in either case, with or without dashes and braces
    WORD = "word"  # any text, without regard to case
    TEXT = "text"


class PersonNames(msgspec.Struct, frozen=True):
    """How a dialect's clients name people.

    `kept_at` is the path, in the dialect's facts of a task, at which a name that matches no user is kept; it is empty
    for a dialect that refuses such names. `nobody` are names that mean no user.
    """

    form: NameForm
    kept_at: tuple[str, ...] = ()
    nobody: frozenset[str] = frozenset()


class Name(msgspec.Struct, frozen=True):
    """A name as it is shown, and as it is compared."""

    shown: str
    key: str


def read(names: PersonNames, text: str) -> Name:
    """The name in its stored form. ValueError, with what would be one, for text that is none."""
    match names.form:
        case NameForm.INTEGER:
            shown = _integer(text)
        case NameForm.GUID:
            shown = _guid(text)
        case _:
            shown = _text(text)
    if shown in names.nobody:
        raise ValueError("this one stands for no user")
    return Name(shown, folded(shown) if names.form is NameForm.WORD else shown)


def _integer(text: str) -> str:
    if not _INTEGER.fullmatch(text) or not -LARGEST_NUMBER - 1 <= int(text) <= LARGEST_NUMBER:
        raise ValueError("it is an integer of 64 bits")
    return str(int(text))


def _guid(text: str) -> str:
    low = text.lower()
    found = _GUID.fullmatch(low[1:-1] if low.startswith("{") and low.endswith("}") else low)
    digits = "" if found is None else found[0].replace("-", "")
    guid = uuid_of("-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])))
    if guid is None or guid == NOBODY:
        raise ValueError("it is a GUID")
    return guid


def _text(text: str) -> str:
    shown = composed(text)
    if not 1 <= len(shown) <= LONGEST_NAME or not shown.isprintable() or shown != shown.strip():
        raise ValueError(f"it has 1 to {LONGEST_NAME} printable characters and no blank at either end")
    return shown


def kept_name(facts: dict[str, Any], path: tuple[str, ...]) -> str | None:
    """The name that a dialect's facts of a task keep at this path, or None."""
    value: Any = facts
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return None if value is None else str(value)


def without_name(facts: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """The facts without what is kept at this path."""
    step, *further = path
    if step not in facts:
        return facts
    if further:
        return {**facts, step: without_name(facts[step], tuple(further))}
    return {name: value for name, value in facts.items() if name != step}
