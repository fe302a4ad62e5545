"""The rows of CSV text (RFC 4180): where each ends, its cells, and where a wrong one goes wrong."""

import re
from enum import Enum

_QUOTED = r'"[^"]*+(?:""[^"]*+)*+"'
_BARE = r'[^",\r\n]*+'
_CELL = f"(?:{_QUOTED}|{_BARE})"
_ROW = re.compile(rf"{_CELL}(?:,{_CELL})*+(?=\r?\n)")
_CELLS = re.compile(rf',(?:"([^"]*+(?:""[^"]*+)*+)"|({_BARE}))')
_QUOTED_CELL = re.compile(_QUOTED)
_BARE_CELL = re.compile(_BARE)
UNREADABLE = re.compile("[\0\udc80-\udcff]")
"""NUL, and a byte that is not UTF-8 as `surrogateescape` decodes it."""


class End(Enum):
    """How a row that isn't sound ends."""

    OPEN = "the quote is not closed"
    STRAY_QUOTE = "a quote in a cell that does not begin with one"
    BEHIND_QUOTE = "text behind the closing quote"
    LONE_RETURN = "a carriage return without a line feed"


def row_end(text: str, at: int) -> int:
    """Where the sound row that begins here ends, before its line end; -1 for one that isn't sound or complete."""
    found = _ROW.match(text, at)
    return -1 if found is None else found.end()


def cells_of(row: str) -> list[str]:
    """The cells of a sound row."""
    if '"' not in row:
        return row.split(",")
    return [quoted.replace('""', '"') if quoted else bare for quoted, bare in _CELLS.findall("," + row)]


def place_of(row: str, cell: int) -> int:
    """Where a cell of a sound row begins."""
    for index, found in enumerate(_CELLS.finditer("," + row)):
        if index == cell:
            return found.start()
    return len(row)


def what_is_wrong(text: str, at: int) -> tuple[End, int]:
    """Why the row that begins here isn't sound, and the place."""
    while True:
        quoted = text[at] == '"'
        found = (_QUOTED_CELL if quoted else _BARE_CELL).match(text, at)
        if found is None:
            return End.OPEN, at
        at = found.end()
        if text[at] != ",":
            break
        at += 1
    if text[at] == "\r" and text[at + 1] != "\n":
        return End.LONE_RETURN, at
    return (End.BEHIND_QUOTE if quoted else End.STRAY_QUOTE), at
