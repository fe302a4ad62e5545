"""Where a JSON body goes wrong. Walked only for a body that the fast reader (`json.py`) has refused.

The rule of the position: the first byte after which no valid document is possible; for what is well-formed and
still refused (a duplicate key, an integer beyond 64 bits), where that key, string, number or bracket begins. A
body that ends too early goes wrong right behind its end.
"""

import math
import re
from dataclasses import dataclass, field
from functools import reduce
from typing import NoReturn, cast

import msgspec

from dragoman.dialects.kit.fields import SHOWN_KEY, pointer

_BLANK = re.compile(rb"[ \t\r\n]*+")
# Longest beginning of a string; group 1 is an escape that broke off.
_STRING = re.compile(rb'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+(\\(?:u[0-9a-fA-F]{0,3}+)?+)?+')
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+")
_NUMBER_BEGUN = re.compile(
    rb"-?+(?:(?:0|[1-9][0-9]*+)(?:\.(?:[0-9]++(?:[eE][+-]?+[0-9]*+)?+)?+|[eE][+-]?+[0-9]*+)?+)?+"
)
_WORDS = {b"t": b"true", b"f": b"false", b"n": b"null"}
_INTEGER_DIGITS = 19  # of 2**63 - 1
_OPENERS = {b"{": b"}", b"[": b"]"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: byte offset, JSON pointer ("" for the syntax of the whole), stable code, sentence."""

    at: int
    path: str
    code: str
    message: str


class _Found(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(slots=True)
class _Frame:
    """An object or array that is open, and the member or item that the walk is at."""

    closing: bytes
    count: int = 0
    name: str | int = ""
    keys: set[str] = field(default_factory=set)


def find_fault(body: bytes, max_depth: int, max_members: int) -> Fault | None:
    """The first fault in the order of the text, or None for a body that is sound."""
    walk = _Walk(body, max_depth, max_members)
    try:
        walk.document()
    except _Found as found:
        return found.fault
    return None


def position(body: bytes, at: int) -> tuple[int, int]:
    """Line and column, from 1, of a byte; columns count characters, as an editor shows them."""
    before = body[:at].decode("utf-8", "replace")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


class _Walk:
    """Walks a document without recursion; ends by running out of text or raising what it found."""

    def __init__(self, body: bytes, max_depth: int, max_members: int) -> None:
        self.body = body
        self.max_depth = max_depth
        self.max_members = max_members
        self.at = 0
        self.members = 0
        self.open: list[_Frame] = []

    def document(self) -> None:
        if not self.peek():
            self.refuse(self.at, "empty", "body is empty", whole=True)
        self.value()
        while self.open:
            self.step(self.open[-1])
        if self.peek():
            self.stop()

    def step(self, frame: _Frame) -> None:
        """One more member or item of the innermost bracket, or its end."""
        here = self.peek()
        if here == frame.closing:
            self.at += 1
            self.open.pop()
            return
        if frame.count:
            if here != b",":
                self.stop()
            self.at += 1
            self.peek()
        begin = self.at
        frame.name = frame.count
        if frame.closing == b"}":
            self.key(frame)
        frame.count += 1
        self.members += 1
        if self.members > self.max_members:
            self.refuse(begin, "too_many", f"more than {self.max_members} members and items")
        self.value()

    def key(self, frame: _Frame) -> None:
        begin = self.at
        if self.peek() != b'"':
            self.stop()
        frame.name = name = self.string()
        if name in frame.keys:
            shown = name if len(name) <= SHOWN_KEY else name[: SHOWN_KEY - 1] + "…"
            self.refuse(begin, "duplicate_key", f"duplicate key {msgspec.json.encode(shown).decode()}")
        frame.keys.add(name)
        if self.peek() != b":":
            self.stop()
        self.at += 1

    def value(self) -> None:
        here = self.peek()
        if here in _OPENERS:
            if len(self.open) == self.max_depth:
                self.refuse(self.at, "too_deep", f"nested deeper than {self.max_depth} levels")
            self.open.append(_Frame(_OPENERS[here]))
            self.at += 1
        elif here == b'"':
            self.string()
        elif here in _WORDS:
            self.word(_WORDS[here])
        else:
            self.number()

    def string(self) -> str:
        begin = self.at
        found = self.match(_STRING)
        self.at = found.end()
        try:
            self.body[begin : self.at].decode()
        except UnicodeDecodeError as error:
            self.refuse(begin + error.start, "encoding", "body is not UTF-8", whole=True)
        if found[1] is not None or self.body[self.at : self.at + 1] != b'"':
            self.stop()
        self.at += 1
        try:
            text = msgspec.json.decode(self.body[begin : self.at], type=str)
        except msgspec.DecodeError:  # all else that can be wrong with it was looked at above
            self.refuse(begin, "surrogate", "lone surrogate in a string")
        if "\0" in text:
            self.refuse(begin, "nul", "NUL in a string")
        return text

    def number(self) -> None:
        begin = self.at
        whole = _NUMBER.match(self.body, begin)
        self.at = self.match(_NUMBER_BEGUN).end()
        if whole is None or whole.end() != self.at:
            self.stop()
        text = whole[0]
        if not text.lstrip(b"-").isdigit():
            if math.isinf(float(text)):
                self.refuse(begin, "number_range", "number out of range")
        elif len(text.lstrip(b"-")) > _INTEGER_DIGITS or not -(2**63) <= int(text) < 2**63:
            self.refuse(begin, "integer_range", "integer beyond 64 bits")

    def word(self, word: bytes) -> None:
        for letter in word:
            if self.body[self.at : self.at + 1] != bytes((letter,)):
                self.stop()
            self.at += 1

    def peek(self) -> bytes:
        """The next byte that is not blank, b"" at the end."""
        here = self.body[self.at : self.at + 1]
        if here > b" ":
            return here
        self.at = self.match(_BLANK).end()
        return self.body[self.at : self.at + 1]

    def match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        """What a pattern that always matches here, be it nothing, does match."""
        return cast("re.Match[bytes]", pattern.match(self.body, self.at))

    def stop(self) -> NoReturn:
        self.refuse(self.at, "syntax", "body is not JSON", whole=True)

    def refuse(self, at: int, code: str, message: str, *, whole: bool = False) -> NoReturn:
        path = "" if whole else reduce(pointer, (frame.name for frame in self.open), "")
        raise _Found(Fault(at, path, code, message))
