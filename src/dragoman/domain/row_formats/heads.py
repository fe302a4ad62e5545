"""The first rows of a whole CSV text, and the text with other names for its columns."""

import re
from typing import NamedTuple

from dragoman.domain.row_formats.columns import LEFT_OUT
from dragoman.domain.row_formats.csv_text import cells_of, row_end

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
