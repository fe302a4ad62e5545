"""Where two JSON values differ: JSON Pointers (RFC 6901) of their members."""

from collections.abc import Iterator
from typing import Any, Final

from dragoman.domain.json_numbers import are_same

ABSENT: Final = object()
"""The value of a member that isn't there."""

Difference = tuple[str, Any, Any]
"""The pointer of a member, its value before, and its value after."""


def differing(before: Any, after: Any) -> list[str]:
    """The members that differ, sorted; each pointer is as deep as both sides are objects."""
    return sorted(pointer for pointer, _, _ in differences(before, after))


def differences(before: Any, after: Any, above: str = "") -> Iterator[Difference]:
    """The same with both values of each, in no order. `above` is the pointer of the values themselves."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        if (before is ABSENT) is not (after is ABSENT) or not are_same(before, after):
            yield above, before, after
        return
    for name in before.keys() | after.keys():
        yield from differences(before.get(name, ABSENT), after.get(name, ABSENT), f"{above}/{escaped(name)}")


def escaped(name: str) -> str:
    """A member's name as a part of a pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def are_related(one: str, other: str) -> bool:
    """Whether one pointer is the other, or of a member of it."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
