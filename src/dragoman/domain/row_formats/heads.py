"""The first rows of a CSV text, and the text with other names for its columns."""

import re
from typing import NamedTuple

from dragoman.domain.row_formats.columns import LEFT_OUT
from dragoman.domain.row_formats.csv_text import cells_of, row_end
from dragoman.domain.row_formats.faults import LONGEST_LINE

MARK = "\ufeff"
SAMPLES = 5
"""How many rows a look shows."""
_EMPTY = re.compile(r"[\r\n]*+")


class Head(NamedTuple):
    """The names of the columns and the first rows below; no names where the first line can't be read.

    `start` and `end`: where the line of the names stands in the text, without its line end.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    start: int
    end: int


def head(text: str) -> Head:
    """Look at the first rows. A row that isn't sound ends the look."""
    begin = len(MARK) if text.startswith(MARK) else 0
    begin, end = _row(text, begin)
    if end < 0:
        return Head((), (), begin, begin)
    rows, at = list[tuple[str, ...]](), end
    while len(rows) < SAMPLES:
        start, at = _row(text, at)
        if at < 0:
            break
        rows.append(tuple(cells_of(text[start:at])))
    return Head(tuple(cells_of(text[begin:end])), tuple(rows), begin, end)


NONE = Head((), (), 0, 0)


class Look:
    """A look at the first rows of a text that arrives, as `head` sees them. No more is held than they may have."""

    MOST_BYTES = (SAMPLES + 1) * LONGEST_LINE

    def __init__(self) -> None:
        self._held = bytearray()
        self._enough = 0  # bytes to look at; each time twice as many, so that they aren't read over and over
        self._found: Head | None = None

    def add(self, piece: bytes) -> None:
        """Further bytes of the text."""
        if self._found is not None:
            return
        self._held += piece
        if len(self._held) >= min(self._enough, self.MOST_BYTES):
            found = head(whole_lines(self._held).decode(errors="surrogateescape"))
            self._enough = 2 * len(self._held)
            if len(found.rows) == SAMPLES or len(self._held) >= self.MOST_BYTES:
                self._found, self._held = found, bytearray()

    def close(self) -> Head:
        """What there is, when no more comes."""
        return self._found or head(self._held.decode(errors="surrogateescape"))


def whole_lines(held: bytearray) -> bytes:
    """The lines that have ended."""
    return bytes(held[: held.rfind(b"\n") + 1])


def renamed(text: str, found: Head, names: list[str]) -> str:
    """The text with these names of columns, every row in the line where it was."""
    line = ",".join(_quoted(name) for name in names)
    missing = text.count("\n", found.start, found.end) - line.count("\n")
    return f"{text[: found.start]}{line}{_blank(missing)}{text[found.end :]}"


def left_out(names: tuple[str, ...]) -> list[str]:
    """Names by which all columns are left out."""
    return [LEFT_OUT] * len(names)


def _row(text: str, at: int) -> tuple[int, int]:
    """Where the next row begins and ends; an end of -1 when there is none, or it isn't sound."""
    empty = _EMPTY.match(text, at)
    at = at if empty is None else empty.end()
    if at == len(text):
        return at, -1
    end = row_end(text, at)
    if end < 0 and "\n" not in text[at:]:
        rest = text[at:]
        end = at + len(rest) if row_end(f"{rest}\n", 0) == len(rest) else -1
    return at, end


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _blank(lines: int) -> str:
    """Empty lines, which readers skip, in place of line ends in the names."""
    return "\n" * max(0, lines)
