"""Typed fields out of decoded values. Every fault of a body is collected, so that a client mends them all at once.

A reader given a wrong value notes a problem and returns a stand-in of the right type, which is never used, because
`Problems.raise_if_any` follows before the command is made.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeVar

from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid, Problem

T = TypeVar("T")

INTEGER_MIN = -(2**63)
INTEGER_MAX = 2**63 - 1
TEXT_MAX = 65_536
MAX_PROBLEMS = 100
SHOWN_KEY = 64
MAX_NAME_CHARACTERS = 4 * 2**20

_INDEX = re.compile(r"(.*)\[([0-9]{0,9})\]", re.DOTALL)


class Problems:
    """The faults found so far, in order. A hundred are kept: a body of bad entries must not echo as megabytes."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, path: str, code: str, message: str) -> None:
        """Note one fault; `message` states what the field must be ("must be text")."""
        if not self.is_full:
            self._found.append(Problem(path, code, message))

    @property
    def is_full(self) -> bool:
        """Whether no further one is kept."""
        return len(self._found) >= MAX_PROBLEMS

    @property
    def found(self) -> tuple[Problem, ...]:
        return tuple(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_if_any(self, code: str = "invalid_body", message: str | None = None) -> None:
        """Invalid with all that was found; without `message` the first fault speaks for them."""
        if not self._found:
            return
        first = self._found[0]
        raise Invalid(code, message or f"{first.path[1:] or 'body'} {first.message}", self.found)


def pointer(path: str, name: str | int) -> str:
    """The JSON pointer of a member or an item below `path`; a very long name is shown cut."""
    text = str(name)
    if len(text) > SHOWN_KEY:
        text = text[: SHOWN_KEY - 1] + "…"
    return f"{path}/{text.replace('~', '~0').replace('/', '~1')}"


def text(value: Any, path: str, problems: Problems, *, max_length: int = TEXT_MAX, min_length: int = 0) -> str:
    """Text of so many characters."""
    if type(value) is not str:
        problems.add(path, "type", "must be text")
        return ""
    if len(value) > max_length:
        problems.add(path, "too_long", f"must be at most {max_length} characters")
    elif len(value) < min_length:
        problems.add(path, "too_short", f"must be at least {min_length} characters")
    return value


def integer(
    value: Any, path: str, problems: Problems, *, minimum: int = INTEGER_MIN, maximum: int = INTEGER_MAX
) -> int:
    """A whole number written as one: neither `1.0` nor `"1"` nor `true`."""
    if type(value) is not int:
        problems.add(path, "type", "must be an integer")
        return 0
    if not minimum <= value <= maximum:
        problems.add(path, "range", f"must be from {minimum} to {maximum}")
    return value


def boolean(value: Any, path: str, problems: Problems) -> bool:
    """`true` or `false`."""
    if type(value) is not bool:
        problems.add(path, "type", "must be true or false")
        return False
    return value


def choice(value: Any, path: str, problems: Problems, choices: Collection[str]) -> str:
    """One of some words, spelt exactly."""
    if type(value) is not str or value not in choices:
        problems.add(path, "choice", f"must be one of {', '.join(choices)}")
        return ""
    return value


def mapping(value: Any, path: str, problems: Problems) -> dict[str, Any]:
    """An object."""
    if type(value) is not dict:
        problems.add(path, "type", "must be an object")
        return {}
    return value


def sequence(value: Any, path: str, problems: Problems, *, max_items: int | None = None) -> list[Any]:
    """An array of at most so many items."""
    if type(value) is not list:
        problems.add(path, "type", "must be an array")
        return []
    if max_items is not None and len(value) > max_items:
        problems.add(path, "too_many", f"must be at most {max_items} items")
    return value


def moment(value: Any, path: str, problems: Problems, read: Callable[[str], Moment]) -> Moment:
    """A moment in the dialect's own form: `read` is its parser and raises ValueError."""
    if type(value) is str:
        try:
            return read(value)
        except ValueError as error:
            problems.add(path, "moment", f"must be a moment: {error}")
            return Moment(0)
    problems.add(path, "type", "must be a moment written as text")
    return Moment(0)


def refuse_unknown(members: Iterable[str], known: Collection[str], path: str, problems: Problems) -> None:
    """Note each member that isn't known."""
    for name in members:
        if name not in known:
            problems.add(pointer(path, name), "unknown", "is not a field here")


def fold_arrays(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    """Form fields by name, arrays folded: `a[]=1&a[]=2`, `a[0]=1&a[1]=2` and `a=1&a=2` are all a: 1, 2.

    Numbered values go by their number, before those without one. Names nested deeper (`a[b]`, `a[0][b]`) stay as
    they are: their meaning is the dialect's.
    """
    plain: dict[str, list[T]] = {}
    numbered: dict[str, list[tuple[int, T]]] = {}
    for name, value in pairs:
        found = _INDEX.fullmatch(name) if name.endswith("]") else None
        if found is None or not found[1]:
            plain.setdefault(name, []).append(value)
            continue
        values = plain.setdefault(found[1], [])
        if found[2]:
            numbered.setdefault(found[1], []).append((int(found[2]), value))
        else:
            values.append(value)
    for name, entries in numbered.items():
        entries.sort(key=lambda entry: entry[0])
        plain[name][:0] = [value for _, value in entries]
    return plain


def flatten(members: dict[str, Any]) -> list[tuple[str, str]]:
    """An object as form fields: `{"a": {"b": 1}, "c": [2, 3]}` is a[b]=1, c=2, c=3 (ONLYOFFICE CRM 3).

    A scalar is its text, null the empty text, an empty array or object nothing. Objects and arrays in an array are
    numbered, `a[0][b]`. Invalid when the names alone would fill memory: they grow with each level.
    """
    found: list[tuple[str, str]] = []
    room = MAX_NAME_CHARACTERS
    branches: list[tuple[str, Any]] = list(reversed(members.items()))
    while branches:
        name, value = branches.pop()
        if not isinstance(value, dict | list):
            found.append((name, _as_text(value)))
            continue
        room -= len(name) * len(value)
        if room < 0:
            raise Invalid("invalid_body", "body is nested too widely", (Problem("", "too_many", "has too many names"),))
        if isinstance(value, dict):
            branches.extend((f"{name}[{member}]", inner) for member, inner in reversed(value.items()))
        else:
            branches.extend(reversed([(_item_name(name, at, item), item) for at, item in enumerate(value)]))
    return found


def _item_name(name: str, at: int, item: Any) -> str:
    return f"{name}[{at}]" if isinstance(item, dict | list) else name


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
