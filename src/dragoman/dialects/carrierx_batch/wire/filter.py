"""The filter language (carrierx-batch.md 10): `attribute operator value`, joined by `and`.

A filter is read into comparisons, which are put to the value that an attribute has: its type decides how a value is
compared. What doesn't fit doesn't match; `ne` is exactly what `eq` isn't.
"""

import re
from collections.abc import Collection
from datetime import UTC
from typing import Any, NoReturn

import msgspec

from dragoman.dialects.kit.times import parse_iso
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid
from dragoman.domain.search import MOST_TERMS, MOST_VALUES

OPERATORS = ("eq", "ne", "gt", "ge", "lt", "le", "like", "ilike", "in")
WORDS: dict[str, bool | None] = {"null": None, "true": True, "false": False}
BLANK = re.compile(r"[ \t\r\n]*")
ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_-]+)*")
OPERATOR = re.compile(r"[^\s(]+")
WORD = re.compile(r"\S+")
BARE = re.compile(r"[^\s'\"]\S*")
BARE_IN_LIST = re.compile(r"[^\s'\",()][^\s,()]*")
NUMBER = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?")
WITHOUT_SECONDS = re.compile(r"(T[0-9]{2}:[0-9]{2})(?=Z|[+-]|$)")
FINER = re.compile(r"(?<=\.[0-9]{7})[0-9]+")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Literal(msgspec.Struct, frozen=True):
    """A value as it was written. `null`, `true` and `false` mean themselves unless they are quoted."""

    text: str
    is_quoted: bool = False

    @property
    def is_word(self) -> bool:
        """Whether it is null, true or false."""
        return not self.is_quoted and self.text in WORDS

    @property
    def number(self) -> int | float | None:
        """The number that it spells, if it spells one."""
        if not NUMBER.fullmatch(self.text):
            return None
        return float(self.text) if "." in self.text else int(self.text)

    @property
    def moment(self) -> Moment | None:
        """The moment that it spells, a date alone being its midnight in UTC; None if it spells none."""
        return moment_of(self.text)


class Comparison(msgspec.Struct, frozen=True):
    """One attribute (its name, and the names of what is inside it) put to one value, or for `in` to several."""

    path: tuple[str, ...]
    operator: str
    values: tuple[Literal, ...]

    def holds(self, actual: Any) -> bool:
        """Whether it holds of what the attribute is."""
        if self.operator == "in":
            return any(equal(actual, value) for value in self.values)
        [value] = self.values
        if self.operator == "eq":
            return equal(actual, value)
        if self.operator == "ne":
            return not equal(actual, value)
        if self.operator in ("like", "ilike"):
            return isinstance(actual, str) and is_like(actual, value.text, folded=self.operator == "ilike")
        sign = compared(actual, value)
        return sign is not None and SIGNS[self.operator](sign)


SIGNS = {
    "gt": lambda sign: sign > 0,
    "ge": lambda sign: sign >= 0,
    "lt": lambda sign: sign < 0,
    "le": lambda sign: sign <= 0,
}


def parse(text: str, attributes: Collection[str] | None, parameter: str = "filter") -> tuple[Comparison, ...]:
    """The comparisons of a filter, all of which must hold. Invalid, with the place, for what can't be read and for an
    attribute that there isn't; None: any name is one."""
    return _Reader(text, attributes, parameter).read()


