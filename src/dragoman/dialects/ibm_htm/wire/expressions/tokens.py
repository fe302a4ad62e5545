"""The tokens of an expression. Each character is looked at once; positions count characters from 1."""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from dragoman.dialects.ibm_htm.wire.expressions import faults

LARGEST_BYTES = 65_536

Kind = Literal["word", "text", "number", "operator", "sign", "end"]


class Token(msgspec.Struct, frozen=True):
    """`text` is as it stands, of a string without its quotes. `position` is that of the first character."""

    kind: Kind
    text: str
    position: int

    @property
    def word(self) -> str:
        """In capitals, as keywords, columns and constants are compared; letters of other alphabets stay as they are."""
        return self.text.upper() if self.kind == "word" and self.text.isascii() else self.text


_TOKEN = re.compile(
    r"""(?P<blank>\s+)
    |(?P<comment>--|/\*)
    |(?P<text>'(?:[^']|'')*+')
    |(?P<operator><>|<=|>=|[=<>])
    |(?P<number>-?[0-9]\w*(?:\.\w*)?)
    |(?P<word>\$?[^\W\d]\w*(?:\.\w+)*+)
    |(?P<sign>[(),])""",
    re.VERBOSE,
)


def split(text: str) -> Iterator[Token]:
    """The tokens, and one of the kind `end` behind them. Invalid (`bad_expression`) where none begins."""
    if len(text) > LARGEST_BYTES or len(text.encode()) > LARGEST_BYTES:
        raise faults.syntax("", len(text) + 1, f"an expression has at most {LARGEST_BYTES} bytes")
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        kind = None if found is None else found.lastgroup
        if found is None or kind == "comment":
            raise _stray(text, at)
        if kind != "blank":
            yield _token(kind, found[0], at + 1)
        at = found.end()
    yield Token("end", "", len(text) + 1)


def _token(kind: str | None, text: str, position: int) -> Token:
    if kind == "text":
        return Token("text", text[1:-1].replace("''", "'"), position)
    return Token(kind, text, position)  # type: ignore[arg-type]  # the names of the groups are the kinds


def _stray(text: str, at: int) -> Exception:
    if text[at] == "'":
        return faults.syntax(text[at:], at + 1, "the text has no closing quote")
    if text.startswith(("--", "/*"), at):
        return faults.syntax(text[at : at + 2], at + 1, "comments are not taken")
    return faults.syntax(text[at], at + 1, "a column, an operator, a value or a bracket is expected")
