"""NDJSON as it arrives: each line an entry, or an object with `entry` and `data`."""

import re
from collections.abc import Iterable
from typing import Any

from dragoman.domain.bulk import Method
from dragoman.domain.errors import Invalid
from dragoman.domain.row_formats.blocks import Blocks, LineTooLong
from dragoman.domain.row_formats.cells import ReadJson
from dragoman.domain.row_formats.faults import LONGEST_LINE, TOO_LONG, FaultCode, Faults, Layout, Row

LEFT_OUT = frozenset({"index", "outcome", "unchanged", "object", "error", "at", "before", "after", "changed", "effect"})
"""What rows of results and of a preview hold besides."""

_KNOWN = LEFT_OUT | {"entry", "data"}
_BLANKS = b" \t\r\n"
_STRAY = re.compile("[\udc80-\udcff]")


class NdjsonReader:
    """Reads one upload, as CsvReader does."""

    def __init__(self, layout: Layout, read_json: ReadJson) -> None:
        self.faults = Faults()
        self._method = layout.method
        self._has_shared_data = layout.has_shared_data
        self._read_json = read_json
        self._blocks = Blocks()
        self._line = 0
        self._has_rows = False

    def feed(self, piece: bytes) -> list[Row]:
        """The rows that are complete by now."""
        return self._read(self._blocks.feed(piece))

    def close(self) -> list[Row]:
        """The last row, when there is no more to read."""
        rows = self._read(self._blocks.close())
        if not self._has_rows and not self.faults.found:
            self.faults.add(FaultCode.EMPTY, "the upload has no entries", self._line + 1)
        return rows

    def _read(self, blocks: Iterable[bytes]) -> list[Row]:
        rows: list[Row] = []
        if self.faults.is_over:
            return rows
        try:
            for block in blocks:
                self._take_block(block, rows)
        except LineTooLong:
            self.faults.add(FaultCode.LINE_TOO_LONG, TOO_LONG, self._line + 1, ends=True)
        return rows

    def _take_block(self, block: bytes, rows: list[Row]) -> None:
        lines = block.split(b"\n")
        del lines[-1]
        for line in lines:
            self._line += 1
            text = line.strip(_BLANKS)
            if text:
                self._has_rows = True
                self._take(line, text, rows)
            if self.faults.is_over:
                break

    def _take(self, line: bytes, text: bytes, rows: list[Row]) -> None:
        if len(line) > LONGEST_LINE + 1 or len(line.removesuffix(b"\r")) > LONGEST_LINE:
            self.faults.add(FaultCode.LINE_TOO_LONG, TOO_LONG, self._line, ends=True)
            return
        try:
            rows.append(self._row(self._read_json(text)))
        except _BadLine as bad:
            self.faults.add(bad.code, bad.detail, self._line, 1 + len(line) - len(line.lstrip(_BLANKS)))
        except Invalid as unreadable:
            self._add_unreadable(line, text, unreadable)

    def _add_unreadable(self, line: bytes, text: bytes, unreadable: Invalid) -> None:
        stray = _STRAY.search(line.decode(errors="surrogateescape"))
        if stray is not None:
            self.faults.add(FaultCode.BAD_ENCODING, "the text is not UTF-8", self._line, stray.start() + 1)
            return
        column = unreadable.parameters.get("column")
        detail = unreadable.problems[0].message if unreadable.problems else unreadable.message
        blanks = len(line) - len(line.lstrip(_BLANKS))
        self.faults.add(FaultCode.BAD_JSON, detail, self._line, blanks + (column if isinstance(column, int) else 1))

    def _row(self, value: Any) -> Row:
        if isinstance(value, dict):
            return self._of_object(value)
        if self._method is Method.POST:
            raise _BadLine(FaultCode.BAD_ENTRY, "must be an object with data")
        return _entry(value), self._data(None)

    def _of_object(self, line: dict[str, Any]) -> Row:
        for name in line:
            if name not in _KNOWN:
                shown = name if len(name) <= 64 else f"{name[:63]}…"
                raise _BadLine(FaultCode.UNKNOWN, f"{shown} is not a member of a line")
        return self._entry(line), self._data(line.get("data"))

    def _entry(self, line: dict[str, Any]) -> str | int | None:
        entry = line.get("entry")
        if self._method is not Method.POST:
            return _entry(entry)
        if entry is not None:
            raise _BadLine(FaultCode.UNKNOWN, "POST takes no entry")
        return None

    def _data(self, data: Any) -> dict[str, Any] | None:
        if self._method is Method.DELETE:
            if data is not None and data != {} and data != []:
                raise _BadLine(FaultCode.UNKNOWN, "DELETE takes no data")
            return None
        if data is None and not self._has_shared_data:
            raise _BadLine(FaultCode.BAD_ENTRY, "the line has no data")
        if data is not None and not isinstance(data, dict):
            raise _BadLine(FaultCode.BAD_JSON, "data must be an object")
        return data


class _BadLine(Exception):
    def __init__(self, code: FaultCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def _entry(value: Any) -> str | int:
    if type(value) is not str and type(value) is not int:
        raise _BadLine(FaultCode.BAD_ENTRY, "an entry must be a string or an integer")
    return value
