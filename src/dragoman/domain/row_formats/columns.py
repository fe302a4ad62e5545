"""The columns of CSV: the entry, members of the data by name or JSON Pointer, as text or JSON.

The one place that knows how the name of a column is spelled, for reading and writing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dragoman.domain.bulk import Method
from dragoman.domain.row_formats.faults import FaultCode, Layout

JSON_SUFFIX = ":json"
LEFT_OUT = "#"
_MOST_LEVELS = 64
_BAD_ESCAPE = re.compile("~(?![01])")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of data: its place in the row, the member that it holds, and how."""

    at: int
    name: str
    path: Path
    is_json: bool
    is_moment: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a file. `entry_at` is None for POST."""

    width: int
    entry_at: int | None
    columns: tuple[Column, ...]


class BadColumn(Exception):
    """A column that can't be read; `at` is its place in the header."""

    def __init__(self, code: FaultCode, detail: str, at: int) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.at = at


def read_header(names: Sequence[str], layout: Layout) -> tuple[Header, list[BadColumn]]:
    """The columns that a first line names, and all that is wrong with them."""
    entry_at, columns, bad = None, [], []
    for at, name in enumerate(names):
        if name.startswith(LEFT_OUT):
            continue
        if name == layout.field:
            if entry_at is not None:
                bad.append(BadColumn(FaultCode.DOUBLE_COLUMN, f"two columns are called {_shown(name)}", at))
            entry_at = at
        elif layout.method is Method.DELETE:
            bad.append(BadColumn(FaultCode.UNKNOWN, f"DELETE takes no data such as {_shown(name)}", at))
        else:
            try:
                columns.append(_column(at, name, layout))
            except BadColumn as unreadable:
                bad.append(unreadable)
    bad.extend(_clashes(columns))
    if layout.field is not None and entry_at is None:
        bad.append(BadColumn(FaultCode.NO_COLUMN, f"no column is called {_shown(layout.field)}", 0))
    elif layout.method is not Method.DELETE and not (columns or bad or layout.has_shared_data):
        bad.append(BadColumn(FaultCode.NO_COLUMN, "no column holds data", 0))
    return Header(len(names), entry_at, tuple(columns)), bad


def spelled(name: str, field: str | None, *, is_json: bool) -> str:
    """The name of the column that holds a member: a JSON Pointer where the name alone would read otherwise.

    A text whose name ends like that of a JSON column has no column of its own: `holds_text` is false.
    """
    if not name or name[0] in "/#" or name == field:
        name = "/" + name.replace("~", "~0").replace("/", "~1")
    return name + JSON_SUFFIX if is_json else name


def holds_text(name: str) -> bool:
    """Whether a member of this name can stand in a column of texts."""
    return not name.endswith(JSON_SUFFIX)


def _column(at: int, name: str, layout: Layout) -> Column:
    is_json = name.endswith(JSON_SUFFIX)
    path = _path(name.removesuffix(JSON_SUFFIX), name, at)
    return Column(at, name, path, is_json, len(path) == 1 and path[0] in layout.moments and not is_json)


def _path(text: str, name: str, at: int) -> Path:
    if not text.startswith("/"):
        return (text,)
    if _BAD_ESCAPE.search(text) or text.count("/") > _MOST_LEVELS:
        raise BadColumn(FaultCode.UNKNOWN, f"{_shown(name)} is not a JSON Pointer", at)
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/"))


def _clashes(columns: Sequence[Column]) -> list[BadColumn]:
    """Columns of the same member, unless one has its texts and one its other values; and of a part of it."""
    taken: dict[tuple[Path, bool], Column] = {}
    inner: set[Path] = set()
    bad = []
    for column in columns:
        path = column.path
        outer = {path[:end] for end in range(1, len(path))}
        known = {path for path, _ in taken}
        if (path, column.is_json) in taken or path in inner or not outer.isdisjoint(known):
            bad.append(BadColumn(FaultCode.DOUBLE_COLUMN, f"two columns hold {_shown(column.name)}", column.at))
        taken[path, column.is_json] = column
        inner |= outer
    return bad


def _shown(name: str) -> str:
    return repr(name if len(name) <= 64 else f"{name[:63]}…")