def member(value: Any, path: tuple[str, ...]) -> Any:
    """The member of a value at these names, or None."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def equal(actual: Any, value: Literal) -> bool:
    """Whether a value is the one that was written."""
    if actual is None or isinstance(actual, bool):
        return value.is_word and WORDS[value.text] is actual
    return compared(actual, value) == 0


def compared(actual: Any, value: Literal) -> int | None:
    """Below 0, 0 or above 0 as an order has it; None where there is none between the two."""
    if value.is_word or isinstance(actual, bool):
        return None
    if isinstance(actual, int | float):
        number = value.number
        return None if number is None else (actual > number) - (actual < number)
    if not isinstance(actual, str):
        return None
    mine, its = moment_of(actual), value.moment
    if mine is not None and its is not None:
        return (mine > its) - (mine < its)
    left, right = actual.encode("utf-8", "surrogatepass"), value.text.encode("utf-8", "surrogatepass")
    return (left > right) - (left < right)


def is_like(actual: str, pattern: str, *, folded: bool) -> bool:
    """Whether a text matches a pattern in which `%` matches any characters. Takes linear time."""
    if folded:
        actual, pattern = actual.casefold(), pattern.casefold()
    first, *rest = pattern.split("%")
    if not rest:
        return actual == first
    *middle, last = rest
    if not actual.startswith(first):
        return False
    at = len(first)
    for part in middle:
        found = actual.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(actual) - at >= len(last) and actual.endswith(last)


def moment_of(text: str) -> Moment | None:
    """The moment that a text spells; seconds may be missing, and digits that are finer than any moment are cut."""
    if not DAY.match(text):
        return None
    try:
        return parse_iso(FINER.sub("", WITHOUT_SECONDS.sub(r"\1:00", text)), date_only=True, zone=UTC)
    except ValueError:
        return None


class _Reader:
    """Reads a filter from left to right."""

    def __init__(self, text: str, attributes: Collection[str] | None, parameter: str) -> None:
        self._text = text
        self._attributes = attributes
        self._parameter = parameter
        self._at = 0

    def read(self) -> tuple[Comparison, ...]:
        found = [self._comparison()]
        while not self._is_over():
            begin = self._at
            if self._take(WORD, "and").lower() != "and":
                self._refuse("comparisons are joined by and", begin)
            if len(found) == MOST_TERMS:
                self._refuse(f"there are more than {MOST_TERMS} comparisons", begin)
            found.append(self._comparison())
        return tuple(found)

    def _comparison(self) -> Comparison:
        self._skip()
        begin = self._at
        path = tuple(self._take(ATTRIBUTE, "an attribute").split("."))
        if self._attributes is not None and path[0] not in self._attributes:
            self._refuse(f"there is no attribute {path[0][:64]}", begin)
        self._skip()
        begin = self._at
        operator = self._take(OPERATOR, "an operator").lower()
        if operator not in OPERATORS:
            self._refuse(f"there is no operator {operator[:64]}", begin)
        if operator == "in":
            return Comparison(path, operator, self._list())
        return Comparison(path, operator, (self._value(BARE),))

    def _list(self) -> tuple[Literal, ...]:
        self._expect("(")
        found = [self._value(BARE_IN_LIST)]
        while self._peek() == ",":
            if len(found) == MOST_VALUES:
                self._refuse(f"there are more than {MOST_VALUES} values", self._at)
            self._expect(",")
            found.append(self._value(BARE_IN_LIST))
        self._expect(")")
        return tuple(found)

    def _value(self, bare: re.Pattern[str]) -> Literal:
        quote = self._peek()
        if quote not in ("'", '"'):
            return Literal(self._take(bare, "a value"))
        begin = self._at
        end = self._text.find(quote, begin + 1)
        if end < 0:
            self._refuse("a quote is not closed", begin)
        self._at = end + 1
        if self._text[self._at : self._at + 1].strip(" \t\r\n,)"):
            self._refuse("a blank must follow a quoted value", self._at)
        return Literal(self._text[begin + 1 : end], is_quoted=True)

    def _take(self, pattern: re.Pattern[str], what: str) -> str:
        self._skip()
        found = pattern.match(self._text, self._at)
        if found is None:
            self._refuse(f"{what} is missing", self._at)
        self._at = found.end()
        return found[0]

    def _expect(self, sign: str) -> None:
        if self._peek() != sign:
            self._refuse(f"{sign} is missing", self._at)
        self._at += 1

    def _peek(self) -> str:
        self._skip()
        return self._text[self._at : self._at + 1]

    def _is_over(self) -> bool:
        return self._peek() == ""

    def _skip(self) -> None:
        blank = BLANK.match(self._text, self._at)
        if blank is not None:
            self._at = blank.end()

    def _refuse(self, what: str, at: int) -> NoReturn:
        message = f"{self._parameter}: {what} at position {at + 1}"
        raise Invalid("bad_parameter", message, parameter=self._parameter, position=at + 1)
