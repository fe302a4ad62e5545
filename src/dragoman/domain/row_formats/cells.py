"""The cells of a CSV row as an entry and its data."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from dragoman.domain.errors import Invalid
from dragoman.domain.row_formats.columns import Column, Header
from dragoman.domain.row_formats.faults import FaultCode, Layout, Row

ReadJson = Callable[[bytes], Any]
"""Reads one JSON value strictly. Raises Invalid, with `line` and `column`."""

# What LibreOffice, Excel and data frames make of long numbers, and of numbers in a column with gaps.
_POWER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+[eE][+-]?|[eE][+-])[0-9]+")
_FRACTION = re.compile(r"[+-]?[0-9]+[.,]0+")
# As PostgreSQL and DuckDB write a moment: a blank for T, and an offset in hours alone.
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?)(Z|[+-][0-9]{2}(?::[0-9]{2})?)"
)

_MOST_KNOWN = 1_000
_LONGEST_KNOWN = 64


class BadCell(Exception):
    """A cell that can't be read; `at` is its place in the row."""

    def __init__(self, code: FaultCode, detail: str, at: int) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.at = at


class RowPlan:
    """How the rows below one header are read. An empty cell, quoted or not, is an absent member."""

    def __init__(self, header: Header, layout: Layout, read_json: ReadJson) -> None:
        self.width = header.width
        self._entry_at = header.entry_at
        self._has_number_key = layout.has_number_key
        self._columns = header.columns
        self._read_json = read_json
        self._known: dict[str, Any] = {}  # short JSON cells repeat
        plain = all(len(column.path) == 1 and not (column.is_json or column.is_moment) for column in header.columns)
        self._texts = [(column.at, column.path[0]) for column in header.columns] if plain else None

    def read(self, cells: Sequence[str]) -> Row:
        """The entry and its own data. Raises BadCell."""
        entry = None if self._entry_at is None else self._entry(cells[self._entry_at], self._entry_at)
        if self._texts is None:
            data = self._members(cells)
        else:
            data = {name: cells[at] for at, name in self._texts if cells[at]}
        return entry, data or None

    def _entry(self, cell: str, at: int) -> str:
        if not cell:
            raise BadCell(FaultCode.BAD_ENTRY, "the entry is empty", at)
        if not cell.isdecimal() and (_POWER.fullmatch(cell) or (self._has_number_key and _FRACTION.fullmatch(cell))):
            shown = cell if len(cell) <= 64 else f"{cell[:63]}…"
            raise BadCell(FaultCode.BAD_ENTRY, f"a spreadsheet or a tool changed this entry to {shown}", at)
        return cell

    def _members(self, cells: Sequence[str]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for column in self._columns:
            cell = cells[column.at]
            if cell:
                _put(data, column, self._value(column, cell))
        return data

    def _value(self, column: Column, cell: str) -> Any:
        if column.is_json:
            return self._json(cell, column.at)
        return moment_text(cell) if column.is_moment else cell

    def _json(self, cell: str, at: int) -> Any:
        known = self._known
        if cell in known:
            return known[cell]
        try:
            value = self._read_json(cell.encode())
        except Invalid as unreadable:
            raise BadCell(FaultCode.BAD_JSON, unreadable.message, at) from None
        if len(cell) <= _LONGEST_KNOWN and len(known) < _MOST_KNOWN:
            known[cell] = value
        return value


def moment_text(cell: str) -> str:
    """A moment as JSON has it, of one that a database wrote; other text as it is."""
    found = _MOMENT.fullmatch(cell)
    if found is None:
        return cell
    offset = found[3]
    return f"{found[1]}T{found[2]}{offset}:00" if len(offset) == 3 else f"{found[1]}T{found[2]}{offset}"


def _put(data: dict[str, Any], column: Column, value: Any) -> None:
    inner = data
    for name in column.path[:-1]:
        inner = inner.setdefault(name, {})
    if column.path[-1] in inner:
        raise BadCell(FaultCode.DOUBLE_COLUMN, f"two cells hold the member of {column.name!r}", column.at)
    inner[column.path[-1]] = value
