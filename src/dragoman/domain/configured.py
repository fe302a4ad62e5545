"""Tables of the configuration file as Structs, and the secrets that they name."""

import re
from dataclasses import dataclass
from typing import TypeVar

import msgspec

P = TypeVar("P", bound=msgspec.Struct)

TYPE = re.compile(r"`(([a-z]++)[^`]*)`")
TYPES = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "object": "a table",
    "str": "text",
}
REPHRASED = {
    "Object contains unknown field ": "has no member ",
    "Object missing required field ": "needs the member ",
    "Expected ": "must be ",
    "Invalid enum value ": "can't be ",
    ", got ": ", not ",
}


class Misconfigured(Exception):
    """A wrong member of a table, `path` below the table, and what is wrong about it."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}" if path else why)
        self.path = path
        self.why = why


@dataclass(frozen=True, repr=False)
class Secret:
    """A text that is in no reply, log or page."""

    value: str

    def __repr__(self) -> str:
        return "***"


def part(value: object, kind: type[P], path: str) -> P:
    """The value as a Struct. Raises Misconfigured, with `path` before the member's own."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        why, _, place = str(error).partition(" - at `$")
        place = ".".join(part for part in (path, place.rstrip("`").strip(".")) if part)
        raise Misconfigured(place, _in_words(why)) from None


def _in_words(why: str) -> str:
    """The library's message in the words of other settings: "Expected `int`, got `str`"."""
    for given, ours in REPHRASED.items():
        why = why.replace(given, ours)
    return TYPE.sub(lambda found: TYPES.get(found[2], found[1]), why)
