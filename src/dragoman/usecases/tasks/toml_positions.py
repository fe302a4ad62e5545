"""Where things are in a TOML file: the line of each table and key.

`tomllib` reports a line for syntax errors only, and tomlkit's documents have no positions at all. But tomlkit's parser
knows where it is while it reads, so a subclass of it notes the line of each header and key (docs/decisions/0027).
"""

from tomlkit.items import AoT, Item, Key, Table
from tomlkit.parser import Parser

Path = tuple[str | int, ...]
"""Keys, and indexes in arrays of tables: `("template", 0, "roles", "reader")`."""


def lines_of(text: str) -> dict[Path, int]:
    """The line of every table and key, counted from 1. The content of an inline table has the line of that table.

    The text must be valid TOML.
    """
    parser = _PositionParser(text)
    parser.parse()
    return parser.lines


class _PositionParser(Parser):
    """Overrides the two methods that every header and every pair of a table passes through."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lines: dict[Path, int] = {}
        self._table: Path = ()
        self._array_index: dict[Path, int] = {}
        self._line = 1
        self._counted_to = 0

    def _parse_table(self, parent_name: Key | None = None, parent: Table | None = None) -> tuple[Key, Table | AoT]:
        line = self._current_line()
        is_array, key = self._peek_table()
        self._table = self._header_path(key, is_array=is_array)
        self.lines.setdefault(self._table, line)
        return super()._parse_table(parent_name, parent)

    def _parse_key_value(self, parse_comment: bool = False) -> tuple[Key, Item]:
        line = self._current_line()
        key, item = super()._parse_key_value(parse_comment)
        if parse_comment:  # only a pair in an inline table can't be followed by a comment
            path = self._table
            for part in key:
                path += (part.key,)
                self.lines.setdefault(path, line)
        return key, item

    def _current_line(self) -> int:
        self._line += self._src.count("\n", self._counted_to, self._idx)
        self._counted_to = self._idx
        return self._line

    def _header_path(self, key: Key, *, is_array: bool) -> Path:
        """The path of the table that a header opens; `[[name]]` opens the next one of its array."""
        path: Path = ()
        parts = [part.key for part in key]
        for depth, part in enumerate(parts, 1):
            path += (part,)
            if is_array and depth == len(parts):
                self._array_index[path] = self._array_index.get(path, -1) + 1
            if path in self._array_index:
                path += (self._array_index[path],)
        return path
