"""Terms of a filter: what stands in its text, and where. Whether a key or a value is known is looked at elsewhere.

A term is `key:values`, perhaps with a minus before it, or words to search for. Values are separated by commas. What
holds blanks, commas or quotes stands in quotes; a quote in quotes is doubled.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

Operator = Literal["", "<", "<=", ">", ">=", ".."]
PREFIXES: tuple[Operator, ...] = ("<=", ">=", "<", ">")
MARKS = ':"'
SHORT = 200
"""Characters of a text whose terms are kept."""
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\..+)?", re.DOTALL)


class Value(msgspec.Struct, frozen=True):
    """One of the values of a term. `text` is all of it without quotes; with an operator, `low` is what it compares
    with, or the two ends of a range."""

    text: str
    operator: Operator = ""
    low: str = ""
    high: str = ""


class Term(msgspec.Struct, frozen=True):
    """One condition. Without a key its only value is the words. `start` and `end` are its span in the text."""

    key: str | None
    values: tuple[Value, ...]
    negated: bool = False
    start: int = 0
    end: int = 0
    at: int = 1  # where its key begins, from 1


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a term. `at` counts characters from 1, at the key."""

    code: str
    at: int
    key: str = ""
    value: str = ""
    suggestion: str | None = None


class Parsed(NamedTuple):
    """The terms that could be read, and all faults of the others."""

    terms: tuple[Term, ...]
    faults: tuple[Fault, ...]


class _Character(NamedTuple):
    text: str
    is_quoted: bool


def parse(text: str) -> Parsed:
    """The terms of a text."""
    return _parsed(text) if len(text) <= SHORT else _parsed.__wrapped__(text)


@lru_cache(256)
def _parsed(text: str) -> Parsed:
    """A page asks for the terms of its filter again and again."""
    terms: list[Term] = []
    faults: list[Fault] = []
    for start, end, characters, is_closed in _pieces(text):
        term = _term(characters, start, end)
        if not is_closed:
            faults.append(Fault("unclosed_quote", term.at, term.key or ""))
        elif term.key is not None and any(not value.text for value in term.values) and '"' not in text[start:end]:
            faults.append(Fault("missing_value", term.at, term.key))
        else:
            terms.append(term)
    return Parsed(tuple(terms), tuple(faults))


def _pieces(text: str) -> Iterator[tuple[int, int, list[_Character], bool]]:
    """What stands between blanks: its span, its characters without quotes, and whether each quote is closed."""
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        start, characters, is_quoted = place, [], False
        while place < len(text) and (is_quoted or not text[place].isspace()):
            if text[place] != '"':
                characters.append(_Character(text[place], is_quoted))
            elif is_quoted and text[place + 1 : place + 2] == '"':
                characters.append(_Character('"', True))
                place += 1
            else:
                is_quoted = not is_quoted
            place += 1
        yield start, place, characters, not is_quoted


def _term(characters: list[_Character], start: int, end: int) -> Term:
    negated = characters[:1] == [_Character("-", False)]
    body = characters[1:] if negated else characters
    colon = next((place for place, each in enumerate(body) if each == _Character(":", False)), None)
    key = None if colon is None else _text(body[:colon])
    if key is None or colon is None or KEY.fullmatch(key) is None or body[0].is_quoted:
        return Term(None, (Value(_text(characters)),), False, start, end, start + 1)
    values = tuple(map(_value, _split(body[colon + 1 :])))
    return Term(key, values, negated, start, end, start + 1 + negated)


def _text(characters: Iterable[_Character]) -> str:
    return "".join(each.text for each in characters)


def _split(characters: list[_Character]) -> Iterator[list[_Character]]:
    piece: list[_Character] = []
    for each in characters:
        if each == _Character(",", False):
            yield piece
            piece = []
        else:
            piece.append(each)
    yield piece


def _value(characters: list[_Character]) -> Value:
    text = _text(characters)
    bare = "".join("\0" if each.is_quoted else each.text for each in characters)
    for operator in PREFIXES:
        if bare.startswith(operator):
            return Value(text, operator, text[len(operator) :])
    place = bare.find("..")
    return Value(text) if place < 0 else Value(text, "..", text[:place], text[place + 2 :])


def printed(terms: Iterable[Term]) -> str:
    """The text of these terms, which is read as the same terms again."""
    return " ".join(map(printed_term, terms))


def printed_term(term: Term) -> str:
    """The text of one term."""
    if term.key is None:
        text = term.values[0].text
        return _quoted(text) if _must_be_quoted(text, MARKS) or not text else text
    name, dot, rest = term.key.partition(".")
    key = f"{name}.{_quoted(rest) if _must_be_quoted(rest, MARKS) else rest}" if dot else name
    return f"{'-' if term.negated else ''}{key}:{','.join(map(_printed_value, term.values))}"


def _printed_value(value: Value) -> str:
    if value.operator == "..":
        return f"{_operand(value.low)}..{_operand(value.high)}"
    return value.operator + (_operand(value.low) if value.operator else _operand(value.text))


def _operand(text: str) -> str:
    needed = _must_be_quoted(text, ',"') or text.startswith(("<", ">", "=")) or ".." in text or text[:1] == "."
    return _quoted(text) if needed or text[-1:] == "." or not text else text


def _must_be_quoted(text: str, marks: str) -> bool:
    return any(each.isspace() or each in marks for each in text)


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def without(text: str, term: Term) -> str:
    """The text without one of its terms; the others stay as they were typed."""
    return " ".join(part for part in (text[: term.start].rstrip(), text[term.end :].lstrip()) if part)


def with_value(text: str, key: str, value: str) -> str:
    """The text with one more value for a key: among those that are there already, else in a term at its end."""
    added = printed_term(Term(key, (Value(value),)))
    same = next((each for each in parse(text).terms if each.key == key and not each.negated), None)
    if same is None:
        return f"{text.rstrip()} {added}".lstrip()
    if Value(value) in same.values:
        return text
    return f"{text[: same.end]},{added.partition(':')[2]}{text[same.end :]}"


def with_sort(text: str, sort: str) -> str:
    """The text with this order in place of its own."""
    for term in reversed(parse(text).terms):
        if term.key == "sort":
            text = without(text, term)
    return f"{text.rstrip()} sort:{sort}".lstrip()
