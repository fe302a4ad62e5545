"""CSV as it arrives: rows and faults out, never more held than one row.

Lines end with LF or CRLF, each for itself; quoted cells hold line ends. Most files hardly quote, so a block of lines
without a quote is cut at its commas and nothing more.
"""

from collections.abc import Iterable

from dragoman.domain.row_formats.blocks import Blocks, LineTooLong
from dragoman.domain.row_formats.cells import BadCell, ReadJson, RowPlan
from dragoman.domain.row_formats.columns import read_header
from dragoman.domain.row_formats.csv_text import UNREADABLE, End, cells_of, place_of, row_end, what_is_wrong
from dragoman.domain.row_formats.faults import LONGEST_LINE, TOO_LONG, FaultCode, Faults, Layout, Row


class CsvReader:
    """Reads one upload. Rows of an upload with faults mean nothing; `faults.is_over`: the rest need not be read."""

    def __init__(self, layout: Layout, read_json: ReadJson) -> None:
        self.faults = Faults()
        self._layout = layout
        self._read_json = read_json
        self._blocks = Blocks()
        self._plan: RowPlan | None = None  # None until the header is read
        self._line = 1  # of the next row
        self._open = _OpenRow()
        self._has_rows = False

    def feed(self, piece: bytes) -> list[Row]:
        """The rows that are complete by now."""
        return self._read(self._blocks.feed(piece))

    def close(self) -> list[Row]:
        """The last rows, when there is no more to read."""
        rows = self._read(self._blocks.close())
        if not self.faults.is_over:
            self._take(self._open.text(), rows, is_last=True)
        if not self._has_rows and not self.faults.found:
            self.faults.add(FaultCode.EMPTY, "the upload has no entries", self._line)
        return rows

    def _read(self, blocks: Iterable[bytes]) -> list[Row]:
        rows: list[Row] = []
        if self.faults.is_over:
            return rows
        try:
            for block in blocks:
                self._take_block(block, rows)
                if self.faults.is_over:
                    break
        except LineTooLong:
            self.faults.add(FaultCode.LINE_TOO_LONG, TOO_LONG, self._line + self._open.lines(), ends=True)
        return rows

    def _take_block(self, block: bytes, rows: list[Row]) -> None:
        text = block.decode(errors="surrogateescape")
        if self._plan is not None and not self._open.size and b'"' not in block and len(block) <= LONGEST_LINE:
            plain = text.replace("\r\n", "\n") if "\r" in text else text
            if "\r" not in plain and UNREADABLE.search(plain) is None:
                self._take_plain(plain, self._plan, rows)
                return
        if self._open.add(text):
            self._take(self._open.text(), rows)

    def _take_plain(self, text: str, plan: RowPlan, rows: list[Row]) -> None:
        """Lines without a quote."""
        lines = text.split("\n")
        del lines[-1]
        for number, line in enumerate(lines, self._line):
            if line:
                self._take_row(line, line.split(","), number, plan, rows)
        self._line += len(lines)

    def _take(self, text: str, rows: list[Row], *, is_last: bool = False) -> None:
        """Lines of any kind; a row whose quoted cell has not ended waits for more."""
        at = 0
        while at < len(text) and not self.faults.is_over:
            end = row_end(text, at)
            if end >= 0:
                row = text[at:end]
                if row and self._is_readable(row):
                    self._take_row(row, cells_of(row), self._line, self._plan, rows)
                at = text.index("\n", end) + 1
                self._line += row.count("\n") + 1
                continue
            reason, place = what_is_wrong(text, at)
            if reason is End.OPEN and not is_last and not _is_too_long(text[at:]):
                self._open.wait(text[at:])
                return
            at = self._skip(text, at, place, reason)

    def _skip(self, text: str, at: int, place: int, reason: End) -> int:
        """Note what is wrong with a row, and go on at the next line."""
        if reason is End.OPEN and _is_too_long(text[at:]):
            self.faults.add(FaultCode.LINE_TOO_LONG, TOO_LONG, self._line, ends=True)
        else:
            self._fault(FaultCode.BAD_QUOTE, reason.value, text[at : place + 1], place - at, self._line)
        self._line += text.count("\n", at, place) + 1
        return text.index("\n", place) + 1

    def _is_readable(self, row: str) -> bool:
        if _is_too_long(row):
            self.faults.add(FaultCode.LINE_TOO_LONG, TOO_LONG, self._line, ends=True)
            return False
        bad = UNREADABLE.search(row)
        if bad is not None:
            what = "NUL is not allowed" if bad[0] == "\0" else "the text is not UTF-8"
            self._fault(FaultCode.BAD_ENCODING, what, row, bad.start(), self._line)
        return bad is None

    def _take_row(self, row: str, cells: list[str], line: int, plan: RowPlan | None, rows: list[Row]) -> None:
        if plan is None:
            self._take_header(row, cells, line)
            return
        self._has_rows = True
        if len(cells) != plan.width:
            detail = f"the header has {plan.width} columns, this row has {len(cells)}"
            self._fault(FaultCode.RAGGED_ROW, detail, row, place_of(row, plan.width), line)
            return
        try:
            rows.append(plan.read(cells))
        except BadCell as bad:
            self._fault(bad.code, bad.detail, row, place_of(row, bad.at), line)

    def _take_header(self, row: str, names: list[str], line: int) -> None:
        header, wrong = read_header(names, self._layout)
        for each in wrong:
            self._fault(each.code, each.detail, row, place_of(row, each.at), line, ends=each is wrong[-1])
        if not wrong:
            self._plan = RowPlan(header, self._layout, self._read_json)

    def _fault(
        self, code: FaultCode, detail: str, row: str, place: int, line: int, *, ends: bool | None = None
    ) -> None:
        """Note a fault at a place of a row. Nothing is read below a header that is wrong."""
        before = row[:place]
        column = len(before) - before.rfind("\n")
        self.faults.add(
            code, detail, line + before.count("\n"), column, ends=self._plan is None if ends is None else ends
        )


class _OpenRow:
    """The text of a row whose quoted cell has not ended. It is looked at again when twice as much is there, so that a
    long cell in many pieces is not read over and over."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[str] = []
        self._enough = 0

    def add(self, text: str) -> bool:
        """Whether it is time to look again."""
        self._parts.append(text)
        self.size += len(text)
        return self.size >= self._enough

    def wait(self, rest: str) -> None:
        self._parts, self.size = [rest], len(rest)
        self._enough = min(2 * len(rest), LONGEST_LINE + 1)

    def text(self) -> str:
        """All of it; it is empty afterwards."""
        text = "".join(self._parts)
        self._parts, self.size, self._enough = [], 0, 0
        return text

    def lines(self) -> int:
        return sum(part.count("\n") for part in self._parts)


def _is_too_long(row: str) -> bool:
    return 4 * len(row) > LONGEST_LINE and len(row.encode(errors="surrogateescape")) > LONGEST_LINE
