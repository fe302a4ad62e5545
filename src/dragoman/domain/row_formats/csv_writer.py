"""CSV of results, previews and entries, which can be sent back as an upload: columns first, then line by line."""

from collections.abc import Iterable, Sequence
from typing import Any

from dragoman.domain import json_numbers
from dragoman.domain.row_formats.columns import LEFT_OUT, holds_text, spelled

_SPECIAL = frozenset('",\r\n')
_MOST_KNOWN = 1_000


class MemberColumns:
    """The columns of the members of all data, in the order of their first use: texts in one, all else in another."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, bool], None] = {}

    def see(self, data: dict[str, Any]) -> None:
        """Note the members of the data of an entry."""
        for name, value in data.items():
            self.found[_column(name, value)] = None


class CsvWriter:
    """Writes the lines of one file. `lead` names the columns that an upload leaves out; `field` is None for POST."""

    def __init__(self, lead: Sequence[str], field: str | None, columns: MemberColumns) -> None:
        self._lead = lead
        self._field = field
        self._columns = list(columns.found)
        self._known: dict[str, str] = {}  # the cells of data that repeats

    def header(self) -> str:
        """The line of names."""
        names = [LEFT_OUT + name for name in self._lead]
        if self._field is not None:
            names.append(self._field)
        names.extend(spelled(name, self._field, is_json=is_json) for name, is_json in self._columns)
        return _line(names)

    def line(self, lead: Iterable[Any], entry: str | int | None, data: str | None) -> str:
        """The line of one entry; `data` is JSON text of an object."""
        cells = [value if type(value) is str else _lead_cell(value) for value in lead]
        if self._field is not None:
            cells.append("" if entry is None else str(entry))
        line = _joined(cells)
        return f"{line},{self._members(data or '{}')}\r\n" if self._columns else f"{line}\r\n"

    def _members(self, data: str) -> str:
        line = self._known.get(data)
        if line is None:
            values = {_column(name, value): value for name, value in json_numbers.decode(data).items()}
            line = ",".join([_quoted(_cell(column, values)) for column in self._columns])
            if len(self._known) < _MOST_KNOWN and len(data) <= _MOST_KNOWN:
                self._known[data] = line
        return line


def _column(name: str, value: Any) -> tuple[str, bool]:
    """The name and kind of the column that holds a member."""
    return name, not (type(value) is str and value and holds_text(name))


def _cell(column: tuple[str, bool], values: dict[tuple[str, bool], Any]) -> str:
    if column not in values:
        return ""
    value = values[column]
    return json_numbers.encode(value).decode() if column[1] else value


def _lead_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _line(cells: Sequence[str]) -> str:
    return _joined(cells) + "\r\n"


def _joined(cells: Sequence[str]) -> str:
    """The cells, quoted where one must be: looking at each by itself took most of the time of a line."""
    line = ",".join(cells)
    is_plain = line.count(",") < len(cells) and '"' not in line and "\n" not in line and "\r" not in line
    return line if is_plain else ",".join(map(_quoted, cells))


def _quoted(cell: str) -> str:
    return cell if _SPECIAL.isdisjoint(cell) else '"' + cell.replace('"', '""') + '"'
